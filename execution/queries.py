"""The front door for reading: how far work is, which places there are, why a job is where it is.

Everything but `job_why` and `loads` comes from counters, workflows and open points, in a number of statements that
does not depend on how many jobs there are; those two read what an index holds ready.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count as CountRows
from django.db.models import QuerySet, Sum

from execution.core.rollup import Standing, WorkflowState, state_of
from execution.core.states import AT_SITE, InstanceState, JobState, Wish
from execution.core.target import Target
from execution.models import Job, OpenPoint, Site, SoftwareVersion, Tally, Workflow
from execution.why import Reason, job_why

__all__ = [
    "CampaignProgress",
    "Count",
    "PayloadProgress",
    "Point",
    "Reason",
    "SiteFacts",
    "SoftwareFacts",
    "Target",
    "counts",
    "counts_by_payload",
    "job_why",
    "loads",
    "progress",
    "progress_of",
    "sites",
    "software",
    "standings",
    "state_of_workflow",
    "states_of_workflows",
]

Part = tuple[str, int, str]
"""Campaign, run, payload."""

OPEN_INSTANCES = (InstanceState.WAITING, InstanceState.RUNNING)


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs or instances (`kind`) of a label are in a state."""

    kind: str
    label: str
    state: str
    n: int


@dataclass(frozen=True, slots=True)
class Point:
    """A discovering step; `upstream_finished` says that all which it waits for has come to an end."""

    step: str
    open: bool
    upstream_finished: bool


@dataclass(frozen=True, slots=True)
class PayloadProgress:
    """How far a payload is; `workflows` and counters are of complete workflows, `loading` are the others.

    `wish` is `stop` when all are to stop, `pause` when all others are paused. `stopped` says why, for each workflow
    that the failure policy ended. With an open point the counters read "at least".
    """

    wish: Wish
    workflows: int
    loading: int
    jobs: Counter[str]
    instances: Counter[str]
    stopped: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """Payload name -> how far it is; a payload of which nothing is stored yet is not there."""

    payloads: dict[str, PayloadProgress]


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A site as campaigns need to know it; None for what the site does not say of itself."""

    name: str
    driver: str
    shared: bool
    architecture: str
    memory_mb: int | None
    cpus: int | None
    features: tuple[str, ...]
    limits: Mapping[str, int]
    paused: bool
    trouble: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class SoftwareFacts:
    """A software version as campaigns need to know it."""

    name: str
    kind: str
    reference: str
    digest: str
    production: bool
    sites: tuple[str, ...]


def counts(target: Target) -> list[Count]:
    """Steps and states with their numbers, of all complete workflows of the target."""
    rows = Tally.objects.filter(workflow__in=_workflows(target).filter(loading=False))
    sums = rows.values_list("kind", "label", "state").annotate(n=Sum("n")).order_by("kind", "label", "state")
    return [Count(kind, label, state, n) for kind, label, state, n in sums if n]


def counts_by_payload(campaign: str, run: int) -> dict[str, list[Count]]:
    """The same for every payload of a run, in one statement."""
    rows = Tally.objects.filter(workflow__campaign=campaign, workflow__run=run, workflow__loading=False)
    found: dict[str, list[Count]] = defaultdict(list)
    columns = ("workflow__payload", "kind", "label", "state")
    for payload, kind, label, state, n in rows.values_list(*columns).annotate(n=Sum("n")).order_by(*columns):
        if n:
            found[payload].append(Count(kind, label, state, n))
    return dict(found)


def progress(campaign: str, run: int) -> CampaignProgress:
    """How far each payload of a run is; three statements."""
    return progress_of([(campaign, run)])[campaign, run]


def progress_of(runs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], CampaignProgress]:
    """The same for many runs of campaigns, in three statements for all of them."""
    wanted = set(runs)
    names = sorted({name for name, _ in wanted})
    workflows: dict[Part, list[Workflow]] = defaultdict(list)
    rows = Workflow.objects.filter(campaign__in=names).only("campaign", "run", "payload", "loading", "wish", "stopped")
    for workflow in rows.order_by("pk"):
        workflows[workflow.campaign, workflow.run, workflow.payload].append(workflow)
    tallies: dict[Part, list[Count]] = defaultdict(list)
    counted = Tally.objects.filter(workflow__campaign__in=names, workflow__loading=False).values_list(
        "workflow__campaign", "workflow__run", "workflow__payload", "kind", "label", "state"
    )
    for name, run, payload, kind, label, state, n in counted.annotate(n=Sum("n")).order_by():
        tallies[name, run, payload].append(Count(kind, label, state, n))
    points: dict[Part, list[OpenPoint]] = defaultdict(list)
    for point in OpenPoint.objects.filter(campaign__in=names).order_by("pk"):
        points[point.campaign, point.run, point.payload].append(point)
    found: dict[tuple[str, int], dict[str, PayloadProgress]] = {run: {} for run in wanted}
    for part in sorted({*workflows, *points}):
        name, run, payload = part
        if (name, run) in found:
            found[name, run][payload] = _payload(workflows[part], tallies[part], points[part])
    return {run: CampaignProgress(payloads) for run, payloads in found.items()}


def standings(workflows: Iterable[Workflow]) -> dict[int, Standing]:
    """What rolls up to the state of each workflow; one statement for all of them."""
    rows = list(workflows)
    tallied: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    counted = Tally.objects.filter(workflow__in=[row.pk for row in rows]).values_list("workflow", "kind", "state")
    for pk, kind, state, n in counted.annotate(n=Sum("n")).order_by():
        tallied[pk, kind][state] = n
    return {
        row.pk: Standing(
            wish=Wish(row.wish), stopped=row.stopped, loading=row.loading,
            jobs=tallied[row.pk, "job"], instances=tallied[row.pk, "instance"],
        )
        for row in rows
    }  # fmt: skip


def states_of_workflows(workflows: Iterable[Workflow]) -> dict[int, WorkflowState]:
    """The rolled-up state of each; one statement."""
    return {pk: state_of(standing) for pk, standing in standings(workflows).items()}


def state_of_workflow(workflow: Workflow) -> WorkflowState:
    """The rolled-up state of one."""
    return states_of_workflows([workflow])[workflow.pk]


def sites() -> list[SiteFacts]:
    """Every site, by name."""
    return [_site(row) for row in Site.objects.order_by("name")]


def software() -> list[SoftwareFacts]:
    """Every software version, by name."""
    return [
        SoftwareFacts(row.name, row.kind, row.reference, row.digest, row.production, tuple(sorted(row.sites)))
        for row in SoftwareVersion.objects.order_by("name")
    ]


def loads() -> dict[int, Counter[str]]:
    """Site id -> its jobs by state, `ready` ones being placed there; reads an index that holds only these jobs."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    placed = Job.objects.filter(site__isnull=False, state__in=[JobState.READY, *AT_SITE])
    for site, state, n in placed.values_list("site", "state").annotate(n=CountRows("pk")).order_by():
        found[site][state] = n
    return found


