"""The only writer of campaign states: one conditional update by the CAMPAIGN table, with its event beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from bpsportal.web.errors import Missing, NotAllowed
from campaigns.core.states import FINAL, State, Verb, legal_verbs, sources_of
from campaigns.models import Campaign
from provenance import ledger
from provenance.core.events import EventKind

ALIVE = (State.PLANNING, State.RUNNING, State.PAUSED, State.CANCELLING)
"""States in which something may happen without a person."""

EVENTS: Mapping[Verb, EventKind] = {
    Verb.SUBMIT: EventKind.CAMPAIGN_SUBMITTED,
    Verb.PAUSE: EventKind.CAMPAIGN_PAUSED,
    Verb.RESUME: EventKind.CAMPAIGN_RESUMED,
    Verb.TERMINATE: EventKind.CAMPAIGN_TERMINATED,
    Verb.ARCHIVE: EventKind.CAMPAIGN_ARCHIVED,
}
"""The verbs that can be said here, and what the ledger calls them."""

UNMOVING: Mapping[str, frozenset[State]] = {
    "revise": frozenset({State.DRAFT, State.READY}),
    "prioritise": frozenset(State) - FINAL - {State.CANCELLING},
    "clone": frozenset(State),
}
"""What can be done without a move, or with one only on the way (a revision is checked again)."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the ledger is told of a move."""

    event: EventKind
    actor: str
    why: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def legal(state: str) -> tuple[str, ...]:
    """What can be done to a campaign in this state: its buttons, and the text of a refusal."""
    now = State(state)
    moving = [verb.value for verb in legal_verbs(now) if verb in EVENTS]
    return (*moving, *(name for name, states in UNMOVING.items() if now in states))


def refuse(campaign: Campaign, verb: str) -> NotAllowed:
    """The refusal of a verb, with what is possible instead."""
    return NotAllowed(campaign.state, verb, legal(campaign.state), f"campaign {campaign.name}")


def require(campaign: Campaign, verb: str) -> None:
    """Raise NotAllowed unless the campaign's state allows the verb."""
    if verb not in legal(campaign.state):
        raise refuse(campaign, verb)


def move(
    campaign: Campaign, to: State, note: Note, *, now: datetime,
    where: Mapping[str, Any] | None = None, fields: Mapping[str, Any] | None = None,
) -> bool:  # fmt: skip
    """Bring the campaign into state `to` from any state that leads there, record it, and tell whether that was so.

    `where` narrows the condition (from which states, under which lease), `fields` are further columns of the same
    update. The object in hand is brought up to date.
    """
    wanted: dict[str, Any] = {"state__in": sorted(sources_of(to)), **(where or {})}
    changed = {"state": to.value, "state_at": now, **(fields or {})}
    with transaction.atomic():
        if not Campaign.objects.filter(pk=campaign.pk, **wanted).update(**changed):
            return False
        record(campaign, note)
    for name, value in changed.items():
        setattr(campaign, name, value)
    return True


def record(campaign: Campaign, note: Note, **more: Any) -> None:
    """Tell the ledger something about the campaign, inside the caller's transaction."""
    ledger.record(
        note.event,
        actor=note.actor,
        campaign=campaign.name,
        run=campaign.run,
        why=note.why,
        details=dict(note.details),
        **more,
    )


def lock(name: str) -> Campaign:
    """The campaign's row, locked until the transaction ends; Missing."""
    found = Campaign.objects.select_for_update(of=("self",)).filter(name=name).select_related("revision").first()
    if found is None:
        raise Missing("campaign", name)
    return found
