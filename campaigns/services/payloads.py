"""The control verbs said to one payload of a campaign: its own wish, within what the campaign as a whole is to do."""

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import Missing, NotAllowed
from campaigns import moves, standing
from campaigns.core.states import State
from campaigns.models import Campaign, Payload
from campaigns.services.control import MAX_WHY
from execution import control
from execution.control import Target, Wish
from provenance.core.events import EventKind

WISHES = {
    "pause": (Wish.PAUSE, EventKind.PAYLOAD_PAUSED),
    "resume": (Wish.RUN, EventKind.PAYLOAD_RESUMED),
    "terminate": (Wish.STOP, EventKind.PAYLOAD_TERMINATED),
}


def act(campaign: str, payload: str, verb: str, *, actor: str, why: str = "") -> Payload:
    """Pause, resume or terminate. NotAllowed, Missing.

    A payload resumed while its campaign is paused goes on with the campaign; one terminated never starts again.
    """
    wanted, event = WISHES[verb]
    with transaction.atomic():
        whole, part = _locked(campaign, payload)
        _require(whole, part, verb)
        part.wish, part.wish_by, part.wish_why, part.wish_at = wanted, actor, why[:MAX_WHY], timezone.now()
        part.save(update_fields=["wish", "wish_by", "wish_why", "wish_at"])
        if wanted is not Wish.RUN or whole.state == State.RUNNING:
            control.wish(Target(whole.name, whole.run, part.name), wanted, actor=actor, why=why)
        moves.record(whole, moves.Note(event, actor, why[:MAX_WHY], {"payload": part.name}))
    return part


def prioritise(campaign: str, payload: str, priority: int, *, actor: str, why: str = "") -> Payload:
    """Give the payload a priority of its own, for what has not gone out yet. NotAllowed, Missing."""
    with transaction.atomic():
        whole, part = _locked(campaign, payload)
        _require(whole, part, "prioritise")
        before, part.priority = part.priority if part.priority is not None else whole.priority, priority
        part.save(update_fields=["priority"])
        control.prioritise(Target(whole.name, whole.run, part.name), priority, actor=actor)
        details = {"payload": part.name, "from": before, "to": priority}
        moves.record(whole, moves.Note(EventKind.PAYLOAD_PRIORITISED, actor, why[:MAX_WHY], details))
    return part


def _locked(campaign: str, payload: str) -> tuple[Campaign, Payload]:
    whole = moves.lock(campaign)
    part = Payload.objects.filter(campaign=whole, name=payload).first()
    if part is None:
        raise Missing("payload", f"{campaign}:{payload}")
    return whole, part


def _require(campaign: Campaign, payload: Payload, verb: str) -> None:
    now = standing.of_payloads(campaign, [payload])[0]
    if verb not in now.legal:
        raise NotAllowed(now.state, verb, now.legal, f"payload {payload}")
