"""Django's administration site, entered by the portal's administrators and through the portal's own sign-in."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from bpsportal.web.access import can, require
from bpsportal.web.roles import Scope


class PortalAdminSite(AdminSite):
    """For data fixes; what has states is fixed through the same rules as elsewhere."""

    site_header = "bpsportal administration"
    site_title = "bpsportal"
    index_title = "Data fixes"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in who may fix data."""
        return can(request.user, "admin.fix", Scope())

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Send strangers to the one sign-in page; tell those who are signed in which role is needed."""
        if request.user.is_authenticated:
            require(request.user, "admin.fix", Scope())
        return redirect(f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}")
