"""The composition root of the portal: settings, URLs, the clock; knows every app, known by none."""

__version__ = "0.1.0"

from bpsportal.celery import app as celery_app

__all__ = ["__version__", "celery_app"]
