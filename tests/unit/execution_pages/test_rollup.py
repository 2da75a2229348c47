"""The state of a workflow, rolled up."""

from typing import Any

import pytest

from execution.core.rollup import VERBS, Standing, WorkflowState, state_of
from execution.core.states import UNFINISHED, JobState, Wish


def rolled(jobs: dict[str, int], instances: dict[str, int] | None = None, **rest: Any) -> str:
    wish = rest.pop("wish", Wish.RUN)
    return state_of(Standing(wish, jobs, instances or {}, **rest)).value


@pytest.mark.parametrize("state", UNFINISHED)
def test_one_unfinished_job_keeps_it_running(state: JobState) -> None:
    assert rolled({"succeeded": 9, state: 1}) == "running"


def test_a_workflow_in_parts_is_loading() -> None:
    assert rolled({"waiting": 9}, loading=True) == "loading"


def test_a_pause_is_seen_while_jobs_still_run() -> None:
    assert rolled({"running": 2, "ready": 5}, wish=Wish.PAUSE) == "paused"


def test_a_paused_workflow_that_finished_has_succeeded() -> None:
    assert rolled({"succeeded": 2}, {"succeeded": 2}, wish=Wish.PAUSE) == "succeeded"


def test_what_is_terminated_is_cancelling_until_nothing_is_left() -> None:
    assert rolled({"cancelling": 1, "cancelled": 5}, wish=Wish.STOP) == "cancelling"
    assert rolled({"succeeded": 1, "cancelled": 6}, {"succeeded": 1, "cancelled": 6}, wish=Wish.STOP) == "failed"


def test_terminated_is_failed_even_when_everything_had_succeeded() -> None:
    assert rolled({"succeeded": 3}, {"succeeded": 3}, wish=Wish.STOP) == "failed"


def test_stopped_by_policy_lets_running_jobs_end_and_then_fails() -> None:
    assert rolled({"running": 1, "failed": 1}, stopped="1 of 2 failed") == "cancelling"
    assert rolled({"succeeded": 1, "failed": 1, "cancelled": 3}, {"succeeded": 1}, stopped="1 of 2 failed") == "failed"


def test_failures_within_the_policy_leave_it_succeeded() -> None:
    assert rolled({"succeeded": 8, "failed": 1, "pruned": 1}, {"succeeded": 8, "failed": 1, "pruned": 1}) == "succeeded"


def test_where_nothing_succeeded_it_failed() -> None:
    assert rolled({"failed": 2, "succeeded": 1}, {"failed": 2}) == "failed"


def test_a_failed_job_that_a_person_accepted_counts_as_fruit() -> None:
    assert rolled({"accepted": 1}, {"failed": 1}) == "succeeded"


def test_a_workflow_with_nothing_to_do_has_succeeded() -> None:
    assert rolled({}) == "succeeded"


def test_a_terminated_workflow_that_was_never_complete_is_cancelling() -> None:
    assert rolled({"waiting": 5}, loading=True, wish=Wish.STOP) == "cancelling"


def test_every_state_says_what_may_be_done_to_it() -> None:
    assert set(VERBS) == set(WorkflowState)
    assert VERBS[WorkflowState.PAUSED] == ("resume", "terminate", "prioritise")
    assert VERBS[WorkflowState.FAILED] == ()
