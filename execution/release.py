"""Release: what a finished job sets free, what can never run any more, and what a stopped workflow gives up."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Sum

from execution import specs
from execution.core.readiness import runnable
from execution.core.states import UNFINISHED, InstanceState, JobState, Wish
from execution.core.workflow import Input, text_of
from execution.models import Edge, Job, StepInstance, Tally, Workflow
from execution.moves import Deltas, Moved, instances_of, move, move_instances
from provenance import ledger, queries

BATCH = 2_000


def finish(jobs: Iterable[int], *, incomplete: Iterable[int] = ()) -> None:
    """Tell the children that these jobs have finished; those of `incomplete` ones must look at their inputs before
    they run.

    Counted once for each job, however often it finishes. Runs in the caller's transaction, after the move.
    """
    fresh = list(Job.objects.filter(pk__in=list(jobs), counted=False).values_list("pk", flat=True))
    if not fresh:
        return
    Job.objects.filter(pk__in=fresh).update(counted=True)
    below = Edge.objects.filter(parent__in=fresh)
    if connection.features.has_select_for_update:
        children = Job.objects.filter(pk__in=below.values("child"))
        list(children.select_for_update().order_by("pk").values_list("pk"))
    doubtful = sorted(set(fresh).intersection(incomplete))
    if doubtful:
        Job.objects.filter(pk__in=Edge.objects.filter(parent__in=doubtful).values("child")).update(doubt=True)
    job, edge = Job._meta.db_table, Edge._meta.db_table
    places = ", ".join(["%s"] * len(fresh))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {job} SET parents_left = parents_left - done.n FROM "  # noqa: S608
            f"(SELECT child, COUNT(*) AS n FROM {edge} WHERE parent IN ({places}) GROUP BY child) AS done "
            f"WHERE {job}.id = done.child",
            fresh,
        )


def release(workflows: Sequence[int], now: datetime) -> int:
    """Make the jobs ready whose parents have all finished, prune what can never run; returns how many jobs moved."""
    moved = 0
    while True:
        free = Job.objects.filter(workflow_id__in=workflows, state=JobState.WAITING, parents_left=0)
        rows = list(free.values_list("pk", "doubt", "instances")[:BATCH])
        if not rows:
            return moved
        with transaction.atomic():
            done = _release_sure([row for row in rows if not row[1]], now)
            done += _release_doubtful([row[0] for row in rows if row[1]], now)
        if not done:
            return moved
        moved += done


def give_up(workflow: Workflow, now: datetime) -> int:
    """Cancel what has not gone out of a workflow that is stopped, a batch of it; returns how many jobs that were."""
    waiting = Job.objects.filter(workflow=workflow, state__in=[JobState.WAITING, JobState.READY]).values_list(
        "pk", flat=True
    )
    why = (workflow.stopped or workflow.wish_why or "terminated")[:300]
    with transaction.atomic():
        deltas = Deltas()
        moved = move(waiting[:BATCH], JobState.CANCELLED, now=now, deltas=deltas, fields={"why": why, "site": None})
        gone = instances_of(moved, [InstanceState.WAITING, InstanceState.RUNNING])
        unrun = move_instances(gone, InstanceState.CANCELLED, deltas=deltas)
        deltas.write()
        record_unrun(workflow, unrun)
    return len(moved)


def record_unrun(workflow: Workflow, moved: Iterable[Moved]) -> None:
    """Keep in the ledger that these step instances, of which there is no execution, will never run."""
    rows = [(row.step, row.exposure, row.detector) for row in moved]
    if rows:
        ledger.unrun(campaign=workflow.campaign, run=workflow.run, payload=workflow.payload, instances=rows)


def end_workflows(now: datetime) -> int:
    """Note the end of workflows that have nothing unfinished left; they drop out of every later pass."""
    open_ones = Workflow.objects.filter(ended_at=None, loading=False)
    unfinished = Tally.objects.filter(workflow__ended_at=None, workflow__loading=False, kind="job")
    left = (
        unfinished.filter(state__in=[s.value for s in UNFINISHED])
        .values("workflow")
        .annotate(n=Sum("n"))
        .filter(n__gt=0)
    )
    return open_ones.exclude(pk__in=left.values("workflow")).update(ended_at=now)


def _release_sure(rows: Sequence[tuple[int, bool, int]], now: datetime) -> int:
    if not rows:
        return 0
    deltas = Deltas()
    ready = move([row[0] for row in rows], JobState.READY, now=now, deltas=deltas)
    barriers = ready.intersection(row[0] for row in rows if row[2] == 0)
    finish(move(barriers, JobState.SUCCEEDED, now=now, deltas=deltas))
    deltas.write()
    return len(ready)


def _release_doubtful(ids: Sequence[int], now: datetime) -> int:
    """Jobs with a parent that did not make everything: run what can run, prune the rest."""
    deltas = Deltas()
    jobs = list(Job.objects.filter(pk__in=ids).select_related("workflow").order_by("pk"))
    ready: list[int] = []
    pruned: list[int] = []
    barriers: list[int] = []
    unrun: list[tuple[Workflow, list[Moved]]] = []
    for job in jobs:
        if not job.instances:
            barriers.append(job.pk)
            continue
        lost = unrunnable(job)
        if lost:
            unrun.append((job.workflow, move_instances(lost, InstanceState.PRUNED, deltas=deltas)))
        some = StepInstance.objects.filter(job=job, state=InstanceState.WAITING).exists()
        (ready if some else pruned).append(job.pk)
    moved = move([*ready, *barriers], JobState.READY, now=now, deltas=deltas)
    finished = move(barriers, JobState.SUCCEEDED, now=now, deltas=deltas)
    why = "nothing of it could run: its inputs were not made"
    finished |= move(pruned, JobState.PRUNED, now=now, deltas=deltas, fields={"why": why})
    finish(finished, incomplete=finished)
    deltas.write()
    for workflow, instances in unrun:
        record_unrun(workflow, instances)
    return len(moved | finished)


def unrunnable(job: Job) -> list[int]:
    """Row ids of the job's unfinished step instances whose least inputs will never be there."""
    blueprint = specs.blueprint(job.workflow.blueprint_id)
    unfinished = StepInstance.objects.filter(job=job, state__in=[InstanceState.WAITING, InstanceState.RUNNING])
    left = set(unfinished.values_list("pk", flat=True))
    instances = [i for i in specs.instances(job.workflow_id, job.chunk, job.place) if i.id in left]
    exists = existing(job.workflow, [i for instance in instances for i in instance.inputs])
    can = runnable(instances, blueprint.steps, lambda i: key_of(blueprint.types, i) in exists)
    return [instance.id for instance in instances if instance.number not in can]


def existing(workflow: Workflow, inputs: Iterable[Input]) -> set[tuple[str, str]]:
    """Those of the inputs, as (type, data ID), that the campaign has made and that are there."""
    types = specs.blueprint(workflow.blueprint_id).types
    keys = sorted({key_of(types, i) for i in inputs if not i.dataset})
    return queries.existing(workflow.campaign, workflow.run, workflow.payload, keys)


def key_of(types: Mapping[str, tuple[str, ...]], item: Input) -> tuple[str, str]:
    """(type, canonical data ID) of an input."""
    return item.type, text_of(types[item.type], item.data_id)


def stopping() -> list[Workflow]:
    """Open workflows that a person or the failure policy stopped."""
    open_ones = Workflow.objects.filter(ended_at=None, loading=False)
    return list(open_ones.filter(wish=Wish.STOP) | open_ones.exclude(stopped=""))
