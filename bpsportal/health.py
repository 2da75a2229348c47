"""Whether the portal lives and whether it is ready to work, for proxies and watchers; says nothing that
needs a role.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from kombu import Connection

CLOCK_SILENT = timedelta(seconds=30)


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """The web process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer and the clock has run lately, else 503; each part by name."""
    parts = {"database": _database(), "broker": _broker(), "clock": _clock()}
    return JsonResponse(parts, status=200 if all(state == "ok" for state in parts.values()) else 503)


def _database() -> str:
    try:
        connection.ensure_connection()
    except DatabaseError:
        return "not reachable"
    return "ok"


def _broker() -> str:
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception:  # whatever the transport raises, the broker did not answer
        return "not reachable"
    return "ok"


def _clock() -> str:
    from django_celery_beat.models import PeriodicTask

    try:
        last = PeriodicTask.objects.filter(last_run_at__isnull=False).order_by("-last_run_at").first()
    except DatabaseError:
        return "unknown"
    if last is None or last.last_run_at is None:
        return "has not run yet"
    return "ok" if timezone.now() - last.last_run_at < CLOCK_SILENT else "silent"
