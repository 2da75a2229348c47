"""Housekeeping: what may be forgotten is forgotten once a day."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from bpsportal.web.models import IdempotencyKey, Token

KEEP_ANSWERS = timedelta(days=7)


@shared_task
def housekeeping() -> dict[str, int]:
    """Delete expired tokens and sessions and answers older than a week; returns how many of each."""
    now = timezone.now()
    old = {
        "tokens": Token.objects.filter(expiry__lt=now),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "answers": IdempotencyKey.objects.filter(created_at__lt=now - KEEP_ANSWERS),
    }
    return {name: queryset.delete()[0] for name, queryset in old.items()}
