"""Release and place, one pass for all sites under its own lease: ready jobs get a site, by priority, share and room."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Count, Q, Sum

from execution import release, specs
from execution.core import limits
from execution.core.placement import Placed, Queue, place
from execution.core.states import AT_SITE, JobState, Wish
from execution.lease import Held, take
from execution.models import Job, Site, Tally, Workflow

MOST = 1_000
"""Jobs placed in one pass."""


def run(now: datetime) -> int:
    """One pass; returns how many jobs were released, placed or given up. Nothing, when another worker is at it."""
    lease = take("place", now)
    if lease is None:
        return 0
    try:
        return _pass(lease, now)
    finally:
        lease.release(now)


def _pass(lease: Held, now: datetime) -> int:
    changed = sum(release.give_up(workflow, now) for workflow in release.stopping())
    going = Workflow.objects.filter(ended_at=None, loading=False, stopped="").exclude(wish=Wish.STOP)
    changed += release.release(list(going.values_list("pk", flat=True)), now)
    with lease.writing(now):
        changed += _place(list(going.filter(wish=Wish.RUN).order_by("-priority", "pk")), now)
    changed += release.end_workflows(now)
    return changed


def rooms(now: datetime) -> dict[str, int]:
    """How many more jobs each site takes that may be given any."""
    sites = Site.objects.filter(paused=False, trouble="").filter(Q(retry_at=None) | Q(retry_at__lte=now))
    here = dict(
        Job.objects.filter(site__isnull=False, state__in=[JobState.READY, *AT_SITE])
        .values_list("site")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {
        site.name: limits.room(
            running=site.limit("running", 2),
            queued=site.limit("queued", 200),
            pace=site.pace,
            at_site=here.get(site.pk, 0),
        )
        for site in sites
    }


def _place(workflows: list[Workflow], now: datetime) -> int:
    room = rooms(now)
    _recall_placed(room)
    total = min(MOST, sum(room.values()))
    with_ready = _tallies([JobState.READY])
    workflows = [w for w in workflows if with_ready.get(w.pk)]
    if not total or not workflows:
        return 0
    in_flight = _tallies(list(AT_SITE))
    slots = sum(Site.objects.get(name=name).limit("running", 2) for name in room)
    queues: list[Queue] = []
    for workflow in workflows:
        if queues and workflow.priority < queues[-1].priority and sum(len(q.jobs) for q in queues) >= total:
            break
        blueprint = specs.blueprint(workflow.blueprint_id)
        jobs = Job.objects.filter(workflow=workflow, state=JobState.READY, site=None)
        due = jobs.filter(Q(not_before=None) | Q(not_before__lte=now)).order_by("rank", "pk")
        rows = list(due.values_list("pk", "avoid")[:total])
        queues.append(
            Queue(
                workflow=workflow.pk,
                priority=workflow.priority,
                share=max(workflow.share, 0.01),
                in_flight=in_flight.get(workflow.pk, 0),
                jobs=tuple(pk for pk, _ in rows),
                sites=tuple(blueprint.requests),
                most=slots if blueprint.depth_first else None,
                avoid={pk: tuple(avoid) for pk, avoid in rows if avoid},
            )
        )
    placed = place(queues, room)
    _assign(placed)
    return len(placed)


def _assign(placed: list[Placed]) -> None:
    by_site: dict[str, list[int]] = defaultdict(list)
    for item in placed:
        by_site[item.site].append(item.job)
    ids = dict(Site.objects.values_list("name", "pk"))
    for name, jobs in by_site.items():
        Job.objects.filter(pk__in=sorted(jobs), state=JobState.READY, site=None).update(site=ids[name])


def _recall_placed(room: dict[str, int]) -> None:
    """Jobs that wait for a site which went dark or was paused are free for another one."""
    Job.objects.filter(state=JobState.READY, site__isnull=False).exclude(site__name__in=list(room)).update(site=None)


def _tallies(states: list[JobState]) -> dict[int, int]:
    rows = Tally.objects.filter(kind="job", state__in=states, workflow__ended_at=None, n__gt=0)
    return dict(rows.values_list("workflow").annotate(total=Sum("n")).order_by())
