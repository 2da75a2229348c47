"""The front door for new work: store a planned workflow, let it count, extend it below a discovering step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from execution import specs
from execution.bulk import insert, reserve
from execution.core.states import InstanceState, JobState
from execution.core.target import Target
from execution.core.workflow import MAX_JOBS, text_of
from execution.core.workflow import Job as PlannedJob
from execution.core.workflow import Workflow as Planned
from execution.models import Edge, Job, JobChunk, OpenPoint, StepInstance, Tally, Workflow
from execution.moves import Deltas
from provenance import ledger
from provenance.core.events import EventKind

JOB_COLUMNS = (
    "id",
    "workflow_id",
    "number",
    "label",
    "rank",
    "state",
    "state_at",
    "parents_left",
    "instances",
    "chunk",
    "place",
    "doubt",
    "counted",
    "attempts",
    "payload_failures",
    "avoid",
    "why",
)
INSTANCE_COLUMNS = ("id", "job_id", "workflow_id", "step", "data_id", "exposure", "detector", "state")


class AlreadyExtended(Exception):
    """The open point was closed by somebody else; what was loaded for it is to be discarded."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `start` stored."""

    name: str
    jobs: int
    instances: int


def start(planned: Planned, *, program: str = "") -> Loaded:
    """Store a workflow as `loading`: complete as rows, but nothing of it may run before `complete`.

    Written in chunks of `specs.CHUNK` jobs, a transaction each. A loading workflow of the same name, left by a
    planner that
    died, is deleted first. Parents may lie in workflows of the same payload and point that were stored before.
    """
    blueprint, now = planned.blueprint, timezone.now()
    digest = specs.store_blueprint(blueprint)
    with transaction.atomic():
        _delete(Workflow.objects.filter(name=planned.name, loading=True))
        row = Workflow.objects.create(
            name=planned.name,
            campaign=blueprint.campaign,
            run=blueprint.run,
            payload=blueprint.payload,
            point=planned.point,
            program=program,
            blueprint_id=digest,
            priority=planned.priority,
            share=planned.share,
            first_job=reserve("job", MAX_JOBS + 1),
            first_number=-1,
        )
    loader = _Loader(row, planned, now)
    for number, jobs in enumerate(_chunks(planned.jobs)):
        with transaction.atomic():
            loader.load(number, jobs)
    return Loaded(planned.name, loader.jobs, loader.instances)


def complete(target: Target, *, points: Mapping[str, Sequence[str]] | None = None, closes: str = "") -> None:
    """Let the loading workflows of a payload count: their jobs may run from now on. One transaction, once.

    `points` are discovering steps whose lower part is still to be generated, with the steps each waits for.
    `closes` names
    the point that this part was generated for; raises AlreadyExtended where it was closed before.
    """
    loading = _of_payload(target).filter(loading=True, point=closes)
    ids = list(loading.values_list("pk", flat=True))
    blueprints = list(loading.values_list("blueprint_id", flat=True))
    planned = StepInstance.objects.filter(workflow_id__in=ids)
    steps = dict(planned.order_by().values_list("step").annotate(n=Count("pk")))
    images = list(planned.order_by().values_list("exposure", "detector").annotate(n=Count("pk")))
    where: dict[str, Any] = {"campaign": target.campaign, "run": target.run or 0, "payload": target.payload}
    with transaction.atomic():
        if closes:
            closed = OpenPoint.objects.filter(**where, step=closes, open=True).update(
                open=False, closed_at=timezone.now()
            )
            if not closed:
                raise AlreadyExtended(closes)
        loading.update(loading=False)
        for step, waits_for in (points or {}).items():
            OpenPoint.objects.get_or_create(**where, step=step, defaults={"waits_for": list(waits_for)})
        for digest in set(blueprints):
            ledger.describe_recipes(dict(specs.recipes(digest)))
        kind = EventKind.WORKFLOW_EXTENDED if closes else EventKind.WORKFLOW_LOADED
        details = {"workflows": len(ids), "payload": target.payload, "instances": sum(steps.values())}
        name = f"{target.campaign}/r{where['run']}/{target.payload}"
        ledger.record(
            kind,
            actor="portal",
            campaign=target.campaign,
            run=where["run"],
            workflow=name,
            step=closes,
            details=details,
        )
        ledger.planned(**where, steps=steps, images=images)


def discard(target: Target) -> None:
    """Delete what is still loading of a payload."""
    for pk in _of_payload(target).filter(loading=True).values_list("pk", flat=True):
        with transaction.atomic():
            _delete(Workflow.objects.filter(pk=pk, loading=True))


