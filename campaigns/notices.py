"""Notices: events of the ledger into an outbox by each campaign's rules, and out of it by mail (LDM-636 0045).

Whoever records an event knows nothing of this: the ledger is read by cursor. A notice is made once for an event and
a recipient, and stays in the outbox until the mail server took it. Its Message-ID is fixed, so that the one mail which
was handed over in the moment of a crash, and is sent again, is recognised as the same.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse

from campaigns.models import Campaign, Notice, NoticeCursor
from execution import queries as work
from execution.control import Target
from provenance import ledger
from provenance import queries as history
from provenance.core.events import EventKind

logger = logging.getLogger(__name__)

CURSOR = "mail"
BATCH = 500
MAX_BATCHES = 20
SEND_BATCH = 50
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MAX_TRIES = 32
"""With the growing pauses more than a day."""

BY_DEFAULT = (EventKind.CAMPAIGN_FAILED, EventKind.CAMPAIGN_SUCCEEDED)
"""What the recipients of the installation's own setting are told about."""
_SUBJECTS = ("campaign", "payload", "workflow", "job", "step", "dataset")
NOTIFIABLE = frozenset(kind.value for kind in EventKind if kind.value.partition(".")[0] in _SUBJECTS)
"""Events that a campaign's rules may name: those about a campaign and what is in it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is told about a kind of event."""

    event: str
    to: tuple[str, ...]


def rules_of(document: Mapping[str, Any]) -> Iterator[Rule]:
    """The rules of a campaign's document, which was checked before it was stored."""
    for item in document.get("notify") or ():
        yield Rule(item["event"], tuple(item["to"]))


def recipients(kind: str, rules: Iterable[Rule]) -> tuple[str, ...]:
    """Everybody who is to be told, each once."""
    found = [address for rule in rules if rule.event == kind for address in rule.to]
    if kind in BY_DEFAULT:
        found += settings.NOTIFY
    return tuple(dict.fromkeys(found))


def take_in(now: datetime) -> int:
    """Read on in the ledger and fill the outbox; returns how many notices that gave. Cursor and notices move
    together.
    """
    found = 0
    for _ in range(MAX_BATCHES):
        notices, events = _take_batch(now)
        found += notices
        if events < BATCH:
            break
    return found


def _take_batch(now: datetime) -> tuple[int, int]:
    """One batch of events: how many notices it gave, and how many events it had."""
    with transaction.atomic():
        NoticeCursor.objects.get_or_create(name=CURSOR)
        cursor = NoticeCursor.objects.select_for_update().get(name=CURSOR)
        events = history.events_after(cursor.position, now=now, limit=BATCH)
        if not events:
            return 0, 0
        names = {event.campaign for event in events if event.kind in NOTIFIABLE and event.campaign}
        known = {c.name: c for c in Campaign.objects.filter(name__in=names).select_related("revision")}
        rows = [
            row for event in events if event.campaign in known for row in _notices(event, known[event.campaign], now)
        ]
        made = Notice.objects.bulk_create(rows, ignore_conflicts=True)
        NoticeCursor.objects.filter(name=CURSOR).update(position=events[-1].pk)
    return len(made), len(events)


def send(now: datetime) -> int:
    """Send what is due; returns how many mails the server took. A server that is down costs nothing but time."""
    due = Notice.objects.filter(state="pending", next_at__lte=now).order_by("next_at", "pk")[:SEND_BATCH]
    return sum(_send(notice, now) for notice in due)


def _notices(event: Any, campaign: Campaign, now: datetime) -> Iterator[Notice]:
    document = campaign.revision.document if campaign.revision else {}
    to = recipients(event.kind, rules_of(document))
    if not to:
        return
    context = _context(event, campaign)
    text, html = (render_to_string(f"mail/event.{kind}", context) for kind in ("txt", "html"))
    for address in to:
        yield Notice(
            event=event.pk, kind=event.kind, campaign=campaign.name, recipient=address, subject=_subject(event.what),
            text=text, html=html, next_at=now, created_at=now,
        )  # fmt: skip


def _context(event: Any, campaign: Campaign) -> dict[str, Any]:
    """What the mail says: the event, how the campaign stands, and where to look."""
    counts: dict[str, dict[str, int]] = {}
    for count in work.counts(Target(campaign.name, campaign.run)):
        if count.kind == "instance":
            counts.setdefault(count.label, {})[count.state] = count.n
    steps = [
        (label, ", ".join(f"{n} {state}" for state, n in sorted(states.items()))) for label, states in counts.items()
    ]
    page = settings.PUBLIC_URL + reverse("campaigns:detail", args=[campaign.name])
    return {"event": event, "campaign": campaign, "steps": steps, "page": page, "portal": settings.PUBLIC_URL}


def _subject(sentence: str) -> str:
    return f"[bpsportal] {' '.join(sentence.split())}"[:200]


def _send(notice: Notice, now: datetime) -> bool:
    """Claim and send one; of two workers only one gets to send it."""
    pause = min(FIRST_PAUSE * 2 ** min(notice.tries, 20), LONGEST_PAUSE)
    mine = Notice.objects.filter(pk=notice.pk, state="pending", tries=notice.tries)
    if not mine.update(tries=F("tries") + 1, next_at=now + pause):
        return False
    try:
        _message(notice).send()
    except Exception as trouble:
        error = f"{type(trouble).__name__}: {trouble}"[:500]
        logger.warning("notice not sent: id=%d try=%d error=%s", notice.pk, notice.tries + 1, error)
        _settle(notice, "failed" if notice.tries + 1 >= MAX_TRIES else "pending", now, error)
        return False
    _settle(notice, "sent", now, "")
    return True


def _settle(notice: Notice, state: str, now: datetime, error: str) -> None:
    with transaction.atomic():
        sent_at = now if state == "sent" else None
        Notice.objects.filter(pk=notice.pk).update(state=state, error=error, sent_at=sent_at)
        if state != "pending":
            kind = EventKind.NOTICE_SENT if state == "sent" else EventKind.NOTICE_FAILED
            details = {"to": notice.recipient, "subject": notice.subject}
            ledger.record(kind, actor="portal", campaign=notice.campaign, why=error, details=details)


def _message(notice: Notice) -> EmailMultiAlternatives:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {
        "Message-ID": f"<notice-{notice.event}-{notice.pk}@{host}>",
        "References": f"<campaign-{notice.campaign}@{host}>",
        "List-Id": f"bpsportal notices <notices.{host}>",
        "Auto-Submitted": "auto-generated",
    }
    message = EmailMultiAlternatives(
        notice.subject, notice.text, settings.DEFAULT_FROM_EMAIL, [notice.recipient], headers=headers,
        connection=get_connection(),
    )  # fmt: skip
    message.attach_alternative(notice.html, "text/html")
    return message
