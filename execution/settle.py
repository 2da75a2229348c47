"""Settle: what ended attempts mean is written in one transaction for all of them: states, counters, children,
ledger.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from execution import bulk, policy, release, specs
from execution.core.merging import merge
from execution.core.retry import Again, History
from execution.core.states import InstanceState, JobState, Wish
from execution.core.verdict import Mode, Result, Verdict, judge
from execution.core.workflow import Request
from execution.lease import Held
from execution.models import Attempt, Job, StepInstance
from execution.moves import Deltas, Moved, move, move_instances
from provenance import ledger
from provenance.core.facts import ExecutionFact

ATTEMPT_COLUMNS = (
    "is_open",
    "outcome",
    "cause",
    "exit_code",
    "host",
    "message",
    "started_at",
    "ended_at",
    "collected_at",
    "verified_at",
    "evidence",
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one open attempt ended, as far as it is known; `results` by row id of the step instance."""

    attempt: Attempt
    cause: str = ""
    exit_code: int | None = None
    message: str = ""
    host: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    verified_at: datetime | None = None
    results: Mapping[int, Result] = field(default_factory=dict)
    facts: Sequence[ExecutionFact] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


def settle(lease: Held, endings: Iterable[Ending], now: datetime) -> int:
    """Close these attempts and move their jobs on; an attempt that was closed meanwhile is left as it is."""
    given = {ending.attempt.pk: ending for ending in endings}
    if not given:
        return 0
    with lease.writing(now):
        still_open = Attempt.objects.select_for_update().filter(pk__in=list(given), is_open=True).order_by("pk")
        judged = _judge([given[pk] for pk in still_open.values_list("pk", flat=True)])
        deltas = Deltas()
        _move_jobs(judged, now, deltas)
        moved = _move_instances(judged, deltas)
        deltas.write()
        policy.apply(Counter((row.workflow, row.step) for row in moved.get(InstanceState.FAILED, ())))
        _close(judged, now)
        _record_unrun(judged, moved)
        ledger.collected([fact for ending, verdict in judged for fact in _final(ending, verdict)])
    return len(judged)


def request_of(job: Job, labels: Counter[str], site: str) -> Request:
    """What the job asked for at the site, memory raised by earlier attempts included."""
    asked = specs.blueprint(job.workflow.blueprint_id).requests.get(site, {})
    parts = [(label, asked.get(label, Request()), n) for label, n in labels.items()]
    merged = merge(parts) if parts else Request()
    return replace(merged, memory_mb=max(merged.memory_mb, job.memory_mb or 0))


def _judge(endings: Sequence[Ending]) -> list[tuple[Ending, Verdict]]:
    unfinished = [InstanceState.WAITING.value, InstanceState.RUNNING.value]
    pending: dict[int, list[int]] = defaultdict(list)
    labels: dict[int, Counter[str]] = defaultdict(Counter)
    rows = StepInstance.objects.filter(job_id__in=[e.attempt.job_id for e in endings], state__in=unfinished).order_by(
        "pk"
    )
    for pk, job_id, step in rows.values_list("pk", "job_id", "step"):
        pending[job_id].append(pk)
        labels[job_id][step] += 1
    judged: list[tuple[Ending, Verdict]] = []
    for ending in endings:
        job: Job = ending.attempt.job
        site_failures = max(0, ending.attempt.number - 1 - job.payload_failures)
        verdict = judge(
            pending=pending[job.pk],
            results=ending.results,
            cause=ending.cause,
            request=request_of(job, labels[job.pk], ending.attempt.site.name),
            history=History(site_failures, job.payload_failures),
            mode=_mode(job),
        )
        judged.append((ending, verdict))
    return judged


def _mode(job: Job) -> Mode:
    if job.workflow.wish == Wish.STOP:
        return Mode.CANCEL
    return Mode.LAST if job.workflow.stopped else Mode.GO_ON


