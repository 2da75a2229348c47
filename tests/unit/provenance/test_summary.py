"""The campaign summary and its deviations, computed by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from provenance.core.deviations import Deviation, DeviationKind, Norm, deviations_of
from provenance.core.report import StepKey, StepTally, state_after, summarise
from provenance.core.rollup import Ran, Tally, fold


def ran(execution: int, wall_s: float = 10.0, **more: Any) -> Ran:
    """An execution that succeeded at site a."""
    usual = Ran(
        execution,
        f"exposure={execution}",
        "succeeded",
        True,
        1,
        "a",
        "demo",
        "1",
        "r",
        "",
        100.0,
        110.0,
        wall_s,
        8.0,
        50.0,
        1,
        2,
    )
    return usual._replace(**more)


def kinds(tally: Tally, planned: int = 0, norms: list[Norm] | None = None) -> list[DeviationKind]:
    """Which deviations are found."""
    return [deviation.kind for deviation in deviations_of(tally, planned, norms or [])]


def test_a_step_as_it_should_be_deviates_in_nothing():
    tally = fold(ran(n, 10.0 + n / 10) for n in range(20))
    norms = [Norm(f"c{n}", 10.0 + n / 5, 50.0) for n in range(5)]
    assert deviations_of(tally, 20, norms) == []


def test_more_than_a_twentieth_failed_is_said():
    tally = fold([*(ran(n) for n in range(18)), *(ran(n, outcome="failed") for n in (18, 19))])
    assert deviations_of(tally, 20, []) == [Deviation(DeviationKind.FAILURES, "2 of 20 instances failed (10%)")]


def test_one_failure_in_a_hundred_is_not():
    tally = fold([*(ran(n) for n in range(99)), ran(100, outcome="failed")])
    assert kinds(tally, 100) == []


def test_many_retries_are_said():
    tally = fold([ran(n, attempt=2) for n in range(2)] + [ran(n) for n in range(2, 10)])
    assert deviations_of(tally, 10, []) == [Deviation(DeviationKind.RETRIES, "2 retries for 10 instances")]


def test_a_long_tail_is_said():
    tally = fold([*(ran(n, 10.0) for n in range(90)), *(ran(n, 40.0) for n in range(90, 100))])
    assert kinds(tally) == [DeviationKind.TAIL]


def test_nine_instances_have_no_tail():
    tally = fold([*(ran(n, 10.0) for n in range(8)), ran(9, 40.0)])
    assert kinds(tally) == []


@pytest.mark.parametrize(("wall_s", "deviates"), [(10.5, False), (12.0, True), (8.0, True)])
def test_the_norm_of_several_campaigns_has_a_spread(wall_s: float, deviates: bool):
    norms = [Norm("a", 10.0, None), Norm("b", 10.1, None), Norm("c", 9.9, None)]
    tally = fold(ran(n, wall_s) for n in range(5))
    assert kinds(tally, 5, norms) == ([DeviationKind.WALL] if deviates else [])


@pytest.mark.parametrize(("wall_s", "deviates"), [(19.0, False), (21.5, True), (4.5, True)])
def test_against_one_campaign_only_a_factor_of_two_counts(wall_s: float, deviates: bool):
    tally = fold(ran(n, wall_s) for n in range(5))
    assert kinds(tally, 5, [Norm("a", 10.0, None)]) == ([DeviationKind.WALL] if deviates else [])


def test_a_wide_norm_forgives_more():
    norms = [Norm(str(n), wall, None) for n, wall in enumerate((5.0, 10.0, 15.0, 20.0, 25.0))]
    tally = fold(ran(n, 30.0) for n in range(5))
    assert kinds(tally, 5, norms) == []


def test_memory_has_a_norm_too():
    tally = fold(ran(n, memory_mb=500.0) for n in range(5))
    (deviation,) = deviations_of(tally, 5, [Norm("a", 10.0, 50.0)])
    assert deviation.kind == DeviationKind.MEMORY
    assert "the norm of 1 earlier campaign is 50 MB" in deviation.text


def test_a_slow_site_is_named():
    tally = fold([*(ran(n, 10.0) for n in range(10)), *(ran(n, 25.0, site="b") for n in range(10, 20))])
    assert deviations_of(tally, 20, []) == [
        Deviation(DeviationKind.SITE, "b takes 2.5 × as long per instance as the other sites")
    ]


def test_instances_of_more_than_five_medians_are_listed():
    tally = fold([*(ran(n) for n in range(29)), ran(29, 51.5)])
    assert deviations_of(tally, 30, []) == [
        Deviation(DeviationKind.INSTANCES, "1 of 30 instances took more than 5 × the median")
    ]


def test_the_last_telling_event_gives_the_state():
    assert state_after([]) == "unknown"
    assert state_after(["campaign.created", "campaign.submitted", "campaign.annotated"]) == "planning"
    assert state_after(["campaign.started", "campaign.paused", "campaign.resumed", "campaign.failed"]) == "failed"


def test_a_summary_adds_up_steps_and_leaves_framework_steps_apart():
    rows = [
        StepTally(StepKey(1, "p", "step", "coadd"), 1, 1, Tally()),
        StepTally(
            StepKey(1, "p", "step", "isr"), 4, 0, fold([ran(1), ran(2), ran(3, outcome="failed", cause="memory")])
        ),
        StepTally(StepKey(1, "p", "transfer", "transfer"), 0, 0, fold([ran(9)])),
    ]

    report = summarise("night", rows, norms={}, events=["campaign.started"])

    assert (report.campaign, report.state, report.runs) == ("night", "running", (1,))
    assert [line.step for line in report.steps] == ["isr", "coadd"]
    assert [line.step for line in report.framework] == ["transfer"]
    isr, coadd = report.steps
    assert (isr.planned, isr.succeeded, isr.failed, isr.waiting, isr.causes) == (4, 2, 1, 1, {"memory": 1})
    assert (coadd.pruned, coadd.waiting) == (1, 0)
    assert (report.totals["planned"], report.totals["pruned"], report.totals["waiting"]) == (5, 1, 1)
    assert report.sites == {"a": {"executions": 3, "not_succeeded": 1, "wall_h": 20 / 3600}}
    assert report.started_at == datetime.fromtimestamp(100, UTC)


def test_a_summary_makes_its_tables():
    rows = [StepTally(StepKey(1, "p", "step", "isr"), 1, 0, fold([ran(1)]))]

    tables = summarise("night", rows, norms={}, events=[]).tables()

    assert [table.title for table in tables] == [
        "Steps of campaign night (unknown)", "Framework steps", "Deviations from the norm", "Slow instances", "Sites",
        "Datasets",
    ]  # fmt: skip
    assert tables[0].records()[0]["wall s max"] == 10.0
