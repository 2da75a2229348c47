"""Reconcile: campaigns' states follow from what execution counts, and open points that are due are found."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns import moves, planning, standing
from campaigns.core.states import State, Wish
from campaigns.models import Campaign, Payload
from campaigns.moves import Note
from campaigns.standing import Parts, Whole
from provenance.core.events import EventKind

logger = logging.getLogger(__name__)

_ENDS = {State.SUCCEEDED: EventKind.CAMPAIGN_SUCCEEDED, State.FAILED: EventKind.CAMPAIGN_FAILED}
_PAYLOAD_ENDS = {State.SUCCEEDED: EventKind.PAYLOAD_SUCCEEDED, State.FAILED: EventKind.PAYLOAD_FAILED}


@dataclass(frozen=True, slots=True)
class Due:
    """An open point whose upstream has finished: what lies below it can be generated."""

    campaign: str
    run: int
    payload: str
    point: str


@dataclass(frozen=True, slots=True)
class Looked:
    """How many campaigns came to their end in one look, and which points are due."""

    ended: int
    due: tuple[Due, ...]


def run() -> Looked:
    """One look at every campaign that goes on. Its cost: counters, not instances; one bad campaign stops no other."""
    ended, due = 0, []
    alive = (
        Campaign.objects.filter(state__in=[State.RUNNING, State.CANCELLING]).select_related("revision").order_by("pk")
    )
    for campaign in alive:
        try:
            has_ended, points = one(campaign)
        except Exception:
            logger.exception("campaign could not be reconciled: campaign=%s", campaign.name)
            continue
        ended += has_ended
        due += points
    return Looked(ended, tuple(due))


def one(campaign: Campaign) -> tuple[bool, list[Due]]:
    """Roll one campaign up; tells whether it ended now, else which of its points are due."""
    wishes = dict(campaign.payloads.values_list("name", "wish"))
    parts = standing.progress_of([campaign])[campaign.pk]
    whole = standing.sum_up(parts, wishes)
    if campaign.state == State.CANCELLING and whole.loading:
        if not campaign.planner or planning.is_abandoned(campaign):
            planning.discard(campaign)
        return False, []
    state = standing.state_of(whole, campaign.wish)
    now = timezone.now()
    _end_payloads(campaign, parts, now)
    if state in _ENDS:
        return _end(campaign, state, whole, parts, now), []
    is_going = campaign.state == State.RUNNING and state is State.RUNNING
    return False, list(_due(campaign, parts, wishes)) if is_going else []


def _due(campaign: Campaign, parts: Parts, wishes: Mapping[str, str]) -> Iterator[Due]:
    for name, part in parts.items():
        if part.stopped or wishes.get(name, Wish.RUN) != Wish.RUN:
            continue
        for point in part.points:
            if point.open and point.upstream_finished:
                yield Due(campaign.name, campaign.run, name, point.step)


def _end(campaign: Campaign, state: State, whole: Whole, parts: Parts, now: datetime) -> bool:
    why = _why(campaign, whole, parts) if state is State.FAILED else ""
    details = {"jobs": dict(whole.jobs), "instances": dict(whole.instances)}
    note = Note(_ENDS[state], "portal", why, details)
    where = {"state": campaign.state, "run": campaign.run, "wish": campaign.wish}
    return moves.move(campaign, state, note, now=now, where=where, fields={"ended_at": now})


def _why(campaign: Campaign, whole: Whole, parts: Parts) -> str:
    """What a person is told about a failure, from the strongest reason on."""
    if campaign.wish == Wish.STOP:
        return f"terminated by {campaign.wish_by}: {campaign.wish_why}".rstrip(": ")
    reasons = [f"payload {name}: {reason}" for name, part in parts.items() for reason in part.stopped]
    if reasons:
        return "; ".join(reasons[:3])
    return "a payload was terminated" if whole.stopped else "no job succeeded"


def _end_payloads(campaign: Campaign, parts: Parts, now: datetime) -> None:
    """Each payload's end, told once."""
    payloads = [payload for payload in campaign.payloads.all() if payload.ended_at is None]
    for found, payload in zip(standing.of_payloads(campaign, payloads, parts), payloads, strict=True):
        kind = _PAYLOAD_ENDS.get(found.state)
        if kind is None:
            continue
        with transaction.atomic():
            if not Payload.objects.filter(pk=payload.pk, ended_at=None).update(ended_at=now):
                continue
            details = {"payload": payload.name, "instances": dict(found.instances)}
            moves.record(campaign, Note(kind, "portal", "; ".join(found.stopped[:3]), details))
