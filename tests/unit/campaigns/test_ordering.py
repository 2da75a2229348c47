"""The order in which ready jobs are taken."""

import pytest

from campaigns.core.clustering import Cluster
from campaigns.core.ordering import Order, OrderKind
from tests.unit.campaigns.builders import grid, jobs_of, members, planned, rows, step

BIAS = step("bias", "detector", "biasRaw", "bias")
ISR = step("isr", "exposure detector", "raw bias", "image")
MEASURE = step("measure", "exposure detector", "image", "sources")
SUMMARY = step("summary", "exposure", "sources", "summary")
COLLECT = step("collect", "", "summary", "night")
STEPS = (BIAS, ISR, MEASURE, SUMMARY, COLLECT)
DATA = rows("raw", grid([1, 2], [1, 2])) + rows("biasRaw", grid([90], [1, 2]), first=50)

DEPTH_FIRST = Order(OrderKind.DEPTH_FIRST)


def taken(order, **options):
    jobs = sorted(jobs_of(planned(STEPS, DATA, order=order, **options)), key=lambda job: job.rank)
    return [(label, *data_id) for job in jobs for label, data_id in members(job, STEPS)]


def test_breadth_first_takes_step_after_step():
    assert [name for name, *_ in taken(Order())] == ["bias"] * 2 + ["isr"] * 4 + ["measure"] * 4 + ["summary"] * 2 + [
        "collect"
    ]


def test_depth_first_brings_one_exposure_to_its_end_before_the_next():
    assert taken(DEPTH_FIRST) == [
        ("bias", 1), ("isr", 1, 1), ("measure", 1, 1),
        ("bias", 2), ("isr", 1, 2), ("measure", 1, 2), ("summary", 1),
        ("isr", 2, 1), ("measure", 2, 1), ("isr", 2, 2), ("measure", 2, 2), ("summary", 2),
        ("collect",),
    ]  # fmt: skip


def test_by_exposure_takes_step_after_step_within_an_exposure():
    assert taken(Order(OrderKind.BY_DIMENSIONS, ("exposure",))) == [
        ("bias", 1), ("bias", 2),
        ("isr", 1, 1), ("isr", 1, 2), ("measure", 1, 1), ("measure", 1, 2), ("summary", 1),
        ("isr", 2, 1), ("isr", 2, 2), ("measure", 2, 1), ("measure", 2, 2), ("summary", 2),
        ("collect",),
    ]  # fmt: skip


def test_by_detector_the_gathers_come_last():
    assert taken(Order(OrderKind.BY_DIMENSIONS, ("detector",)))[-3:] == [("summary", 1), ("summary", 2), ("collect",)]


@pytest.mark.parametrize("order", [Order(), DEPTH_FIRST, Order(OrderKind.BY_DIMENSIONS, ("detector",))])
def test_ranks_are_unique_and_parents_never_rank_behind_their_children(order):
    jobs = {job.number: job for job in jobs_of(planned(STEPS, DATA, order=order))}
    assert sorted(job.rank for job in jobs.values()) == list(range(len(jobs)))
    assert all(jobs[parent].rank < job.rank for job in jobs.values() for parent in job.parents)


def test_clusters_are_ordered_as_a_whole():
    found = taken(DEPTH_FIRST, clusters=(Cluster("c", ("isr", "measure"), ("exposure",)),))
    assert [name for name, *_ in found] == [
        "bias", "bias", "isr", "measure", "isr", "measure", "summary", "isr", "measure", "isr", "measure", "summary",
        "collect",
    ]  # fmt: skip
