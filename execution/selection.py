"""Choosing jobs and step instances for a list: the counters say where the wanted rows are before any row is looked at.

Where few rows are wanted they are taken from the index by workflow, label and state; where there are many, a walk down
the primary key meets enough of them at once, kept within the ids of the workflows concerned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import F, Model, Q, QuerySet, Sum

from bpsportal.web.access import Narrowing, visible
from execution.core.workflow import MAX_JOBS
from execution.models import Attempt, Job, StepInstance, Tally, Workflow

FEW = 2_000
"""Up to so many rows are sorted after the index found them."""
MANY_WORKFLOWS = 20
"""From so many on, the ids of step instances are not narrowed."""

User = AbstractBaseUser | AnonymousUser
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to; empty parts are not. `workflow` holds conditions on the workflow's own columns."""

    workflow: Mapping[str, Any]
    labels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is anything to narrow by."""
        return bool(self.workflow or self.labels or self.states)


def workflows_for(user: User) -> QuerySet[Workflow]:
    """The workflows that the user may see."""
    return Workflow.objects.filter(visible(user).q(program="program", campaign="campaign"))


def jobs_for(user: User) -> QuerySet[Job]:
    """The jobs that the user may see."""
    return _of_workflows(Job.objects.all(), visible(user)).select_related("workflow", "site")


def instances_for(user: User) -> QuerySet[StepInstance]:
    """The step instances that the user may see."""
    return _of_workflows(StepInstance.objects.all(), visible(user)).select_related("workflow", "job")


def attempts_for(user: User) -> QuerySet[Attempt]:
    """The attempts that the user may see."""
    condition = visible(user).q(program="job__workflow__program", campaign="job__workflow__campaign")
    return Attempt.objects.filter(condition).select_related("job", "job__workflow", "site")


def pick_jobs(rows: QuerySet[Job], asked: Asked) -> QuerySet[Job]:
    """Those of the jobs that are asked for."""
    return _pick(rows, "job", "label", asked)


def pick_instances(rows: QuerySet[StepInstance], asked: Asked, image: Mapping[str, Any]) -> QuerySet[StepInstance]:
    """Those of the step instances that are asked for; with an exposure the index by image finds them."""
    if image.get("exposure") is None:
        return _pick(rows, "instance", "step", asked).filter(**image)
    rows = rows.filter(**image)
    if asked.labels:
        rows = rows.filter(step__in=asked.labels)
    if asked.states:
        rows = rows.filter(state__in=asked.states)
    if not asked.workflow:
        return rows
    return _apart_from_index(rows).filter(of__in=Workflow.objects.filter(**asked.workflow).values("pk"))


def how_many(kind: str, user: User, asked: Asked) -> int:
    """How many jobs or instances (`kind`) are asked for, from the counters."""
    mine = visible(user).q(program="workflow__program", campaign="workflow__campaign")
    return _tallies(kind, asked).filter(mine).aggregate(total=Sum("n"))["total"] or 0


def _of_workflows(rows: QuerySet[M], narrowing: Narrowing) -> QuerySet[M]:
    return rows.filter(narrowing.q(program="workflow__program", campaign="workflow__campaign"))


def _tallies(kind: str, asked: Asked) -> QuerySet[Tally]:
    rows = Tally.objects.filter(
        kind=kind, n__gt=0, **{f"workflow__{key}": value for key, value in asked.workflow.items()}
    )
    if asked.labels:
        rows = rows.filter(label__in=asked.labels)
    return rows.filter(state__in=asked.states) if asked.states else rows


def _pick(rows: QuerySet[Any], kind: str, label: str, asked: Asked) -> QuerySet[Any]:
    if not asked.anything:
        return rows
    found = list(_tallies(kind, asked).values_list("workflow", "label").annotate(total=Sum("n")).order_by())
    if not found:
        return rows.none()
    workflows = sorted({workflow for workflow, _, _ in found})
    if asked.states:
        rows = rows.filter(state__in=asked.states)
    if sum(total for _, _, total in found) <= FEW:
        return rows.filter(workflow_id__in=workflows, **{f"{label}__in": sorted({name for _, name, _ in found})})
    if asked.labels:
        rows = rows.filter(**{f"{label}__in": asked.labels})
    if not asked.workflow:
        return rows
    return _apart_from_index(rows).filter(_span(kind, workflows), of__in=workflows)


def _apart_from_index(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With `of`, the workflow as a value that no index is of: another index, or the key, is to lead."""
    return rows.alias(of=F("workflow_id") + 0)


def _span(kind: str, workflows: list[int]) -> Q:
    """Between which ids the rows of these workflows lie, as far as that can be told cheaply."""
    firsts = list(Workflow.objects.filter(pk__in=workflows).values_list("first_job", flat=True))
    if kind == "job":
        return Q(pk__gte=min(firsts), pk__lte=max(firsts) + MAX_JOBS)
    if len(workflows) > MANY_WORKFLOWS:
        return Q()
    ends = [end for first in firsts for end in _ends(first)]
    return Q(pk__gte=min(ends), pk__lte=max(ends)) if ends else Q()


def _ends(first_job: int) -> list[int]:
    """First and last instance of a workflow: its jobs have ids in a row, and instances are stored in their order."""
    there = StepInstance.objects.filter(job_id__gte=first_job, job_id__lte=first_job + MAX_JOBS)
    first = there.order_by("job_id", "pk").values_list("pk", flat=True).first()
    last = there.order_by("-job_id", "-pk").values_list("pk", flat=True).first()
    return [pk for pk in (first, last) if pk is not None]
