"""The front door for people's wishes: run, pause, stop and priority of a campaign, a payload or a workflow;
sites and software.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from execution.core.states import Wish
from execution.core.target import Target
from execution.models import Workflow
from execution.registry import pause_site, put_site, put_software, resume_site
from provenance import ledger
from provenance.core.events import EventKind

__all__ = ["Target", "Wish", "pause_site", "prioritise", "put_site", "put_software", "resume_site", "wish"]

EVENTS = {
    Wish.RUN: EventKind.WORKFLOW_RESUMED,
    Wish.PAUSE: EventKind.WORKFLOW_PAUSED,
    Wish.STOP: EventKind.WORKFLOW_TERMINATED,
}


def wish(target: Target, wanted: Wish, *, actor: str, why: str = "") -> int:
    """Store what is wanted of all open workflows of the target; returns how many it concerns.

    From the commit on nothing of them is dispatched unless the wish is to run. A stop is for good: no later wish
    undoes it.
    """
    with transaction.atomic():
        open_ones = _open(target).exclude(wish=Wish.STOP).exclude(wish=wanted)
        names = list(open_ones.select_for_update().order_by("pk").values_list("name", flat=True))
        fields = {"wish": wanted, "wish_by": actor, "wish_why": why[:500], "wish_at": timezone.now()}
        Workflow.objects.filter(name__in=names).update(**fields)
        if names and target.workflow:
            ledger.record(EVENTS[wanted], actor=actor, campaign=target.campaign, workflow=target.workflow, why=why)
    return len(names)


def prioritise(target: Target, priority: int, *, actor: str) -> int:
    """Change the priority of what has not gone out yet; running jobs are never evicted (LDM-633 RUN5)."""
    with transaction.atomic():
        n = _open(target).update(priority=priority)
        if n and target.workflow:
            details = {"priority": priority}
            kind = EventKind.WORKFLOW_PRIORITISED
            ledger.record(kind, actor=actor, campaign=target.campaign, workflow=target.workflow, details=details)
    return n


def _open(target: Target) -> QuerySet[Workflow]:
    rows = Workflow.objects.filter(campaign=target.campaign, ended_at=None)
    if target.run is not None:
        rows = rows.filter(run=target.run)
    if target.payload:
        rows = rows.filter(payload=target.payload)
    return rows.filter(name=target.workflow) if target.workflow else rows
