"""The engine from storing to the ledger, with real processes on a local site."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from execution import control, workflows
from execution.core.states import JobState, Wish
from execution.core.target import Target
from execution.core.workflow import FailurePolicy, InputSpec, Instance, Job, OnFailure, Request
from execution.models import Attempt, Edge, OpenPoint, StepInstance, Workflow
from execution.models import Job as JobRow
from provenance.models import Dataset, Execution
from tests.engine import Engine, counters_agree, instance_states, target_of
from tests.workflows import COPY, at_least, blueprint, chain_input, fan, step, workflow

pytestmark = pytest.mark.django_db(transaction=True)

WRITE = (sys.executable, "-c", COPY, "{inputs}", "{outputs}")
FAIL_ON_2 = (
    sys.executable,
    "-c",
    "import json,sys\nbroken = json.load(open(sys.argv[1]))['dataId']['exposure'] == 2\n"
    "if broken: sys.exit('exposure 2 is broken')\n" + COPY,
    "{inputs}",
    "{outputs}",
)


def two_steps(n: int, *, command: tuple[str, ...] = FAIL_ON_2, **policy: FailurePolicy) -> object:
    """`n` exposures, each made and then read, and one gather over all that is satisfied with one."""
    steps = blueprint(
        step("make", 0, command=command, outputs=["made"], **policy),
        step("read", 1, command=WRITE, inputs=[InputSpec("made")], outputs=["seen"]),
        step("gather", 2, command=WRITE, inputs=[at_least("seen", 1)], outputs=["all"]),
    )
    jobs = [Job(i, "make", i, (), (Instance(i, 0, (i,), ()),)) for i in range(n)]
    jobs += [
        Job(n + i, "read", n + i, (i,), (Instance(n + i, 1, (i,), (chain_input("made", i, i),)),)) for i in range(n)
    ]
    seen = tuple(chain_input("seen", i, n + i) for i in range(n))
    jobs.append(Job(2 * n, "gather", 2 * n, tuple(range(n, 2 * n)), (Instance(2 * n, 2, (0,), seen),)))
    return workflow(steps, jobs)


def test_a_fan_runs_in_order_to_its_end(engine: Engine) -> None:
    row = engine.load(workflow(blueprint(step("first", 0), step("middle", 1), step("last", 2)), fan(20)))
    engine.finish(row)
    assert instance_states() == {"succeeded": 22}
    assert counters_agree()
    ended = dict(Attempt.objects.values_list("job__label", "ended_at").order_by("ended_at"))
    began = dict(Attempt.objects.values_list("job__label", "started_at").order_by("-started_at"))
    assert ended["first"] <= began["middle"]
    assert ended["middle"] <= began["last"]


def test_outputs_are_published_and_the_ledger_knows_who_made_and_read_them(engine: Engine, settings: object) -> None:
    row = engine.load(two_steps(3, command=WRITE))
    engine.finish(row)
    kept = sorted(Dataset.objects.values_list("type__name", "data_id", "path"))
    assert kept[0] == ("all", "exposure=0", "night/r1/calibrate/all/exposure=0.txt")
    assert len(kept) == 7
    assert all((settings.BACKBONE / path).read_text() == "made" for _, _, path in kept)  # type: ignore[attr-defined]
    gather = Execution.objects.get(step__name="gather")
    assert gather.uses.count() == 3
    assert not any(Path(engine.workdir, "attempts").glob("*/*/job.json"))


def test_a_failed_instance_takes_only_its_true_descendants_with_it(engine: Engine) -> None:
    row = engine.load(two_steps(4))
    engine.finish(row)
    assert instance_states("make") == {"succeeded": 3, "failed": 1}
    assert instance_states("read") == {"succeeded": 3, "pruned": 1}
    assert instance_states("gather") == {"succeeded": 1}
    assert counters_agree()
    assert Attempt.objects.get(job__label="make", outcome="failed").message == "exposure 2 is broken"


def test_policy_stop_dispatches_nothing_more(engine: Engine) -> None:
    row = engine.load(two_steps(40, on_failure=FailurePolicy(OnFailure.STOP)))
    engine.finish(row)
    row.refresh_from_db()
    assert "its policy is to stop" in row.stopped
    states = instance_states("make")
    assert states["failed"] == 1
    assert states["cancelled"] > 0
    assert instance_states("gather") == {"cancelled": 1}
    assert counters_agree()


def test_policy_tolerate_goes_on_within_its_fraction(engine: Engine) -> None:
    row = engine.load(two_steps(4, on_failure=FailurePolicy(OnFailure.TOLERATE, 0.25)))
    engine.finish(row)
    row.refresh_from_db()
    assert row.stopped == ""
    assert instance_states("gather") == {"succeeded": 1}


def test_policy_tolerate_stops_above_its_fraction(engine: Engine) -> None:
    row = engine.load(two_steps(4, on_failure=FailurePolicy(OnFailure.TOLERATE, 0.2)))
    engine.finish(row)
    row.refresh_from_db()
    assert "more than the tolerated 20.0%" in row.stopped


def test_one_bad_instance_in_a_cluster_harms_only_its_descendants(engine: Engine) -> None:
    steps = blueprint(
        step("make", 0, command=FAIL_ON_2, outputs=["made"]),
        step("read", 1, command=WRITE, inputs=[InputSpec("made")], outputs=["seen"]),
    )
    rows = [Instance(i, 0, (i,), ()) for i in range(4)]
    rows += [Instance(4 + i, 1, (i,), (chain_input("made", i, i),)) for i in range(4)]
    engine.finish(engine.load(workflow(steps, [Job(0, "both", 0, (), tuple(rows))])))
    assert instance_states("make") == {"succeeded": 3, "failed": 1}
    assert instance_states("read") == {"succeeded": 3, "pruned": 1}


def test_a_retry_runs_only_what_is_missing(engine: Engine, tmp_path: Path) -> None:
    flag = tmp_path / "second-time"
    once = (
        f"import os,sys\nif not os.path.exists({str(flag)!r}): open({str(flag)!r}, 'w'); sys.exit('not yet')\n" + COPY
    )
    steps = blueprint(
        step("make", 0, command=WRITE, outputs=["made"]),
        step("late", 1, command=(sys.executable, "-c", once, "{inputs}", "{outputs}"), outputs=["seen"]),
        request=Request(retries=1, walltime_s=60),
    )
    rows = (Instance(0, 0, (1,), ()), Instance(1, 1, (1,), ()))
    engine.finish(engine.load(workflow(steps, [Job(0, "both", 0, (), rows)])))
    assert instance_states() == {"succeeded": 2}
    assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == ["failed", "succeeded"]
    runs = Execution.objects.filter(kind="step").order_by("attempt", "step__name")
    assert list(runs.values_list("attempt", "step__name", "outcome")) == [
        (1, "late", "failed"),
        (1, "make", "succeeded"),
        (2, "late", "succeeded"),
    ]


def test_exit_0_without_the_required_output_is_no_success(engine: Engine) -> None:
    plan = workflow(blueprint(step("make", 0, outputs=["made"])), [Job(0, "make", 0, (), (Instance(0, 0, (1,), ()),))])
    engine.finish(engine.load(plan))
    assert instance_states() == {"failed": 1}
    assert Attempt.objects.get().cause == "output"


def test_a_paused_workflow_sends_nothing_and_resumes_where_it_was(engine: Engine) -> None:
    planned = two_steps(3, command=WRITE)
    row = engine.load(planned)
    control.wish(target_of(planned), Wish.PAUSE, actor="ann", why="maintenance")
    for _ in range(3):
        engine.pass_once()
    assert engine.claims() == []
    control.wish(target_of(planned), Wish.RUN, actor="ann")
    engine.finish(row)
    assert instance_states() == {"succeeded": 7}


def test_terminate_ends_the_processes_and_starts_nothing_more(engine: Engine, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    sleeper = ("bash", "-c", f"touch {pids}/$$; exec sleep 600")
    jobs = [Job(i, "make", i, (), (Instance(i, 0, (i,), ()),)) for i in range(10)]
    planned = workflow(blueprint(step("make", 0, command=sleeper), request=Request(retries=3, walltime_s=900)), jobs)
    row = engine.load(planned)
    engine.run_until(lambda: len(list(pids.iterdir())) == 2)
    control.wish(target_of(planned), Wish.STOP, actor="ann", why="wrong flats")
    engine.finish(row)
    assert instance_states() == {"cancelled": 10}
    assert set(JobRow.objects.values_list("state", flat=True)) == {"cancelled"}
    assert not [
        pid
        for pid in os.listdir(pids)
        if Path("/proc", pid, "cmdline").exists() and b"sleep" in Path("/proc", pid, "cmdline").read_bytes()
    ]
    assert len(engine.claims()) == 2
    assert counters_agree()


def test_nothing_runs_before_the_payload_is_complete(engine: Engine) -> None:
    planned = two_steps(3, command=WRITE)
    workflows.start(planned)
    for _ in range(3):
        engine.pass_once()
    assert engine.claims() == []
    assert set(JobRow.objects.values_list("state", flat=True)) == {JobState.WAITING}


def test_what_a_dead_planner_left_is_replaced(engine: Engine) -> None:
    workflows.start(two_steps(5, command=WRITE))
    engine.finish(engine.load(two_steps(3, command=WRITE)))
    assert instance_states() == {"succeeded": 7}
    assert Workflow.objects.count() == 1
    assert Edge.objects.count() == 6


def test_a_point_is_extended_once(engine: Engine) -> None:
    planned = two_steps(2, command=WRITE)
    engine.load(planned, points={"read": ["make"]})
    below = workflow(planned.blueprint, [Job(0, "make", 0, (), (Instance(0, 0, (9,), ()),))], point="read")
    below = type(below)(name=below.name + "/x", blueprint=below.blueprint, jobs=below.jobs, point="read")
    engine.load(below, closes="read")
    assert not OpenPoint.objects.get().open
    with pytest.raises(workflows.AlreadyExtended):
        workflows.complete(target_of(planned), closes="read")


def test_the_higher_priority_is_dispatched_first(engine: Engine) -> None:
    def plan(campaign: str, priority: int) -> object:
        steps = blueprint(step("make", 0), campaign=campaign)
        return workflow(
            steps, [Job(i, "make", i, (), (Instance(i, 0, (i,), ()),)) for i in range(20)], priority=priority
        )

    low, high = engine.load(plan("low", 1)), engine.load(plan("high", 9))
    engine.finish(low, high)
    order = list(Attempt.objects.order_by("pk").values_list("job__workflow__campaign", flat=True))
    assert order == ["high"] * 20 + ["low"] * 20


def test_a_change_of_priority_reaches_what_waits(engine: Engine) -> None:
    jobs = [Job(i, "make", i, (), (Instance(i, 0, (i,), ()),)) for i in range(5)]
    row = engine.load(workflow(blueprint(step("make", 0)), jobs))
    assert control.prioritise(Target("night"), 700, actor="ann") == 1
    row.refresh_from_db()
    assert row.priority == 700


def test_an_interrupted_submission_is_made_good_without_a_second_run(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kill -9 after the site took the jobs and before the receipt was written."""
    from execution import dispatch, poll

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    row = engine.load(two_steps(2, command=WRITE))
    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "_accept", killed)
        with pytest.raises(KeyboardInterrupt):
            engine.pass_once()
            engine.pass_once()
    assert set(Attempt.objects.values_list("job__state", flat=True)) == {"submitting"}
    monkeypatch.setattr(poll, "GRACE", poll.GRACE * 0)
    engine.finish(row)
    assert instance_states() == {"succeeded": 5}
    assert len(engine.claims()) == 5


