"""Extending: what lies below a discovering step is generated from what was really made, exactly once (LDM-636 0011)."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import Invalid
from campaigns import catalog, generation, moves, planner_lease, planning
from campaigns.core.planner import plan_below
from campaigns.core.problem import PlanError
from campaigns.core.states import State
from campaigns.models import Campaign, Payload
from campaigns.planner_lease import Held, Interrupted
from campaigns.planning import Stored, store_all
from campaigns.reading import plain
from execution import control, queries, workflows
from execution.control import Target, Wish
from execution.workflows import AlreadyExtended
from provenance.core.events import EventKind

logger = logging.getLogger(__name__)


def run(name: str, number: int, payload: str, point: str) -> bool:
    """Generate what lies below the point, if its upstream has finished and nobody else does; tells if it did so.

    A crash before the last transaction leaves only what is `loading`, which the next attempt discards; after it the
    point is closed, and a later attempt finds it so.
    """
    if not due(name, number, payload, point):
        return False
    held = planner_lease.take(name, number, State.RUNNING, timezone.now())
    if held is None:
        return False
    target = Target(name, number, payload)
    try:
        workflows.discard(target)
        _extend(held, target, point)
    except (Interrupted, AlreadyExtended) as stop:
        logger.info("extension given up: campaign=%s point=%s reason=%s", name, point, type(stop).__name__)
        if isinstance(stop, AlreadyExtended) or Campaign.objects.filter(pk=held.pk, planner_fence=held.fence).exists():
            workflows.discard(target)
        return False
    except (Invalid, PlanError) as trouble:
        problems = plain(trouble.problems) if isinstance(trouble, Invalid) else [{"path": "", "message": str(trouble)}]
        _tell(held.pk, point, problems)
        return False
    except Exception as trouble:
        logger.exception("extension failed: campaign=%s point=%s", name, point)
        _tell(held.pk, point, [{"path": "", "message": f"{type(trouble).__name__}: {trouble}"[:500]}])
        return False
    finally:
        held.release()
    return True


def due(name: str, number: int, payload: str, point: str) -> bool:
    """Whether the point is open, all above it has finished, and nobody has stopped or paused the payload."""
    part = queries.progress(name, number).payloads.get(payload)
    if (
        part is None
        or part.stopped
        or not Payload.objects.filter(campaign__name=name, name=payload, wish=Wish.RUN).exists()
    ):
        return False
    return any(found.step == point and found.open and found.upstream_finished for found in part.points)


def _extend(held: Held, target: Target, point: str) -> None:
    with generation.measuring() as measured:
        campaign = Campaign.objects.select_related("revision", "owner").get(pk=held.pk)
        payload = campaign.payloads.get(name=target.payload)
        spec, known = planning.pinned_spec(campaign, software_may_differ=True)
        part = next(item for item in spec.payloads if item.name == payload.name)
        asked = planning.asked(held, campaign, payload, (spec, part, known))
        found = catalog.made(campaign.name, campaign.run, payload.name, asked.blueprint.types)
        made = plan_below(asked, point, held.watching(found))
        points = {item.step: item.waits_for for item in made.open_points}
        stored = Stored(payload, list(made.counts.instances.items()), (), asked.priority, points=points)
        base = f"{campaign.name}/r{campaign.run}/{payload.name}/{point}"
        store_all(held, made.workflows(), base, campaign.program, stored)
    with held.finishing() as campaign:
        workflows.complete(target, points=points, closes=point)
        if campaign.problems:
            campaign.problems = []
            campaign.save(update_fields=["problems"])
        _add_up(campaign, stored)
        generation.record(campaign, held, {payload.name: measured}, point=point)


def _tell(pk: int, point: str, problems: Sequence[Mapping[str, Any]]) -> None:
    """Attach what keeps the point from being extended, and record it when it is new; it is tried again all the same."""
    found = [{"layer": "", "line": None, **item, "message": f"below {point}: {item['message']}"} for item in problems]
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=pk)
        if campaign.problems == found:
            return
        campaign.problems = found
        campaign.save(update_fields=["problems"])
        why = "; ".join(item["message"] for item in found[:3])
        moves.record(campaign, moves.Note(EventKind.CAMPAIGN_REFUSED, "portal", why, {"point": point}))


def _add_up(campaign: Campaign, stored: Stored) -> None:
    """The payload's planned figures with those that came to it; wishes and priorities that changed meanwhile."""
    payload = Payload.objects.get(pk=stored.payload.pk)
    target = Target(campaign.name, campaign.run, payload.name)
    wanted = campaign.priority if payload.priority is None else payload.priority
    if wanted != stored.priority:
        control.prioritise(target, wanted, actor="portal")
    if payload.wish != Wish.RUN:
        control.wish(target, Wish(payload.wish), actor=payload.wish_by, why=payload.wish_why)
    planned = dict(payload.planned)
    for key in ("workflows", "jobs", "instances"):
        planned[key] = planned.get(key, 0) + getattr(stored, key)
    added = dict(stored.steps)
    planned["steps"] = [[label, added.get(label, count)] for label, count in planned.get("steps", [])]
    progress = queries.progress(campaign.name, campaign.run).payloads[payload.name]
    planned["at_least"] = any(point.open for point in progress.points)
    payload.planned = planned
    payload.save(update_fields=["planned"])
    moves.record(
        campaign,
        moves.Note(
            EventKind.PAYLOAD_PLANNED, "portal",
            details={"payload": payload.name, "jobs": stored.jobs, "instances": stored.instances},
        ),
    )  # fmt: skip
