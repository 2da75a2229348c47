"""Application settings of the web floor."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Roles, tokens and remembered answers."""

    name = "bpsportal.web"
    label = "web"
    verbose_name = "Access"