def _workflows(target: Target) -> QuerySet[Workflow]:
    rows = Workflow.objects.filter(campaign=target.campaign)
    if target.run is not None:
        rows = rows.filter(run=target.run)
    if target.payload:
        rows = rows.filter(payload=target.payload)
    return rows.filter(name=target.workflow) if target.workflow else rows


def _payload(workflows: list[Workflow], tallies: list[Count], points: list[OpenPoint]) -> PayloadProgress:
    by_kind: dict[str, Counter[str]] = {"job": Counter(), "instance": Counter()}
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for count in tallies:
        by_kind[count.kind][count.state] += count.n
        if count.kind == "instance":
            labels[count.label][count.state] += count.n
    finished = _finished_upstream(points, labels)
    return PayloadProgress(
        wish=_common_wish([Wish(row.wish) for row in workflows]),
        workflows=sum(not row.loading for row in workflows),
        loading=sum(row.loading for row in workflows),
        jobs=+by_kind["job"],
        instances=+by_kind["instance"],
        stopped=tuple(row.stopped for row in workflows if row.stopped),
        points=tuple(Point(point.step, point.open, point.step in finished) for point in points),
    )


def _common_wish(wishes: list[Wish]) -> Wish:
    going = [wish for wish in wishes if wish is not Wish.STOP]
    if wishes and not going:
        return Wish.STOP
    return Wish.PAUSE if going and all(wish is Wish.PAUSE for wish in going) else Wish.RUN


def _finished_upstream(points: list[OpenPoint], labels: Mapping[str, Counter[str]]) -> set[str]:
    """The points of which all that they wait for has come to an end.

    A step without any instance may lie below another point and get its instances when that one is closed: it is waited
    for as long as there is an open point that does not depend on such a step itself.
    """
    still_open = {point.step for point in points if point.open}
    unknown = {point.step for point in points if any(not labels[label] for label in point.waits_for)}
    finished = set()
    for point in points:
        others = still_open - {point.step}
        busy = any(labels[label][state] for label in point.waits_for for state in OPEN_INSTANCES)
        above = others.intersection(point.waits_for)
        if not (busy or above or (point.step in unknown and others - unknown)):
            finished.add(point.step)
    return finished


def _site(row: Site) -> SiteFacts:
    offers = row.offers
    return SiteFacts(
        name=row.name, driver=row.driver, shared=row.shared, architecture=offers.get("architecture", ""),
        memory_mb=offers.get("memory"), cpus=offers.get("cpus"), features=tuple(offers.get("features", ())),
        limits=row.limits, paused=row.paused, trouble=row.trouble, seen_at=row.seen_at,
    )  # fmt: skip
