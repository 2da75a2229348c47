"""Plans that wait for datasets nobody can foresee, and what is planned once they are there."""

import pytest

from campaigns.core.discovery import OpenPoint
from campaigns.core.planner import Start, plan, plan_below
from tests.unit.campaigns.builders import data_ids, grid, inputs_of, jobs_of, rows, spec_of, step

ISR = step("isr", "exposure detector", "raw", "image")
FIND = step("find", "exposure detector", "image", "sources bright", discover="bright")
STAMP = step("stamp", "exposure detector source", "bright image", "stamp")
GALLERY = step("gallery", "exposure", "stamp:1", "gallery")
SUMMARY = step("summary", "exposure", "sources", "summary")
STEPS = (ISR, FIND, STAMP, GALLERY, SUMMARY)
RAW = rows("raw", grid([1, 2], [1, 2]), band="r")


def made_so_far(exposures=(1, 2), detectors=(1, 2), found=()):
    return [*rows("image", grid(exposures, detectors), first=100), *rows("bright", found, first=200)]


def test_steps_below_a_discovering_step_are_left_out_at_first():
    assert set(data_ids(plan(spec_of(STEPS, RAW)))) == {"isr", "find", "summary"}


def test_the_open_point_says_what_it_waits_for():
    assert plan(spec_of(STEPS, RAW)).open_points == (
        OpenPoint("find", waits_for=("isr", "find"), after=(), region=("stamp", "gallery")),
    )


def test_a_plan_without_discovery_has_no_open_points():
    assert plan(spec_of((ISR, SUMMARY), RAW)).open_points == ()


def test_a_discovering_step_of_which_nobody_reads_opens_nothing():
    assert plan(spec_of((ISR, FIND), RAW)).open_points == ()


def test_what_lies_below_is_planned_from_the_datasets_really_made():
    below = plan_below(spec_of(STEPS, RAW), "find", made_so_far(found=[(1, 1, 5), (1, 2, 9), (1, 2, 3)]))
    assert data_ids(below) == {"stamp": [(1, 1, 5), (1, 2, 3), (1, 2, 9)], "gallery": [(1,)]}
    assert inputs_of(below, "stamp", (1, 2, 3)) == [("bright", (1, 2, 3)), ("image", (1, 2))]
    assert below.open_points == () and below.point == "find"


def test_what_was_made_before_is_an_existing_dataset():
    below = plan_below(spec_of(STEPS, RAW), "find", made_so_far(found=[(1, 1, 5)]))
    (stamp, gallery) = jobs_of(below)
    assert [(item.type, item.dataset, item.producer) for item in stamp.instances[0].inputs] == [
        ("bright", 200, -1), ("image", 100, -1),
    ]  # fmt: skip
    assert (gallery.parents, gallery.instances[0].inputs[0].producer) == ((0,), 0)


def test_workflows_below_name_their_point():
    below = plan_below(spec_of(STEPS, RAW), "find", made_so_far(found=[(1, 1, 5)]))
    assert [(item.name, item.point) for item in below.workflows()] == [("calibrate.find", "find")]


def test_numbers_can_go_on_where_the_first_plan_ended():
    below = plan_below(spec_of(STEPS, RAW), "find", made_so_far(found=[(1, 1, 5)]), Start(instance=10, job=20))
    (stamp, gallery) = jobs_of(below)
    assert (stamp.number, stamp.instances[0].number) == (20, 10)
    assert (gallery.number, gallery.parents, gallery.instances[0].inputs[0].producer) == (21, (20,), 10)


def test_instances_below_index_the_steps_of_the_whole_payload():
    below = plan_below(spec_of(STEPS, RAW), "find", made_so_far(found=[(1, 1, 5)]))
    assert [job.instances[0].step for job in jobs_of(below)] == [2, 3]


def test_nothing_found_gives_an_empty_plan():
    assert plan_below(spec_of(STEPS, RAW), "find", made_so_far()).is_empty


def test_the_selection_holds_below_as_well():
    spec = spec_of(STEPS, RAW, where="band = 'r' and exposure = 1")
    below = plan_below(spec, "find", made_so_far(found=[(1, 1, 5)]))
    assert data_ids(below)["stamp"] == [(1, 1, 5)]


def test_discovered_data_need_not_know_what_the_selection_asks_for():
    night = step("find", "", "image", "bright", discover="bright")
    assert data_ids(plan(spec_of((ISR, night), RAW, where="exposure = 1")))["find"] == [()]


def test_a_step_without_region_cannot_be_planned_below():
    with pytest.raises(ValueError, match="step isr has nothing to discover below it"):
        plan_below(spec_of(STEPS, RAW), "isr", [])


NESTED = (
    ISR,
    FIND,
    step("stamp", "exposure detector", "bright image", "stamp", discover="stamp"),
    step("gallery", "exposure", "stamp:1 summary?", "gallery"),
    SUMMARY,
)


def test_each_point_opens_the_next():
    spec = spec_of(NESTED, RAW)
    assert plan(spec).open_points == (OpenPoint("find", ("isr", "find"), (), ("stamp",)),)
    first = plan_below(spec, "find", made_so_far(found=[(1, 1, 5)]))
    assert data_ids(first) == {"stamp": [(1, 1)]}
    assert first.open_points == (OpenPoint("stamp", ("stamp", "summary"), ("find",), ("gallery",)),)
    second = plan_below(spec, "stamp", [*made_so_far(found=[(1, 1, 5)]), *rows("stamp", [(1, 1, 7)], first=300)])
    assert data_ids(second) == {"gallery": [(1,)]}
    assert second.open_points == ()


def test_a_step_below_two_points_waits_for_both():
    steps = (
        ISR,
        FIND,
        step("cut", "exposure detector", "image", "stamp", discover="stamp"),
        step("use", "exposure", "bright stamp", "gallery"),
        step("look", "exposure", "bright", "summary"),
    )
    assert plan(spec_of(steps, RAW)).open_points == (
        OpenPoint("find", ("find",), (), ("look",)),
        OpenPoint("cut", ("find", "cut"), (), ("use",)),
    )
