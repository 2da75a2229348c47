"""Celery messages: JSON, lost without harm, with the sender's request id."""

import pytest
from celery import signals
from kombu.exceptions import OperationalError

from bpsportal.celery import app
from bpsportal.tasks import housekeeping
from bpsportal.web import tracing


@pytest.fixture
def no_broker(monkeypatch):
    from celery.contrib.django.task import DjangoTask

    def refuse(*args, **kwargs):
        raise OperationalError("nobody listens")

    monkeypatch.setattr(DjangoTask, "apply_async", refuse)


def test_without_a_broker_the_sender_goes_on_and_the_log_says_so(no_broker, caplog):
    assert housekeeping.delay() is None
    assert "broker not reachable, the clock will find the work: task=bpsportal.tasks.housekeeping" in caplog.text


def test_a_message_after_commit_may_be_lost_as_well(no_broker, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        housekeeping.delay_on_commit()
    assert len(callbacks) == 1


def test_only_json_is_read():
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_a_message_carries_the_id_of_the_request_that_caused_it():
    tracing.begin("r-42")
    headers: dict[str, str] = {}
    signals.before_task_publish.send(sender="x", headers=headers)
    tracing.begin("")
    assert headers == {"request_id": "r-42"}


def test_a_task_at_work_logs_under_its_senders_id():
    class Task:
        class request:
            request_id = "r-42"

    signals.task_prerun.send(sender=Task, task_id="0123456789abcdef", task=Task)
    assert tracing.current() == "r-42"
    signals.task_postrun.send(sender=Task)
    assert tracing.current() == ""


def test_a_task_of_the_clock_logs_under_its_own_id():
    signals.task_prerun.send(sender="x", task_id="0123456789abcdef", task=None)
    assert tracing.current() == "0123456789ab"
    tracing.begin("")
