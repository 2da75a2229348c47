"""Data fixes by an administrator, within the CAMPAIGN table and recorded like everything else."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import NotAllowed
from campaigns import moves
from campaigns.core.states import CAMPAIGN, FINAL, State
from campaigns.models import Campaign, Notice
from campaigns.moves import Note
from campaigns.nudges import nudge_planner
from execution import control
from execution.control import Target, Wish
from provenance.core.events import EventKind


def possible(campaign: Campaign) -> tuple[str, ...]:
    """The states that may follow the campaign's present one."""
    return tuple(sorted(CAMPAIGN[State(campaign.state)] - {State.ARCHIVED}))


def fix_state(campaign: Campaign, to: str, *, actor: str, why: str) -> None:
    """Bring a campaign into a state that may follow its own; what still runs of one that is declared over is stopped.

    NotAllowed for any other state.
    """
    if to not in possible(campaign):
        raise NotAllowed(campaign.state, to, possible(campaign), f"campaign {campaign.name}")
    target, now = State(to), timezone.now()
    fields: dict[str, Any] = {"ended_at": now} if target in FINAL else {}
    with transaction.atomic():
        note = Note(EventKind.ADMIN_FIXED, actor, why, {"subject": f"campaign {campaign.name}", "to": to})
        before = campaign.state
        if not moves.move(campaign, target, note, now=now, where={"state": before}, fields=fields):
            campaign.refresh_from_db()
            raise NotAllowed(campaign.state, to, possible(campaign), f"campaign {campaign.name}")
        if target in FINAL or target is State.CANCELLING:
            control.wish(Target(campaign.name, campaign.run), Wish.STOP, actor=actor, why=why)
            Campaign.objects.filter(pk=campaign.pk).update(
                wish=Wish.STOP, wish_by=actor, wish_why=why[:500], wish_at=now
            )
        if target is State.PLANNING:
            nudge_planner(campaign)


def note_edit(campaign: Campaign, changed: Mapping[str, Any], *, actor: str) -> None:
    """Record that columns were edited by hand, inside the caller's transaction."""
    details = {"subject": f"campaign {campaign.name}", "changed": {key: str(value) for key, value in changed.items()}}
    moves.record(campaign, Note(EventKind.ADMIN_FIXED, actor, "edited in the administration", details))


def send_again(notice: Notice) -> bool:
    """Put a notice that was given up back into the outbox; tells whether it was one."""
    failed = Notice.objects.filter(pk=notice.pk, state="failed")
    return bool(failed.update(state="pending", tries=0, next_at=timezone.now()))
