"""Tallies: kept one by one, merged in parts or folded at once, they are the same."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provenance.core.rollup import KEPT_NAMES, KEPT_SLOW, Ran, Tally, differences, fold

NUMBER = st.one_of(st.none(), st.floats(0, 1e6))
RUNS = st.lists(
    st.builds(
        Ran,
        execution=st.integers(1, 10**6),
        data_id=st.just("exposure=7"),
        outcome=st.sampled_from(["succeeded", "failed", "skipped", "cancelled"]),
        final=st.booleans(),
        attempt=st.integers(1, 3),
        site=st.sampled_from(["", "a", "b"]),
        software=st.sampled_from(["", "demo"]),
        version=st.sampled_from(["1", "2"]),
        recipe=st.sampled_from([f"r{n:03d}" for n in range(60)]),
        cause=st.sampled_from(["", "memory"]),
        started_s=NUMBER,
        ended_s=NUMBER,
        wall_s=NUMBER,
        cpu_s=NUMBER,
        memory_mb=NUMBER,
        read_bytes=st.one_of(st.none(), st.integers(0, 10**12)),
        write_bytes=st.one_of(st.none(), st.integers(0, 10**12)),
    ),
    max_size=80,
    unique_by=lambda ran: ran.execution,
)


def ran(execution: int = 1, **more: Any) -> Ran:
    """An execution of ten seconds that succeeded."""
    usual = Ran(
        execution,
        "exposure=7",
        "succeeded",
        True,
        1,
        "local",
        "demo",
        "3.11",
        "r1",
        "",
        100.0,
        110.0,
        10.0,
        8.0,
        50.0,
        5,
        6,
    )
    return usual._replace(**more)


def test_successes_fill_the_histograms_and_failures_the_waste():
    tally = fold([ran(1), ran(2, outcome="failed", cause="memory", wall_s=2.0, attempt=2, ended_s=120.0)])

    assert tally.executions == tally.finals == {"succeeded": 1, "failed": 1}
    assert (tally.wall.n, tally.wall.total, tally.wasted_milli, tally.wall_milli) == (1, 10.0, 2000, 12000)
    assert (tally.causes, tally.retries, tally.read_bytes) == ({"memory": 1}, 1, 10)
    assert (tally.first_s, tally.last_s) == (100.0, 120.0)
    assert tally.sites == {"local": [2, 1, 1, 10000]}
    assert tally.software == {"demo\t3.11": 2}


def test_a_superseded_outcome_is_taken_back():
    tally = fold([ran(1, outcome="failed"), ran(2)])
    tally.supersede("failed")
    assert tally.finals == {"succeeded": 1}
    assert tally.executions == {"succeeded": 1, "failed": 1}


def test_datasets_that_come_to_nothing_leave_no_trace():
    tally = Tally()
    tally.made("raw", 1, 100)
    tally.made("raw", -1, -100)
    assert tally == Tally()


def test_the_slowest_are_remembered_slowest_first():
    tally = fold([ran(n, wall_s=float(n)) for n in range(1, 100)])
    assert [slow.execution for slow in tally.slowest] == list(range(99, 99 - KEPT_SLOW, -1))


def test_names_without_end_do_not_fill_a_tally():
    tally = fold([ran(n, recipe=f"r{n:04d}") for n in range(500)])
    assert len(tally.recipes) == KEPT_NAMES


@given(RUNS, st.integers(0, 80), st.randoms())
def test_adding_merging_and_folding_agree(runs: list[Ran], cut: int, random: Any):
    shuffled = list(runs)
    random.shuffle(shuffled)
    left, right = fold(shuffled[:cut]), Tally.from_json(json.loads(json.dumps(fold(shuffled[cut:]).to_json())))
    right.merge(left)

    assert right.to_json() == fold(runs).to_json()


@given(RUNS)
def test_a_tally_survives_json(runs: list[Ran]):
    tally = fold(runs)
    assert Tally.from_json(json.loads(json.dumps(tally.to_json()))) == tally


def test_differences_are_named_by_their_path():
    kept = {"finals": {"succeeded": 2}, "retries": 1}
    true = {"finals": {"succeeded": 3, "failed": 1}, "retries": 1}
    assert differences(kept, true) == ["finals.failed: None, should be 1", "finals.succeeded: 2, should be 3"]
