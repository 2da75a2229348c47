"""What a workflow's state is: rolled up from wish, counters and the failure policy's word, never stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from execution.core.states import UNFINISHED, InstanceState, JobState, Wish


class WorkflowState(StrEnum):
    """`cancelling` means: it is to end, and something of it is still unfinished."""

    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


VERBS: Mapping[WorkflowState, tuple[str, ...]] = {
    WorkflowState.LOADING: ("pause", "terminate", "prioritise"),
    WorkflowState.RUNNING: ("pause", "terminate", "prioritise"),
    WorkflowState.PAUSED: ("resume", "terminate", "prioritise"),
    WorkflowState.CANCELLING: (),
    WorkflowState.SUCCEEDED: (),
    WorkflowState.FAILED: (),
}
"""What a person may do to a workflow in each state."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a workflow: the wish, its counters by state, why the policy stopped it (empty if it did not)."""

    wish: Wish
    jobs: Mapping[str, int]
    instances: Mapping[str, int]
    stopped: str = ""
    loading: bool = False


def state_of(standing: Standing) -> WorkflowState:
    """Roll up one workflow.

    Terminated is failed (LDM-633 RUN1), as is stopped by policy, as is a workflow of which nothing at all succeeded;
    step instances that failed within their policy leave it succeeded.
    """
    ending = standing.wish is Wish.STOP or bool(standing.stopped)
    if standing.loading:
        return WorkflowState.CANCELLING if ending else WorkflowState.LOADING
    if unfinished(standing.jobs):
        if ending:
            return WorkflowState.CANCELLING
        return WorkflowState.PAUSED if standing.wish is Wish.PAUSE else WorkflowState.RUNNING
    failed = ending or standing.jobs.get(JobState.CANCELLED, 0) or _fruitless(standing)
    return WorkflowState.FAILED if failed else WorkflowState.SUCCEEDED


def unfinished(jobs: Mapping[str, int]) -> int:
    """How many of the jobs have not come to an end."""
    return sum(jobs.get(state, 0) for state in UNFINISHED)


def _fruitless(standing: Standing) -> bool:
    """Whether it had something to do and none of it succeeded or was accepted by a person."""
    there_were = any(standing.instances.values())
    fruit = standing.instances.get(InstanceState.SUCCEEDED, 0) + standing.jobs.get(JobState.ACCEPTED, 0)
    return there_were and not fruit
