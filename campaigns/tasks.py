"""Celery's messages: each looks something up and makes one call; the truth is in the database."""

from celery import shared_task
from django.utils import timezone

from campaigns import extending, notices, planning
from campaigns import reconcile as rolling
from campaigns.core.states import State
from campaigns.models import Campaign

EXTEND_EXPIRES_S = 30
"""A request to extend that no worker took until then is void; the next look makes a new one."""


@shared_task
def plan(name: str, run: int) -> bool:
    """Plan a submitted campaign."""
    return planning.run(name, run)


@shared_task
def extend(name: str, run: int, payload: str, point: str) -> bool:
    """Generate what lies below a discovering step."""
    return extending.run(name, run, payload, point)


@shared_task
def resume_planning() -> int:
    """Plan what a lost message or a dead planner left unplanned; returns how many campaigns began to run."""
    waiting = Campaign.objects.filter(state=State.PLANNING).order_by("-priority", "pk").values_list("name", "run")
    return sum(planning.run(name, run) for name, run in waiting)


@shared_task
def reconcile() -> int:
    """Roll up the states of the campaigns that go on, and ask for the extensions that are due."""
    looked = rolling.run()
    for due in looked.due:
        extend.apply_async((due.campaign, due.run, due.payload, due.point), expires=EXTEND_EXPIRES_S)
    return looked.ended


@shared_task
def notify() -> dict[str, int]:
    """Fill the outbox from the ledger, and send what is due."""
    now = timezone.now()
    return {"new": notices.take_in(now), "sent": notices.send(now)}
