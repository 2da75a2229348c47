"""Application settings of the composition root and of the administration site."""

from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    """Registers system checks and the clock's entries; has no models of its own."""

    name = "bpsportal"
    label = "bpsportal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Let Django and Celery find what this app adds to them."""
        from bpsportal import checks, clock  # noqa: F401 - importing registers them

        with suppress(OSError):  # a system check says what is wrong with it
            settings.DATA.mkdir(parents=True, exist_ok=True)


class PortalAdminConfig(AdminConfig):
    """Django's administration site with the portal's own rule for who may enter."""

    default_site = "bpsportal.web.administration.PortalAdminSite"
