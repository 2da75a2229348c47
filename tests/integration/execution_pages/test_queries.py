"""What campaigns and pages read: from counters, in a number of statements that does not grow with the work."""

from typing import Any

import pytest

from execution import queries
from execution.core.states import Wish
from execution.core.target import Target
from execution.models import OpenPoint, Tally, Workflow
from tests.factories import make_site, make_software, make_tally, make_workflow

pytestmark = pytest.mark.django_db


def empty_workflow(name: str, **columns: Any) -> Workflow:
    return make_workflow(name, **columns)


def test_counts_add_up_the_workflows_of_a_payload() -> None:
    for n in (1, 2):
        make_tally(
            empty_workflow(f"night/r1/calibrate/{n}"), "job", "isr", {"running": n, "succeeded": 10, "failed": 0}
        )
    found = queries.counts(Target("night", 1, "calibrate"))
    assert found == [queries.Count("job", "isr", "running", 3), queries.Count("job", "isr", "succeeded", 20)]


def test_counts_are_narrowed_to_run_payload_and_workflow() -> None:
    make_tally(empty_workflow("night/r1/a/1", payload="a"), "job", "isr", {"ready": 1})
    make_tally(empty_workflow("night/r1/a/2", payload="a"), "job", "isr", {"ready": 2})
    make_tally(empty_workflow("night/r1/b/1", payload="b"), "job", "isr", {"ready": 4})
    make_tally(empty_workflow("night/r2/a/1", payload="a", run=2), "job", "isr", {"ready": 8})
    make_tally(empty_workflow("day/r1/a/1", campaign="day", payload="a"), "job", "isr", {"ready": 16})
    assert [c.n for c in queries.counts(Target("night"))] == [15]
    assert [c.n for c in queries.counts(Target("night", 1))] == [7]
    assert [c.n for c in queries.counts(Target("night", 1, "a"))] == [3]
    assert [c.n for c in queries.counts(Target("night", workflow="night/r1/a/2"))] == [2]


def test_what_is_still_loading_does_not_count() -> None:
    make_tally(empty_workflow("night/r1/calibrate/1", loading=True), "job", "isr", {"waiting": 5})
    assert queries.counts(Target("night")) == []
    payload = queries.progress("night", 1).payloads["calibrate"]
    assert (payload.workflows, payload.loading, payload.jobs) == (0, 1, {})


def test_progress_says_how_far_each_payload_is() -> None:
    one = empty_workflow("night/r1/a/1", payload="a")
    make_tally(one, "job", "isr", {"running": 2, "succeeded": 1})
    make_tally(one, "instance", "isr", {"running": 18, "succeeded": 9})
    empty_workflow("night/r1/b/1", payload="b", stopped="1 of 9 instances of isr failed")
    payloads = queries.progress("night", 1).payloads
    assert sorted(payloads) == ["a", "b"]
    assert payloads["a"].jobs == {"running": 2, "succeeded": 1}
    assert payloads["a"].instances == {"running": 18, "succeeded": 9}
    assert payloads["a"].stopped == ()
    assert payloads["b"].stopped == ("1 of 9 instances of isr failed",)


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (["run", "run"], Wish.RUN),
        (["run", "pause"], Wish.RUN),
        (["pause", "pause"], Wish.PAUSE),
        (["pause", "stop"], Wish.PAUSE),
        (["stop", "run"], Wish.RUN),
        (["stop", "stop"], Wish.STOP),
    ],
)
def test_the_wish_of_a_payload_is_that_of_its_workflows(wishes: list[str], expected: Wish) -> None:
    for n, wish in enumerate(wishes):
        empty_workflow(f"night/r1/calibrate/{n}", wish=wish)
    assert queries.progress("night", 1).payloads["calibrate"].wish is expected


def point(step: str, waits_for: list[str], **columns: Any) -> None:
    OpenPoint.objects.create(campaign="night", run=1, payload="calibrate", step=step, waits_for=waits_for, **columns)


def points() -> dict[str, tuple[bool, bool]]:
    found = queries.progress("night", 1).payloads["calibrate"].points
    return {each.step: (each.open, each.upstream_finished) for each in found}


def test_an_open_point_waits_for_the_last_instance_above_it() -> None:
    make_tally(empty_workflow("night/r1/calibrate/1"), "instance", "isr", {"succeeded": 8, "running": 1})
    point("isr", ["isr"])
    assert points() == {"isr": (True, False)}
    Tally.objects.filter(state="running").update(state="failed")
    assert points() == {"isr": (True, True)}


def test_a_point_does_not_wait_for_steps_that_it_does_not_name() -> None:
    workflow = empty_workflow("night/r1/calibrate/1")
    make_tally(workflow, "instance", "isr", {"succeeded": 9})
    make_tally(workflow, "instance", "other", {"waiting": 5})
    point("isr", ["isr"])
    assert points() == {"isr": (True, True)}


def test_a_point_below_another_waits_until_that_one_is_closed() -> None:
    make_tally(empty_workflow("night/r1/calibrate/1"), "instance", "find", {"succeeded": 9})
    point("find", ["find"])
    point("cut", ["cut"])
    assert points() == {"find": (True, True), "cut": (True, False)}


def test_a_point_whose_upstream_turned_out_empty_is_finished() -> None:
    make_tally(empty_workflow("night/r1/calibrate/1"), "instance", "find", {"succeeded": 9})
    point("find", ["find"], open=False)
    point("cut", ["cut"])
    assert points()["cut"] == (True, True)


def test_progress_takes_three_statements_however_much_there_is(django_assert_num_queries: Any) -> None:
    for n in range(7):
        make_tally(empty_workflow(f"night/r1/p{n}/1", payload=f"p{n}"), "job", "isr", {"ready": 1_000_000})
        point_of = {"campaign": "night", "run": 1, "payload": f"p{n}", "step": "isr", "waits_for": ["isr"]}
        OpenPoint.objects.create(**point_of)
    with django_assert_num_queries(3):
        queries.progress("night", 1)
    with django_assert_num_queries(1):
        queries.counts(Target("night", 1))


def test_sites_say_what_they_offer() -> None:
    make_site(
        "big", offers={"memory": 524_288, "cpus": 64, "architecture": "x86_64", "features": ["avx2"]}, shared=False
    )
    make_site("plain", paused=True, trouble="Unreachable: no route")
    big, plain = queries.sites()
    assert (big.memory_mb, big.cpus, big.architecture, big.features) == (524_288, 64, "x86_64", ("avx2",))
    assert (big.shared, big.paused) == (False, False)
    assert (plain.memory_mb, plain.cpus, plain.features) == (None, None, ())
    assert (plain.paused, plain.trouble) == (True, "Unreachable: no route")


def test_software_says_where_it_is() -> None:
    make_software("w_2026_10", ["far", "local"], kind="eups", production=True, reference="w_2026_10", digest="ab" * 32)
    (found,) = queries.software()
    assert (found.name, found.kind, found.production, found.sites) == ("w_2026_10", "eups", True, ("far", "local"))


def test_states_of_many_workflows_take_one_statement(django_assert_num_queries: Any) -> None:
    running = empty_workflow("night/r1/calibrate/1")
    make_tally(running, "job", "isr", {"running": 1})
    done = empty_workflow("night/r1/calibrate/2")
    make_tally(done, "job", "isr", {"succeeded": 1})
    make_tally(done, "instance", "isr", {"succeeded": 1})
    with django_assert_num_queries(1):
        states = queries.states_of_workflows([running, done])
    assert states == {running.pk: "running", done.pk: "succeeded"}
