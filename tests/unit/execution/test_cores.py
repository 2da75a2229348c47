"""Decisions of execution that need no database: windows, placing, merging, readiness, retries, verdicts."""

import pytest

from execution.core import limits
from execution.core.merging import Disagreement, merge
from execution.core.placement import Queue, place
from execution.core.readiness import runnable
from execution.core.retry import Again, History, decide
from execution.core.states import JOB, InstanceState, JobState
from execution.core.verdict import Mode, Result, judge
from execution.core.workflow import Input, InputSpec, Instance, Need, Request, StepSpec

FRESH = History(site_failures=0, payload_failures=0)


def queue(workflow: int, jobs: range, **fields: object) -> Queue:
    values: dict[str, object] = {"priority": 0, "share": 1.0, "in_flight": 0, "sites": ("a",)} | fields
    return Queue(workflow=workflow, jobs=tuple(jobs), **values)  # type: ignore[arg-type]


def test_a_slow_site_is_given_twice_its_slots() -> None:
    assert limits.window(running=10, queued=500, pace=0.1) == 20


def test_a_fast_site_is_given_three_seconds_of_work() -> None:
    assert limits.window(running=2, queued=500, pace=100.0) == 300


def test_no_site_is_given_more_than_its_queue_takes() -> None:
    assert limits.room(running=2, queued=200, pace=100.0, at_site=150) == 50


def test_the_higher_priority_goes_first() -> None:
    placed = place([queue(1, range(10, 20), priority=1), queue(2, range(20, 30), priority=9)], {"a": 12})
    assert [p.job for p in placed] == [*range(20, 30), 10, 11]


def test_equals_share_by_their_shares() -> None:
    placed = place([queue(1, range(100, 200), share=2.0), queue(2, range(200, 300))], {"a": 30})
    assert sum(p.job < 200 for p in placed) == 20


def test_a_workflow_far_ahead_waits_for_its_equal() -> None:
    placed = place([queue(1, range(100, 200), in_flight=50), queue(2, range(200, 300))], {"a": 10})
    assert all(p.job >= 200 for p in placed)


def test_a_job_goes_only_to_an_allowed_site() -> None:
    assert place([queue(1, range(3), sites=("b",))], {"a": 5}) == []


def test_a_site_that_failed_a_job_is_taken_only_without_choice() -> None:
    both = place([queue(1, range(1), sites=("a", "b"), avoid={0: ("a",)})], {"a": 9, "b": 1})
    alone = place([queue(1, range(1), sites=("a",), avoid={0: ("a",)})], {"a": 9})
    assert [p.site for p in both] == ["b"]
    assert [p.site for p in alone] == ["a"]


def test_a_job_waits_while_the_other_allowed_site_is_full() -> None:
    assert place([queue(1, range(1), sites=("a", "b"), avoid={0: ("a",)})], {"a": 9, "b": 0}) == []


def test_depth_first_keeps_no_more_in_flight_than_slots() -> None:
    assert len(place([queue(1, range(50), most=2, in_flight=1)], {"a": 20})) == 1


def test_needs_merge_by_most_and_by_sum() -> None:
    small, large = (
        Request(memory_mb=1000, walltime_s=60, disk_mb=10),
        Request(memory_mb=4000, walltime_s=100, disk_mb=5),
    )
    merged = merge([("isr", small, 9), ("measure", large, 9)])
    assert (merged.memory_mb, merged.walltime_s, merged.disk_mb) == (4000, 9 * 160, 9 * 15)


def test_a_job_cannot_go_to_two_queues() -> None:
    with pytest.raises(Disagreement, match="queue is 'short' for isr and 'long' for coadd"):
        merge([("isr", Request(queue="short"), 1), ("coadd", Request(queue="long"), 1)])


def step(*inputs: InputSpec) -> StepSpec:
    return StepSpec(label="s", position=0, dimensions=("exposure",), command=("true",), inputs=inputs, outputs=())


def test_an_instance_without_a_required_input_never_runs() -> None:
    steps = [step(InputSpec("a"))]
    rows = [Instance(0, 0, (1,), (Input("a", (1,), 0, 90),)), Instance(1, 0, (2,), (Input("a", (2,), 0, 91),))]
    assert runnable(rows, steps, lambda i: i.data_id == (2,)) == {1}


