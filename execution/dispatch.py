"""Dispatch: placed jobs become attempts, are written to the site and submitted, each with a receipt before and after.

The token is in the database before anything is sent, and it is the job's name at the site. Whatever dies in
between, `poll`
finds the attempt by its token: adopted when the site knows it, ready again when two sources say that it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from execution import bulk, failures, specs
from execution.core.errors import Rejected
from execution.core.naming import attempt_directory, new_token
from execution.core.script import Batch, BatchJob
from execution.core.states import JobState, Wish
from execution.jobfile import Builder, JobFile, Unbuildable
from execution.lease import Held
from execution.models import Attempt, Job, Workflow
from execution.moves import Deltas, move
from execution.site import SiteClient

MOST = 200
"""Jobs sent in one go."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A job about to be submitted, with the attempt that was opened for it."""

    job: Job
    attempt: Attempt


def run(client: SiteClient, lease: Held) -> int:
    """Submit what is placed at the site, at most MOST jobs; returns how many went out. Raises SiteError, LeaseLost."""
    if client.site.paused:
        return 0
    intents = _intend(client, lease)
    if not intents:
        return 0
    with client.journal.step("dispatch", {i.job.workflow for i in intents}):
        return _send(client, lease, intents)


def _intend(client: SiteClient, lease: Held) -> list[Intent]:
    """One transaction: ready becomes submitting, each with an open attempt. Nothing of a workflow that is not
    to run.
    """
    now = timezone.now()
    placed = Job.objects.filter(site=client.site, state=JobState.READY).select_related("workflow")
    jobs = list(placed.order_by("-workflow__priority", "workflow_id", "rank", "pk")[:MOST])
    if not jobs:
        return []
    with lease.writing(now):
        going = set(_going({job.workflow_id for job in jobs}, lock=True))
        deltas = Deltas()
        free = [job.pk for job in jobs if job.workflow_id not in going]
        Job.objects.filter(pk__in=free, state=JobState.READY).update(site=None)
        chosen = [job for job in jobs if job.workflow_id in going]
        fields = {"attempts": F("attempts") + 1, "not_before": None, "why": ""}
        moved = move([job.pk for job in chosen], JobState.SUBMITTING, now=now, deltas=deltas, fields=fields)
        intents = [_intent(client, job, now) for job in chosen if job.pk in moved]
        Attempt.objects.bulk_create([intent.attempt for intent in intents])
        deltas.write()
    return intents


def _intent(client: SiteClient, job: Job, now: datetime) -> Intent:
    token = new_token()
    job.attempts += 1
    directory = attempt_directory(client.workdir, token)
    attempt = Attempt(
        job=job, number=job.attempts, token=token, site=client.site, directory=directory, intended_at=now, evidence={}
    )
    return Intent(job, attempt)


def _going(workflows: set[int], *, lock: bool = False) -> list[int]:
    rows = Workflow.objects.filter(pk__in=workflows, wish=Wish.RUN, stopped="", loading=False).order_by("pk")
    return list((rows.select_for_update() if lock else rows).values_list("pk", flat=True))


def _send(client: SiteClient, lease: Held, intents: Sequence[Intent]) -> int:
    builder = Builder(client.site, client.workdir, [i.job for i in intents])
    built: list[tuple[Intent, JobFile]] = []
    broken: list[tuple[Attempt, str]] = []
    for intent in intents:
        try:
            built.append((intent, builder.build(intent.job, intent.attempt.token)))
        except Unbuildable as why:
            broken.append((intent.attempt, str(why)))
        except Exception as bug:
            broken.append((intent.attempt, f"{type(bug).__name__}: {bug}"))
    going = set(_going({intent.job.workflow_id for intent, _ in built}))
    unwanted = [intent.attempt for intent, _ in built if intent.job.workflow_id not in going]
    failures.withdraw(lease, unwanted, "paused or terminated before it was sent")
    failures.refuse(lease, broken, cause="portal")
    wanted = [(intent, file) for intent, file in built if intent.job.workflow_id in going]
    if not wanted:
        return 0
    client.write({f"{file.directory}/job.json": file.body for _, file in wanted})
    batch = Batch(tuple(_batch_job(intent.job, file) for intent, file in wanted))
    try:
        ids = client.call(client.driver.submit(batch, client.place))
    except Rejected as refusal:
        at_fault = set(refusal.tokens) or {file.token for _, file in wanted}
        refused = [(intent.attempt, str(refusal)) for intent, file in wanted if file.token in at_fault]
        failures.refuse(lease, refused, cause="rejected")
        return 0
    _accept(lease, [intent for intent, _ in wanted], [str(batch_id) for batch_id in ids])
    return len(wanted)


def _batch_job(job: Job, file: JobFile) -> BatchJob:
    request = file.request
    return BatchJob(
        token=file.token,
        directory=file.directory,
        priority=job.workflow.priority,
        rank=job.rank,
        cpus=request.cpus,
        memory_mb=request.memory_mb,
        disk_mb=request.disk_mb,
        walltime_s=request.walltime_s,
        queue=request.queue,
        account=request.account,
        avoid_nodes=specs.blueprint(job.workflow.blueprint_id).avoid_nodes,
    )


def _accept(lease: Held, intents: Sequence[Intent], ids: Sequence[str]) -> None:
    now = timezone.now()
    with lease.writing(now):
        deltas = Deltas()
        move([intent.job.pk for intent in intents], JobState.QUEUED, now=now, deltas=deltas)
        rows = [(intent.attempt.pk, batch_id, now) for intent, batch_id in zip(intents, ids, strict=True)]
        bulk.update(Attempt, ["batch_id", "accepted_at"], rows)
        deltas.write()
