"""The ASGI application, for those who serve the portal by an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpsportal.settings")

application = get_asgi_application()