def test_a_gather_goes_on_with_the_least_it_needs() -> None:
    steps = [step(InputSpec("a", Need.AT_LEAST, 2))]
    three = tuple(Input("a", (n,), 0, 90 + n) for n in range(3))
    assert runnable([Instance(0, 0, (1,), three)], steps, lambda i: i.data_id != (0,)) == {0}
    assert runnable([Instance(0, 0, (1,), three)], steps, lambda i: i.data_id == (0,)) == set()


def test_an_optional_input_is_never_missed() -> None:
    steps = [step(InputSpec("a", Need.OPTIONAL))]
    assert runnable([Instance(0, 0, (1,), (Input("a", (1,), 0, 9),))], steps, lambda _: False) == {0}


def test_what_an_instance_of_the_same_job_will_make_counts() -> None:
    steps = [step(InputSpec("raw")), step(InputSpec("a"))]
    rows = [Instance(0, 0, (1,), (Input("raw", (1,), 5, -1),)), Instance(1, 1, (1,), (Input("a", (1,), 0, 0),))]
    assert runnable(rows, steps, lambda _: False) == {0, 1}


def test_a_lost_job_is_tried_elsewhere_and_costs_the_payload_no_retry() -> None:
    again = decide(cause="lost", exit_code=None, history=History(0, 99), request=Request(retries=0))
    assert again == Again(delay_s=0, elsewhere=True)


def test_a_site_that_always_fails_is_given_up() -> None:
    assert decide(cause="node", exit_code=None, history=History(5, 0), request=Request()) is None


def test_the_payload_has_as_many_retries_as_it_asked_for() -> None:
    request = Request(retries=1)
    assert decide(cause="payload", exit_code=1, history=FRESH, request=request) == Again()
    assert decide(cause="payload", exit_code=1, history=History(0, 1), request=request) is None


def test_a_final_exit_code_is_not_retried() -> None:
    assert decide(cause="payload", exit_code=3, history=FRESH, request=Request(retry_unless_exit=(3,))) is None


def test_memory_grows_up_to_its_maximum() -> None:
    request = Request(memory_mb=1000, memory_multiplier=2.0, memory_max_mb=1500)
    assert decide(cause="memory", exit_code=None, history=FRESH, request=request) == Again(memory_mb=1500)
    assert decide(cause="memory", exit_code=None, history=FRESH, request=Request(memory_multiplier=1.0)) is None


def verdict(results: dict[int, Result], *, mode: Mode = Mode.GO_ON, retries: int = 0, cause: str = "") -> object:
    return judge(
        pending=[1, 2], results=results, cause=cause, request=Request(retries=retries), history=FRESH, mode=mode
    )  # fmt: skip


def test_a_job_succeeds_with_all_its_instances() -> None:
    found = verdict({1: Result("succeeded"), 2: Result("succeeded", complete=False)})
    assert (found.job, found.lacking) == (JobState.SUCCEEDED, True)


def test_success_of_one_instance_is_final_while_the_other_is_tried_again() -> None:
    found = verdict({1: Result("succeeded"), 2: Result("failed", "payload", 1)}, retries=1)
    assert found.job is JobState.READY
    assert found.instances == {1: InstanceState.SUCCEEDED, 2: InstanceState.WAITING}


def test_a_skipped_instance_behind_a_failed_one_is_pruned() -> None:
    found = verdict({1: Result("failed", "payload", 1), 2: Result("skipped", "input")})
    assert found.instances == {1: InstanceState.FAILED, 2: InstanceState.PRUNED}


def test_silence_of_an_ended_job_is_lost_not_success() -> None:
    assert verdict({}, cause="lost").job is JobState.READY


def test_a_terminated_job_is_cancelled_but_keeps_what_it_finished() -> None:
    found = verdict({1: Result("succeeded")}, mode=Mode.CANCEL)
    assert found.job is JobState.CANCELLED
    assert found.instances == {1: InstanceState.SUCCEEDED, 2: InstanceState.CANCELLED}


def test_a_stopped_workflow_has_no_second_tries() -> None:
    assert verdict({1: Result("succeeded"), 2: Result("failed", "lost")}, mode=Mode.LAST).job is JobState.FAILED


def test_late_news_finds_no_way_back() -> None:
    assert not JOB.allows(JobState.SUCCEEDED, JobState.RUNNING)
    assert not JOB.allows(JobState.ENDED, JobState.RUNNING)
