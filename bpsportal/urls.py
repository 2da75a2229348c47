"""Every address of the portal: the apps' pages, the REST resources under /api/v1/, sign-in, documents, health."""

from importlib import import_module
from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from bpsportal import health
from bpsportal.web import pages

APPS = ("campaigns", "execution", "provenance")

router = DefaultRouter()
app_pages: list[URLPattern | URLResolver] = []
for app in APPS:
    if find_spec(f"{app}.api"):
        for prefix, viewset, basename in import_module(f"{app}.api").router_entries:
            router.register(prefix, viewset, basename)
    if find_spec(f"{app}.urls"):
        app_pages.append(path("", include(f"{app}.urls")))

urlpatterns = [
    *app_pages,
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