def test_a_submission_that_never_arrived_is_sent_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 after the intent was stored and before anything was sent."""
    from execution import dispatch, poll

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    row = engine.load(two_steps(2, command=WRITE))
    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "_send", killed)
        with pytest.raises(KeyboardInterrupt):
            engine.pass_once()
            engine.pass_once()
    monkeypatch.setattr(poll, "GRACE", poll.GRACE * 0)
    engine.finish(row)
    assert instance_states() == {"succeeded": 5}
    assert Attempt.objects.filter(outcome="withdrawn").count() == 2
    assert len(engine.claims()) == 5


def test_a_collector_that_dies_before_the_commit_loses_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outputs were published, the states were not written: the note is still there and says the same again."""
    from execution import collect

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    row = engine.load(two_steps(2, command=WRITE))
    with monkeypatch.context() as patch:
        patch.setattr(collect, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            engine.run_until(lambda: False)
    engine.finish(row)
    assert instance_states() == {"succeeded": 5}
    assert Execution.objects.filter(kind="step").count() == 5
    assert StepInstance.objects.count() == len(engine.claims())


def test_a_note_speaks_only_of_its_own_job(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes back from a site is not trusted: a note that names another job's instance changes nothing there."""
    from execution import collect

    parse = collect.parse_note
    everybody: list[int] = []

    def forged(raw: bytes) -> object:
        note = parse(raw)
        liars = [replace(note.instances[0], id=pk, outcome="failed", cause="payload") for pk in everybody]
        return replace(note, instances=(*note.instances, *(row for row in liars if row.id != note.instances[0].id)))

    row = engine.load(two_steps(3, command=WRITE))
    everybody += [one.pk for one in StepInstance.objects.all()]
    monkeypatch.setattr(collect, "parse_note", forged)
    engine.finish(row)
    assert instance_states() == {"succeeded": 7}
