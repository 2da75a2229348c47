"""The WSGI application that gunicorn serves; refuses to exist without a secret key."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bpsportal.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - only readable once the application is set up

if not settings.SECRET_KEY:  # Django raises ImproperlyConfigured here when it is empty
    raise SystemExit("BPS_SECRET_KEY is not set; `manage.py check` says what to do.")