def _move_jobs(judged: Sequence[tuple[Ending, Verdict]], now: datetime, deltas: Deltas) -> None:
    jobs = [ending.attempt.job_id for ending, _ in judged]
    unsure = Job.objects.filter(pk__in=jobs, state=JobState.SUBMITTING).values_list("pk", flat=True)
    move(unsure, JobState.QUEUED, now=now, deltas=deltas)
    move(jobs, JobState.ENDED, now=now, deltas=deltas)
    groups: dict[tuple[JobState, Again | None, bool, str], list[Ending]] = defaultdict(list)
    for ending, verdict in judged:
        site = ending.attempt.site.name if verdict.again and verdict.again.elsewhere else ""
        groups[verdict.job, verdict.again, verdict.for_site, site].append(ending)
    finished: set[int] = set()
    for (state, again, for_site, site), endings in groups.items():
        fields = _fields(again, for_site, now) if again else {}
        moved = move([e.attempt.job_id for e in endings], state, now=now, deltas=deltas, fields=fields)
        if again is None:
            finished |= moved
        elif site:
            _avoid(moved, site)
    release.finish(finished, incomplete=[e.attempt.job_id for e, verdict in judged if verdict.lacking])


def _fields(again: Again, for_site: bool, now: datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "site": None,
        "not_before": now + timedelta(seconds=again.delay_s) if again.delay_s else None,
    }
    if again.memory_mb:
        fields["memory_mb"] = again.memory_mb
    if not for_site:
        fields["payload_failures"] = F("payload_failures") + 1
    return fields


def _avoid(jobs: Iterable[int], site: str) -> None:
    for pk, avoid in Job.objects.filter(pk__in=list(jobs)).values_list("pk", "avoid"):
        if site not in avoid:
            Job.objects.filter(pk=pk).update(avoid=[*avoid, site])


def _move_instances(judged: Sequence[tuple[Ending, Verdict]], deltas: Deltas) -> dict[InstanceState, list[Moved]]:
    """Bring the instances where the verdicts want them; returns those that moved, by their new state."""
    by_state: dict[InstanceState, list[int]] = defaultdict(list)
    for _, verdict in judged:
        for pk, state in verdict.instances.items():
            by_state[state].append(pk)
    return {state: move_instances(pks, state, deltas=deltas) for state, pks in sorted(by_state.items())}


def _record_unrun(judged: Sequence[tuple[Ending, Verdict]], moved: Mapping[InstanceState, Sequence[Moved]]) -> None:
    """Tell the ledger of those given up without an execution of their own."""
    told = {fact.instance for ending, _ in judged for fact in ending.facts}
    gone = [row for state in (InstanceState.PRUNED, InstanceState.CANCELLED) for row in moved.get(state, ())]
    for workflow in {ending.attempt.job.workflow for ending, _ in judged}:
        release.record_unrun(workflow, [row for row in gone if row.workflow == workflow.pk and row.id not in told])


def _close(judged: Sequence[tuple[Ending, Verdict]], now: datetime) -> None:
    rows = []
    for ending, verdict in judged:
        outcome = (
            "succeeded"
            if verdict.job is JobState.SUCCEEDED
            else "cancelled"
            if verdict.job is JobState.CANCELLED
            else "failed"
        )
        rows.append(
            (
                ending.attempt.pk,
                False,
                outcome,
                ending.cause or verdict.cause,
                ending.exit_code,
                ending.host[:200],
                ending.message[:500],
                ending.started_at,
                ending.ended_at,
                now,
                ending.verified_at,
                {**ending.attempt.evidence, **ending.evidence},
            )
        )
    bulk.update(Attempt, ATTEMPT_COLUMNS, rows)


def _final(ending: Ending, verdict: Verdict) -> Iterable[ExecutionFact]:
    for fact in ending.facts:
        state = verdict.instances.get(fact.instance)
        if state is not None:
            yield replace(fact, final=state is not InstanceState.WAITING)
