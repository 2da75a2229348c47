"""Pause, resume, terminate, prioritise and archive a campaign and all that is below it (LDM-636 0056, 0021, 0023)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns import family, moves
from campaigns.core.states import VERBS, State, Verb
from campaigns.family import Outcome
from campaigns.models import Campaign
from campaigns.nudges import nudge_planner
from execution import control
from execution.control import Target, Wish
from provenance.core.events import EventKind

MAX_WHY = 500


def pause(name: str, *, actor: str, why: str = "") -> Outcome:
    """Nothing new is planned or dispatched from the commit on; what runs may finish. NotAllowed, Missing."""

    def one(campaign: Campaign) -> None:
        _move(campaign, Verb.PAUSE, State.PAUSED, actor=actor, why=why, fields=_wish(Wish.PAUSE, actor, why))
        control.wish(Target(campaign.name, campaign.run), Wish.PAUSE, actor=actor, why=why)

    return _all(name, Verb.PAUSE, one)


def resume(name: str, *, actor: str, why: str = "") -> Outcome:
    """Let it go on: run, or go on with planning where that was not finished. NotAllowed, Missing."""

    def one(campaign: Campaign) -> None:
        target = State.RUNNING if campaign.planned_at else State.PLANNING
        _move(campaign, Verb.RESUME, target, actor=actor, why=why, fields=_wish(Wish.RUN, actor, why))
        for payload in campaign.payloads.all():
            control.wish(Target(campaign.name, campaign.run, payload.name), Wish(payload.wish), actor=actor, why=why)
        if target is State.PLANNING:
            nudge_planner(campaign)

    return _all(name, Verb.RESUME, one)


def terminate(name: str, *, actor: str, why: str) -> Outcome:
    """Declare it failed: running jobs are killed, the rest never starts, also while planning. NotAllowed, Missing."""

    def one(campaign: Campaign) -> None:
        _move(campaign, Verb.TERMINATE, State.CANCELLING, actor=actor, why=why, fields=_wish(Wish.STOP, actor, why))
        control.wish(Target(campaign.name, campaign.run), Wish.STOP, actor=actor, why=why)

    return _all(name, Verb.TERMINATE, one)


def archive(name: str, *, actor: str, why: str = "") -> Outcome:
    """Put away what is over or was never begun; it stays readable. NotAllowed, Missing."""

    def one(campaign: Campaign) -> None:
        _move(campaign, Verb.ARCHIVE, State.ARCHIVED, actor=actor, why=why, fields={})

    return _all(name, Verb.ARCHIVE, one)


def prioritise(name: str, priority: int, *, actor: str, why: str = "") -> Outcome:
    """Change the priority of all that has not gone out yet; nothing that runs is evicted. NotAllowed, Missing."""

    def one(campaign: Campaign) -> None:
        before, campaign.priority = campaign.priority, priority
        campaign.save(update_fields=["priority"])
        for payload in campaign.payloads.filter(priority=None):
            control.prioritise(Target(campaign.name, campaign.run, payload.name), priority, actor=actor)
        details = {"from": before, "to": priority}
        moves.record(campaign, moves.Note(EventKind.CAMPAIGN_PRIORITISED, actor, why, details))

    return _all(name, "prioritise", one)


def _all(name: str, verb: str, one: Callable[[Campaign], None]) -> Outcome:
    with transaction.atomic():
        return family.act(name, str(verb), one)


def _wish(wanted: Wish, actor: str, why: str) -> dict[str, Any]:
    return {"wish": wanted, "wish_by": actor, "wish_why": why[:MAX_WHY], "wish_at": timezone.now()}


def _move(campaign: Campaign, verb: Verb, to: State, *, actor: str, why: str, fields: dict[str, Any]) -> None:
    """The verb's move, or NotAllowed."""
    note = moves.Note(moves.EVENTS[verb], actor, why[:MAX_WHY])
    now: datetime = timezone.now()
    if not moves.move(campaign, to, note, now=now, where={"state__in": sorted(VERBS[verb].sources)}, fields=fields):
        campaign.refresh_from_db(fields=["state"])
        raise moves.refuse(campaign, str(verb))
