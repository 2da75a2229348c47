"""Instances into jobs: by dimensions, at most so large, at most so many, never in a circle."""

import pytest

from campaigns.core.clustering import Cluster, cluster_faults
from campaigns.core.problem import PlanError
from tests.unit.campaigns.builders import grid, jobs_of, members, planned, rows, step

ISR = step("isr", "exposure detector", "raw", "image")
MEASURE = step("measure", "exposure detector", "image", "sources")
SUMMARY = step("summary", "exposure", "sources:1", "summary")
STEPS = (ISR, MEASURE, SUMMARY)


def jobs(cluster, exposures, detectors, steps=STEPS):
    made = planned(steps, rows("raw", grid(exposures, detectors)), clusters=(cluster,))
    return [(job.label, members(job, steps)) for job in jobs_of(made)]


def sizes(cluster, exposures, detectors, steps=STEPS):
    return [len(inside) for label, inside in jobs(cluster, exposures, detectors, steps) if label == cluster.name]


def test_without_clusters_every_instance_is_a_job():
    made = planned(STEPS, rows("raw", grid([1, 2], [1])))
    assert [members(job, STEPS) for job in jobs_of(made)] == [
        [("isr", (1, 1))], [("isr", (2, 1))], [("measure", (1, 1))], [("measure", (2, 1))],
        [("summary", (1,))], [("summary", (2,))],
    ]  # fmt: skip


def test_a_cluster_has_one_job_for_each_value_of_its_dimensions():
    assert jobs(Cluster("perExposure", ("isr", "measure"), ("exposure",)), [1, 2], [4, 5]) == [
        ("perExposure", [("isr", (1, 4)), ("measure", (1, 4)), ("isr", (1, 5)), ("measure", (1, 5))]),
        ("perExposure", [("isr", (2, 4)), ("measure", (2, 4)), ("isr", (2, 5)), ("measure", (2, 5))]),
        ("summary", [("summary", (1,))]),
        ("summary", [("summary", (2,))]),
    ]


def test_members_stand_after_what_they_read():
    assert jobs(Cluster("whole", ("summary", "measure", "isr"), ("exposure",)), [1], [4, 5]) == [
        ("whole", [("isr", (1, 4)), ("isr", (1, 5)), ("measure", (1, 4)), ("measure", (1, 5)), ("summary", (1,))])
    ]


def test_jobs_of_a_cluster_wait_for_nothing_inside_it():
    made = planned(STEPS, rows("raw", grid([1], [4, 5])), clusters=(Cluster("c", ("isr", "measure"), ("exposure",)),))
    assert [(job.label, job.parents) for job in jobs_of(made)] == [("c", ()), ("summary", (0,))]


def test_a_largest_size_keeps_what_belongs_together_in_one_job():
    found = jobs(Cluster("c", ("isr", "measure"), ("exposure",), max_size=5), [1], [1, 2, 3], (ISR, MEASURE))
    assert [inside for _, inside in found] == [
        [("isr", (1, 1)), ("measure", (1, 1)), ("isr", (1, 2)), ("measure", (1, 2))],
        [("isr", (1, 3)), ("measure", (1, 3))],
    ]


def test_a_size_below_that_cuts_in_order():
    made = planned((ISR, MEASURE), rows("raw", grid([1], [1, 2])),
                   clusters=(Cluster("c", ("isr", "measure"), ("exposure",), max_size=1),))  # fmt: skip
    assert [(members(job, (ISR, MEASURE)), job.parents) for job in jobs_of(made)] == [
        ([("isr", (1, 1))], ()), ([("measure", (1, 1))], (0,)), ([("isr", (1, 2))], ()), ([("measure", (1, 2))], (2,)),
    ]  # fmt: skip


def test_steps_with_different_dimensions_are_cut_step_after_step():
    assert sizes(Cluster("c", ("isr", "measure", "summary"), ("exposure",), max_size=3), [1], [1, 2]) == [3, 2]


