"""What a finished attempt means for its job and step instances: done, again, or given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from execution.core.retry import SITE_CAUSES, Again, History, decide
from execution.core.states import InstanceState, JobState
from execution.core.workflow import Request


@dataclass(frozen=True, slots=True)
class Result:
    """How one step instance ended in this attempt; `outcome` is succeeded, failed or skipped."""

    outcome: str
    cause: str = ""
    exit_code: int | None = None
    complete: bool = True
    """Whether every declared output was made, the optional ones too."""


class Mode(Enum):
    """What is wanted of the workflow: more attempts, no more attempts, or its end now."""

    GO_ON = "go on"
    LAST = "last"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`again` is set exactly when `job` is READY. `lacking`: the job did not make all that its children may
    look for.
    """

    job: JobState
    instances: Mapping[int, InstanceState] = field(default_factory=dict)
    again: Again | None = None
    lacking: bool = False
    cause: str = ""
    for_site: bool = False
    """Whether the failure counts against the site rather than the payload."""


def judge(
    *,
    pending: Sequence[int],
    results: Mapping[int, Result],
    cause: str,
    request: Request,
    history: History,
    mode: Mode,
) -> Verdict:
    """Judge an attempt that ran the instances `pending`; one without a result did not come to an end, for `cause`."""
    found = {pk: results.get(pk) or Result("failed", cause or "lost") for pk in pending}
    done = {pk: InstanceState.SUCCEEDED for pk, result in found.items() if result.outcome == "succeeded"}
    rest = {pk: result for pk, result in found.items() if pk not in done}
    if not rest:
        return Verdict(JobState.SUCCEEDED, done, lacking=not all(r.complete for r in found.values()))
    if mode is Mode.CANCEL:
        return Verdict(
            JobState.CANCELLED, done | dict.fromkeys(rest, InstanceState.CANCELLED), lacking=True, cause="cancelled"
        )
    failed = {pk: result for pk, result in rest.items() if result.outcome == "failed"} or rest
    decisions = [
        decide(cause=r.cause, exit_code=r.exit_code, history=history, request=request) for r in failed.values()
    ]
    first = next(iter(failed.values())).cause
    tries = [again for again in decisions if again is not None and mode is Mode.GO_ON]
    for_site = all(r.cause in SITE_CAUSES for r in failed.values())
    if tries:
        back = dict.fromkeys(rest, InstanceState.WAITING)
        return Verdict(JobState.READY, done | back, _widest(tries), cause=first, for_site=for_site)
    given_up = {pk: InstanceState.FAILED if pk in failed else InstanceState.PRUNED for pk in rest}
    return Verdict(JobState.FAILED, done | given_up, lacking=True, cause=first, for_site=for_site)


def _widest(tries: Sequence[Again]) -> Again:
    memory = max((again.memory_mb or 0 for again in tries), default=0)
    return Again(
        delay_s=max(again.delay_s for again in tries),
        memory_mb=memory or None,
        elsewhere=any(again.elsewhere for again in tries),
    )
