"""What every HTML page has around it: the frame's navigation, and refusals and faults in the portal's own style."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from bpsportal.web import refusals, tracing
from bpsportal.web.access import can, roles_of
from bpsportal.web.errors import Missing, PortalError

API_PREFIX = "/api/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the header: its word, its URL name, and the verb that a user must be able to use."""

    word: str
    url_name: str
    verb: str
    section: str


ENTRIES = (
    Entry("Campaigns", "campaigns:list", "view.campaign", "/campaigns/"),
    Entry("Jobs", "execution:jobs", "view.job", "/jobs/"),
    Entry("Sites", "execution:sites", "view.site", "/sites/"),
    Entry("Datasets", "provenance:datasets", "view.dataset", "/datasets/"),
    Entry("Events", "provenance:events", "view.event", "/events/"),
    Entry("Reports", "provenance:reports", "view.report", "/reports/"),
    Entry("API", "api-docs", "view.api", "/api/"),
    Entry("Admin", "admin:index", "admin.fix", "/admin/"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the navigation, the user's roles in words, the request's id."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "role_words": "", "request_id": tracing.current(), "portal_version": settings.VERSION}
    links = [
        {"word": entry.word, "url": reverse(entry.url_name), "here": request.path.startswith(entry.section)}
        for entry in ENTRIES
        if can(user, entry.verb)
    ]
    words = ", ".join(sorted(role.label for role in roles_of(user))) or "no role yet"
    return {
        "navigation": links,
        "role_words": words,
        "request_id": tracing.current(),
        "portal_version": settings.VERSION,
    }


def start(request: HttpRequest) -> HttpResponse:
    """The start page is the first place of the navigation that the user may see."""
    for link in frame(request)["navigation"]:
        return redirect(link["url"])
    return render(request, "start.html")


class DomainErrors:
    """Middleware: a refusal raised in a page view becomes a page that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page of one of the portal's own refusals; other exceptions are none of ours."""
        return refusal(request, error) if isinstance(error, PortalError) else None


def refusal(request: HttpRequest, error: PortalError) -> HttpResponse:
    """Return the page (or below /api/ the JSON) of a refusal."""
    if request.path.startswith(API_PREFIX):
        return JsonResponse(refusals.body(error), status=error.status)
    context = {
        "error": error,
        "status": error.status,
        "phrase": HTTPStatus(error.status).phrase,
        **refusals.body(error),
    }
    return render(request, f"errors/{_template(error.status)}.html", context, status=error.status)


def _template(status: int) -> str:
    return str(status) if status in {403, 404, 409} else "400"


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 of Django's own, a forged host name or a field too many."""
    return refusal(request, PortalError("The request could not be understood."))


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 of Django's own."""
    error = PortalError(str(exception) or "Your role does not allow this.")
    error.status = HTTPStatus.FORBIDDEN
    return refusal(request, error)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of an unknown address or a missing row."""
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"message": "There is nothing at this address.", "problems": []}, status=404)
    given = exception.args[0] if isinstance(exception, Http404) and exception.args else None
    message = given if isinstance(given, str) else "There is nothing at this address."
    error = Missing("page", request.path)
    error.args = (message,)
    return refusal(request, error)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500: the request's id and nothing about the inside; must work when database and session do not."""
    content = refusals.fault()
    if request.path.startswith(API_PREFIX):
        return JsonResponse(content, status=500)
    return HttpResponse(_fault_page(content), status=500)


def _fault_page(content: dict[str, Any]) -> str:
    from django.template.loader import render_to_string

    return render_to_string("errors/500.html", content)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 when a form came without or with an old CSRF token."""
    advice = "Go back, reload the page and send it again; cookies must be allowed."
    error = PortalError(f"This form is out of date or came from another site. {advice}")
    error.status = HTTPStatus.FORBIDDEN
    return refusal(request, error)