def test_a_cluster_without_dimensions_takes_everything():
    assert sizes(Cluster("c", ("isr",)), [1, 2, 3], [1, 2], (ISR,)) == [6]
    assert sizes(Cluster("c", ("isr",), max_size=4), [1, 2, 3], [1, 2], (ISR,)) == [4, 2]


def test_a_largest_number_of_jobs_puts_neighbours_together():
    found = jobs(Cluster("c", ("isr",), ("exposure",), max_jobs=2), [1, 2, 3, 4, 5], [1], (ISR,))
    assert [[data_id[0] for _, data_id in inside] for _, inside in found] == [[1, 2, 3], [4, 5]]


def test_fewer_jobs_than_allowed_stay_as_they_are():
    assert sizes(Cluster("c", ("isr",), ("exposure",), max_jobs=9), [1, 2], [1], (ISR,)) == [1, 1]


def test_a_size_and_a_number_that_contradict_each_other_are_refused():
    with pytest.raises(
        PlanError, match="c: 6 instances do not fit into 2 jobs of at most 2; raise maxClusters or maxSize"
    ):
        jobs(Cluster("c", ("isr",), ("exposure",), max_size=2, max_jobs=2), [1, 2, 3], [1, 2], (ISR,))


def test_a_step_that_no_cluster_names_stays_single():
    assert sizes(Cluster("c", ("isr",), ("exposure",)), [1, 2], [1, 2]) == [2, 2]


def test_two_clusters_depend_on_each_other_like_steps():
    clusters = (Cluster("b", ("measure",), ("exposure",)), Cluster("a", ("isr",), ("exposure",)))
    made = planned(STEPS, rows("raw", grid([1, 2], [1, 2])), clusters=clusters)
    assert [(job.label, job.parents) for job in jobs_of(made)] == [
        ("a", ()), ("a", ()), ("b", (0,)), ("b", (1,)), ("summary", (2,)), ("summary", (3,)),
    ]  # fmt: skip


def test_a_cluster_that_would_wait_for_itself_is_refused_with_its_circle():
    use = step("use", "exposure detector", "summary sources", "plot")
    cluster = Cluster("c", ("measure", "use"), ("exposure", "detector"))
    assert list(cluster_faults((*STEPS, use), (cluster,))) == [
        ("c", "the cluster would have to wait for itself: summary → c → summary")
    ] or list(cluster_faults((*STEPS, use), (cluster,))) == [
        ("c", "the cluster would have to wait for itself: c → summary → c")
    ]
    with pytest.raises(PlanError, match="wait for itself"):
        planned((*STEPS, use), rows("raw", grid([1], [1])), clusters=(cluster,))


def test_two_clusters_that_wait_for_each_other_are_refused():
    a, b = Cluster("a", ("isr", "summary"), ("exposure",)), Cluster("b", ("measure",), ("exposure",))
    ((name, message),) = cluster_faults(STEPS, (a, b))
    assert name in ("a", "b") and "a → b" in message


def test_a_step_can_be_in_one_cluster_only():
    a, b = Cluster("a", ("isr",), ("exposure",)), Cluster("b", ("isr", "measure"), ("exposure",))
    assert list(cluster_faults(STEPS, (a, b))) == [("b", "step isr is in clusters a and b; it can be in one only")]
    assert list(cluster_faults(STEPS, (Cluster("a", ("isr", "isr")),))) == [
        ("a", "step isr is in cluster a twice; it can be in one only")
    ]


def test_unknown_steps_and_unfit_dimensions_are_told():
    assert list(cluster_faults(STEPS, (Cluster("a", ("isrr", "summary"), ("detector",)),))) == [
        ("a", "there is no step isrr (did you mean isr?)"),
        ("a", "step summary has no dimension detector, it has exposure"),
    ]


def test_a_cluster_may_bear_the_name_of_its_own_step_only():
    assert list(cluster_faults(STEPS, (Cluster("isr", ("isr",)),))) == []
    assert next(cluster_faults(STEPS, (Cluster("isr", ("measure",)),))) == (
        "isr", "a cluster cannot bear the name of a step outside it",
    )  # fmt: skip
