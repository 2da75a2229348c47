"""Notices: the right people are told once, in words and with links, however often the mail server is down."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from campaigns import notices
from campaigns.models import Notice, NoticeCursor
from campaigns.services.create import create
from provenance import ledger
from provenance import queries as history
from provenance.core.events import EventKind

Write = Callable[..., str]
RULES = [
    {"event": "campaign.failed", "to": ["ops@example.org", "night@example.org"]},
    {"event": "payload.failed", "to": ["ops@example.org"]},
]


class Down(BaseEmailBackend):
    """A mail server that is not there."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("111 connection refused")


@pytest.fixture
def later() -> datetime:
    """A moment at which no slower transaction can still come before the events of this test."""
    return timezone.now() + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def campaign(night: None, operator: User, document: Write) -> None:
    create(document(notify=RULES, description="the first <night>"), user=operator)


def happen(kind: EventKind, why: str = "") -> None:
    ledger.record(kind, actor="portal", campaign="night-1", run=1, why=why)


def test_those_whom_the_rules_name_are_told(later: datetime) -> None:
    happen(EventKind.CAMPAIGN_FAILED, "no job succeeded")
    assert notices.take_in(later) == 2
    assert notices.send(later) == 2
    assert sorted(message.to[0] for message in mail.outbox) == ["night@example.org", "ops@example.org"]


def test_a_mail_has_text_html_and_the_link(later: datetime, settings: Any) -> None:
    settings.PUBLIC_URL = "https://bps.example.org"
    happen(EventKind.CAMPAIGN_FAILED, "isr <b>broke</b>")
    notices.take_in(later)
    notices.send(later)
    message = mail.outbox[0]
    html = message.alternatives[0].content
    assert message.subject == "[bpsportal] campaign night-1 failed"
    assert "https://bps.example.org/campaigns/night-1/" in message.body
    assert 'href="https://bps.example.org/campaigns/night-1/"' in html
    assert "isr <b>broke</b>" in message.body
    assert "isr &lt;b&gt;broke&lt;/b&gt;" in html and "<night>" not in html


def test_events_that_no_rule_names_tell_nobody(later: datetime) -> None:
    happen(EventKind.CAMPAIGN_PAUSED)
    assert notices.take_in(later) == 0


def test_the_installations_own_recipients_hear_of_every_end(later: datetime, settings: Any) -> None:
    settings.NOTIFY = ["head@example.org"]
    happen(EventKind.CAMPAIGN_SUCCEEDED)
    happen(EventKind.CAMPAIGN_PAUSED)
    notices.take_in(later)
    assert list(Notice.objects.values_list("recipient", "kind")) == [("head@example.org", "campaign.succeeded")]


def test_nobody_is_told_twice_though_the_ledger_is_read_again(later: datetime) -> None:
    happen(EventKind.CAMPAIGN_FAILED)
    notices.take_in(later)
    NoticeCursor.objects.update(position=0)
    notices.take_in(later)
    assert Notice.objects.count() == 2
    notices.send(later)
    assert notices.send(later + timedelta(hours=9)) == 0
    assert len(mail.outbox) == 2


def test_a_dead_mail_server_costs_time_only(later: datetime, settings: Any) -> None:
    happen(EventKind.PAYLOAD_FAILED)
    notices.take_in(later)
    alive = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    assert notices.send(later) == 0
    notice = Notice.objects.get()
    assert (notice.state, notice.tries, "connection refused" in notice.error) == ("pending", 1, True)
    settings.EMAIL_BACKEND = alive
    assert notices.send(later + timedelta(seconds=29)) == 0
    assert notices.send(later + timedelta(seconds=30)) == 1
    assert Notice.objects.get().state == "sent"


def test_the_pauses_grow_up_to_an_hour(later: datetime, settings: Any) -> None:
    happen(EventKind.PAYLOAD_FAILED)
    notices.take_in(later)
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    pauses = []
    now = later
    for _ in range(9):
        notices.send(now)
        following = Notice.objects.get().next_at
        pauses.append((following - now).total_seconds())
        now = following
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_it_is_given_up_in_the_end_and_said_so(later: datetime, settings: Any) -> None:
    happen(EventKind.PAYLOAD_FAILED)
    notices.take_in(later)
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    Notice.objects.update(tries=notices.MAX_TRIES - 1)
    notices.send(later)
    assert Notice.objects.get().state == "failed"
    assert history.events(kind="notice.failed").get().details["to"] == "ops@example.org"


def test_every_delivery_stands_in_the_ledger(later: datetime) -> None:
    happen(EventKind.PAYLOAD_FAILED)
    notices.take_in(later)
    notices.send(later)
    assert history.events(kind="notice.sent").get().campaign == "night-1"


def test_one_bad_address_stops_no_other(later: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    happen(EventKind.CAMPAIGN_FAILED)
    notices.take_in(later)
    message_of = notices._message

    def picky(notice: Notice) -> Any:
        if notice.recipient.startswith("ops"):
            raise ValueError("no such address")
        return message_of(notice)

    monkeypatch.setattr(notices, "_message", picky)
    assert notices.send(later) == 1