def _of_payload(target: Target) -> Any:
    return Workflow.objects.filter(campaign=target.campaign, run=target.run or 0, payload=target.payload)


def _chunks(jobs: Iterator[PlannedJob]) -> Iterator[list[PlannedJob]]:
    while chunk := list(islice(jobs, specs.CHUNK)):
        yield chunk


def _delete(workflows: Any) -> None:
    for pk, first in workflows.values_list("pk", "first_job"):
        Edge.objects.filter(child__gte=first, child__lt=first + MAX_JOBS + 1).delete()
        for model in (StepInstance, Job, JobChunk, Tally):
            rows = model.objects.filter(workflow_id=pk)
            rows._raw_delete(rows.db)
        Workflow.objects.filter(pk=pk).delete()


class _Loader:
    """Writes the chunks of one workflow; knows where the jobs of the payload's earlier workflows have their rows."""

    def __init__(self, row: Workflow, planned: Planned, now: datetime) -> None:
        self.row, self.planned, self.now = row, planned, now
        self.jobs = self.instances = 0
        self.spans: list[tuple[int, int]] = []
        blueprint = planned.blueprint
        self.labels = [step.label for step in blueprint.steps]
        self.dimensions = [step.dimensions for step in blueprint.steps]
        self.axes = [tuple(_position(d, name) for name in ("exposure", "detector")) for d in self.dimensions]

    def load(self, number: int, jobs: list[PlannedJob]) -> None:
        if number == 0:
            self._begin(jobs[0].number)
        first_instance = reserve("instance", sum(len(job.instances) for job in jobs))
        body, digest = specs.encode(jobs, first_instance)
        JobChunk.objects.create(workflow=self.row, number=number, body=body, digest=digest)
        deltas = Deltas()
        insert(Job, JOB_COLUMNS, self._job_rows(number, jobs, deltas))
        insert(StepInstance, INSTANCE_COLUMNS, self._instance_rows(jobs, first_instance, deltas))
        insert(Edge, ("parent", "child"), [(self._id(p), self._id(job.number)) for job in jobs for p in job.parents])
        deltas.write()
        self.jobs += len(jobs)
        self.instances += sum(len(job.instances) for job in jobs)
        if self.jobs > MAX_JOBS:
            raise ValueError(f"{self.row.name}: a workflow has at most {MAX_JOBS} jobs")
        Workflow.objects.filter(pk=self.row.pk).update(jobs=self.jobs, instances=self.instances)

    def _begin(self, first_number: int) -> None:
        row = self.row
        Workflow.objects.filter(pk=row.pk).update(first_number=first_number)
        row.first_number = first_number
        same = Workflow.objects.filter(campaign=row.campaign, run=row.run, payload=row.payload, point=row.point)
        spans = same.filter(first_number__lte=first_number).exclude(first_number=-1).order_by("-first_number")
        self.spans = list(spans.values_list("first_number", "first_job"))

    def _id(self, number: int) -> int:
        for first_number, first_job in self.spans:
            if number >= first_number:
                return first_job + number - first_number
        raise ValueError(f"job {number} is a parent but was not stored before its child")

    def _job_rows(self, chunk: int, jobs: list[PlannedJob], deltas: Deltas) -> Iterator[tuple[Any, ...]]:
        for place, job in enumerate(jobs):
            deltas.add(self.row.pk, "job", job.label, JobState.WAITING.value, 1)
            yield (
                self._id(job.number),
                self.row.pk,
                job.number,
                job.label,
                job.rank,
                JobState.WAITING.value,
                self.now,
                len(job.parents),
                len(job.instances),
                chunk,
                place,
                False,
                False,
                0,
                0,
                "[]",
                "",
            )

    def _instance_rows(self, jobs: list[PlannedJob], first: int, deltas: Deltas) -> Iterator[tuple[Any, ...]]:
        pk, waiting, workflow = first, InstanceState.WAITING.value, self.row.pk
        for job in jobs:
            job_id = self._id(job.number)
            for _, step, data_id, _ in job.instances:
                exposure, detector = (data_id[axis] if axis is not None else None for axis in self.axes[step])
                text = text_of(self.dimensions[step], data_id)
                deltas.add(workflow, "instance", self.labels[step], waiting, 1)
                yield (pk, job_id, workflow, self.labels[step], text, exposure, detector, waiting)
                pk += 1


def _position(dimensions: tuple[str, ...], name: str) -> int | None:
    return dimensions.index(name) if name in dimensions else None
