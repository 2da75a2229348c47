"""How large a request may be: refused by its announced length, before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from bpsportal.web.errors import PortalError
from bpsportal.web.pages import refusal

MIB = 1024 * 1024
TOO_LARGE = 413


class BodyLimit:
    """Middleware: 413 for a body above DATA_UPLOAD_MAX_MEMORY_SIZE; one without a length is read as empty by Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdecimal() and int(announced) > limit:
            error = PortalError(
                f"The request is too large: {int(announced) / MIB:.0f} MiB, at most {limit // MIB} MiB."
            )
            error.status = TOO_LARGE
            return refusal(request, error)
        return self.get_response(request)
