"""Every address of the portal: the apps' pages, the REST resources under /api/v1/, sign-in, documents, health."""

from itertools import chain

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from bpsportal import health
from bpsportal.web import pages
from campaigns.api import router_entries as campaign_resources
from execution.api import router_entries as execution_resources
from provenance.api import router_entries as provenance_resources

router = DefaultRouter()
for prefix, viewset, basename in chain(campaign_resources, execution_resources, provenance_resources):
    router.register(prefix, viewset, basename)

urlpatterns = [
    path("", include("campaigns.urls")),
    path("", include("execution.urls")),
    path("", include("provenance.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/v1/", include(router.urls)),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth_views.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("admin/", admin.site.urls),
    path("", pages.start, name="start"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
]

handler400 = "bpsportal.web.pages.bad_request"
handler403 = "bpsportal.web.pages.permission_denied"
handler404 = "bpsportal.web.pages.not_found"
handler500 = "bpsportal.web.pages.server_error"
