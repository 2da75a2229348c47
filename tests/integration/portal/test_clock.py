"""The clock's entries, and what its daily round forgets."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from bpsportal import clock
from bpsportal.celery import app
from bpsportal.tasks import housekeeping
from bpsportal.web.models import Token, TokenScope
from bpsportal.web.tokens import create_token

pytestmark = pytest.mark.django_db


def test_the_entries_are_written_once():
    assert clock.install() == len(clock.ENTRIES)
    assert clock.install() == 0
    assert PeriodicTask.objects.count() == len(clock.ENTRIES)


def test_a_changed_entry_is_put_right_and_a_disabled_one_stays_disabled():
    clock.install()
    PeriodicTask.objects.filter(task="execution.tasks.tick").update(task="execution.tasks.gone", enabled=False)
    assert clock.install() == 1
    assert PeriodicTask.objects.filter(task="execution.tasks.tick", enabled=False).count() == 1


def test_every_message_of_the_clock_expires_so_that_none_pile_up():
    clock.install()
    assert not PeriodicTask.objects.filter(expire_seconds__isnull=True).exists()


def test_every_entry_names_a_task_that_exists():
    app.loader.import_default_modules()
    assert {entry.task for entry in clock.ENTRIES} <= set(app.tasks)


def test_expired_tokens_and_sessions_are_forgotten(viewer):
    for days in (-1, 1):
        create_token(viewer, scope=TokenScope.READ, days=days)
    now = timezone.now()
    for key, days in (("old", -1), ("young", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    assert housekeeping() == {"tokens": 1, "sessions": 1, "answers": 0}
    assert Token.objects.count() == 1
    assert Session.objects.get().session_key == "young"
