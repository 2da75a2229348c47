"""What an administrator may set right by hand, one job at a time, by the same tables as all else, with a reason."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import Invalid, Missing, NotAllowed, Problem
from execution.core.states import AT_SITE, JOB, InstanceState, JobState, Wish
from execution.lease import take
from execution.models import Attempt, Job
from execution.moves import Deltas, instances_of, move, move_instances
from execution.settle import Ending, settle
from provenance import ledger
from provenance.core.events import EventKind


@dataclass(frozen=True, slots=True)
class Fix:
    """`states`: the job states in which it may be done; `warning`: what to be sure of before."""

    title: str
    states: tuple[JobState, ...]
    warning: str
    do: Callable[[Job, str, str], None]


def fix(job_id: int, name: str, *, actor: str, why: str) -> None:
    """Do one of FIXES to a job and record it; raises Missing, NotAllowed with what may be done instead, Invalid."""
    job = Job.objects.select_related("workflow", "site").filter(pk=job_id).first()
    if job is None:
        raise Missing("job", job_id)
    if name not in FIXES:
        raise Missing("fix", name)
    if not why.strip():
        raise Invalid([Problem("why", "say why; the ledger keeps the reason")])
    if job.state not in FIXES[name].states:
        raise NotAllowed(job.state, name, possible(job), f"job {job}")
    FIXES[name].do(job, actor, why.strip()[:300])


def possible(job: Job) -> list[str]:
    """What may be done to a job in its present state."""
    return [name for name, each in FIXES.items() if job.state in each.states]


def _accept(job: Job, actor: str, why: str) -> None:
    _finish(job, JobState.ACCEPTED, actor, why)


def _reject(job: Job, actor: str, why: str) -> None:
    _finish(job, JobState.REJECTED, actor, why)


def _finish(job: Job, to: JobState, actor: str, why: str) -> None:
    with transaction.atomic():
        deltas = Deltas()
        moved = move([job.pk], to, now=timezone.now(), deltas=deltas, fields={"why": f"{actor}: {why}"[:300]})
        _require(moved, job, to)
        deltas.write()
        _record(job, to.value, actor, why)


def _retry(job: Job, actor: str, why: str) -> None:
    workflow = job.workflow
    if workflow.ended_at is not None or workflow.stopped or workflow.wish == Wish.STOP:
        raise NotAllowed("ended", "retry", ["accept", "reject"], f"the workflow of job {job}")
    with transaction.atomic():
        deltas = Deltas()
        fields = {"why": f"{actor}: {why}"[:300], "site": None, "not_before": None}
        moved = move([job.pk], JobState.READY, now=timezone.now(), deltas=deltas, fields=fields)
        _require(moved, job, JobState.READY)
        again = instances_of(moved, [InstanceState.FAILED, InstanceState.PRUNED])
        back = move_instances(again, InstanceState.WAITING, deltas=deltas)
        deltas.write()
        _record(job, "retry", actor, why)
        revived = [(row.step, row.exposure, row.detector) for row in back if row.former == InstanceState.PRUNED]
        if revived:
            ledger.revived(campaign=workflow.campaign, run=workflow.run, payload=workflow.payload, instances=revived)


def _release(job: Job, actor: str, why: str) -> None:
    attempt = Attempt.objects.select_related("site", "job", "job__workflow").filter(job=job, is_open=True).first()
    if attempt is None:
        raise NotAllowed(job.state, "release", ["wait for the next pass"], f"job {job}, which has no open attempt,")
    now = timezone.now()
    lease = take(f"site:{attempt.site.name}", now)
    if lease is None:
        raise NotAllowed("being worked on", "release", ["try again in a moment"], f"site {attempt.site.name}")
    try:
        message = f"declared lost by {actor}: {why}"[:500]
        settle(lease, [Ending(attempt, cause="lost", message=message, ended_at=now)], now)
        with transaction.atomic():
            _record(job, "release", actor, why)
    finally:
        lease.release(timezone.now())


def _require(moved: set[int], job: Job, to: JobState) -> None:
    """Raise NotAllowed when somebody else moved the job in between."""
    if job.pk not in moved:
        state = JobState(Job.objects.values_list("state", flat=True).get(pk=job.pk))
        raise NotAllowed(state, to, sorted(JOB.moves[state]), f"job {job}")


def _record(job: Job, what: str, actor: str, why: str) -> None:
    workflow = job.workflow
    ledger.record(
        EventKind.ADMIN_FIXED, actor=actor, campaign=workflow.campaign, run=workflow.run, workflow=workflow.name,
        job=job.pk, why=why, details={"subject": f"job {job} ({what})", "fix": what},
    )  # fmt: skip


FIXES: dict[str, Fix] = {
    "accept": Fix(
        "Accept",
        (JobState.FAILED,),
        "The failure is accepted: what the job did not make stays missing, and nobody tries it again.",
        _accept,
    ),
    "reject": Fix(
        "Reject",
        (JobState.FAILED,),
        "The failure is final: what the job made stays, and nobody tries it again.",
        _reject,
    ),
    "retry": Fix(
        "Try again",
        (JobState.FAILED,),
        "The job gets one more attempt at what it has not made. Jobs below it that ran without its outputs, or were "
        "pruned, stay as they are.",
        _retry,
    ),
    "release": Fix(
        "Declare its attempt lost",
        AT_SITE,
        "Be sure that the batch system does not have it any more: a job that still runs there would run twice. The "
        "attempt is closed as lost, and the retry rules decide what follows.",
        _release,
    ),
}
