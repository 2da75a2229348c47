"""Why a job is where it is: every reason that holds now, in words, with since when it has held."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from bpsportal.web.errors import Missing
from execution.core.states import UNFINISHED, JobState, Wish
from execution.models import Attempt, Edge, Job
from execution.obstacles import obstacles

MOST_PARENTS = 10_000
"""Parents looked at; a job with more has a barrier between (architecture, 9)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence, and since when it has been true if that is known."""

    text: str
    since: datetime | None = None


def job_why(job_id: int) -> list[Reason]:
    """Every reason why the job is not further than it is, the one that decides first; raises Missing.

    The number of statements depends on the job's state and on how many sites it may use, never on the campaign's size.
    """
    job = Job.objects.select_related("workflow", "site").filter(pk=job_id).first()
    if job is None:
        raise Missing("job", job_id)
    attempt = Attempt.objects.filter(job=job).order_by("-number").first() if job.attempts else None
    state = JobState(job.state)
    reasons = list(_of_workflow(job)) if state in (JobState.WAITING, JobState.READY) else []
    reasons += BY_STATE[state](job, attempt)
    if state in UNFINISHED and job.doubt:
        reasons.append(
            Reason("a parent did not make all that it should: the inputs are looked at before it runs", job.state_at)
        )
    return reasons


def _of_workflow(job: Job) -> Iterator[Reason]:
    workflow = job.workflow
    if workflow.loading:
        yield Reason(
            "its workflow is still being stored; nothing of it starts before it is complete", workflow.created_at
        )
    if workflow.stopped:
        yield Reason(f"its workflow was stopped by the failure policy: {workflow.stopped}", job.state_at)
    words = {Wish.PAUSE: "paused", Wish.STOP: "terminated"}
    if workflow.wish in words:
        by = f" by {workflow.wish_by}" if workflow.wish_by else ""
        why = f": {workflow.wish_why}" if workflow.wish_why else ""
        yield Reason(f"its workflow was {words[Wish(workflow.wish)]}{by}{why}", workflow.wish_at)


def _waiting(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    if not job.parents_left:
        yield Reason("all its parents have finished: it becomes ready with the next pass", job.state_at)
        return
    above = Edge.objects.filter(child=job.pk).values_list("parent", flat=True)[:MOST_PARENTS]
    parents = Job.objects.filter(pk__in=list(above))
    left: Counter[tuple[str, str]] = Counter(parents.filter(state__in=UNFINISHED).values_list("label", "state"))
    parts = ", ".join(f"{n} {label} {state}" for (label, state), n in sorted(left.items()))
    noun = "parent" if job.parents_left == 1 else "parents"
    yield Reason(f"waits for {job.parents_left} {noun}" + (f": {parts}" if parts else ""), job.state_at)


def _ready(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    now = timezone.now()
    if job.not_before and job.not_before > now:
        yield Reason(
            f"attempt {job.attempts + 1} follows at {_clock(job.not_before)}, after: {_outcome(attempt)}", job.state_at
        )
    elif attempt and attempt.outcome:
        yield Reason(f"is to be tried again, attempt {job.attempts + 1}, after: {_outcome(attempt)}", job.state_at)
    found = obstacles(job, now)
    if job.site:
        hindered = [each for each in found if each.site == job.site.name and each.text]
        yield Reason(f"placed at {job.site.name}, is submitted with that site's next pass", job.state_at)
        yield from (Reason(f"{each.site}: {each.text}", each.since) for each in hindered)
        return
    if not found:
        yield Reason("its workflow allows no site", job.state_at)
    yield from (Reason(f"{each.site}: {each.text}", each.since) for each in found if each.text)
    free = [each.site for each in found if not each.text]
    if free:
        yield Reason(
            f"{', '.join(free)} would take it: waits for its turn, work of higher priority goes first", job.state_at
        )


def _submitting(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    since = attempt.intended_at if attempt else job.state_at
    yield Reason(
        f"is being submitted to {_site(job)}; if no answer comes, the site is asked for the attempt by its token", since
    )


def _queued(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    if attempt is None:
        yield Reason(f"queued at {_site(job)}", job.state_at)
        return
    name = f" as {attempt.batch_id}" if attempt.batch_id else ""
    word = f", which says {attempt.word}" if attempt.word else ""
    yield Reason(f"queued at {_site(job)}{name}{word}", attempt.accepted_at or job.state_at)
    yield from _unseen(attempt)


def _running(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    host = f" on {attempt.host}" if attempt and attempt.host else ""
    yield Reason(f"runs at {_site(job)}{host}", (attempt and attempt.started_at) or job.state_at)
    if attempt:
        yield from _unseen(attempt)


def _held(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    word = f" ({attempt.word})" if attempt and attempt.word else ""
    yield Reason(f"held by the batch system of {_site(job)}{word}: release or remove it there", job.state_at)


def _ended(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    yield Reason(f"left the queue of {_site(job)}; its exit note and the accounting are still to be read", job.state_at)
    if attempt:
        yield from _unseen(attempt)


def _cancelling(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    yield Reason(f"is being cancelled; {_site(job)} has not confirmed yet that it is gone", job.state_at)


def _final(job: Job, attempt: Attempt | None) -> Iterator[Reason]:
    told = job.why or (", ".join(part for part in (attempt.cause, attempt.message) if part) if attempt else "")
    yield Reason(f"{job.state}: {told}" if told else job.state, job.state_at)


def _unseen(attempt: Attempt) -> Iterator[Reason]:
    site = attempt.site
    if site.trouble:
        yield Reason(f"what is known of it is old: {site.name} is in trouble: {site.trouble}", site.trouble_at)
    if attempt.unseen_at:
        yield Reason(
            f"neither queue nor accounting of {site.name} shows it; that alone proves nothing", attempt.unseen_at
        )


def _outcome(attempt: Attempt | None) -> str:
    if attempt is None:
        return "an earlier attempt"
    parts = [attempt.outcome or "not ended", attempt.cause, attempt.message]
    return ": ".join(part for part in parts if part)


def _site(job: Job) -> str:
    return job.site.name if job.site else "its site"


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z")


BY_STATE: dict[JobState, Callable[[Job, Attempt | None], Iterator[Reason]]] = {
    JobState.WAITING: _waiting,
    JobState.READY: _ready,
    JobState.SUBMITTING: _submitting,
    JobState.QUEUED: _queued,
    JobState.RUNNING: _running,
    JobState.HELD: _held,
    JobState.ENDED: _ended,
    JobState.CANCELLING: _cancelling,
    JobState.SUCCEEDED: _final,
    JobState.FAILED: _final,
    JobState.PRUNED: _final,
    JobState.CANCELLED: _final,
    JobState.ACCEPTED: _final,
    JobState.REJECTED: _final,
}
