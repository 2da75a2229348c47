"""Barriers between many parents and many children."""

from campaigns.core.splitting import Split
from campaigns.core.universe import Table
from tests.unit.campaigns.builders import grid, jobs_of, planned, rows, step

BIAS = step("bias", "detector", "biasRaw", "bias")
WARP = step("summary", "exposure", "bias", "summary")


def data(exposures, detectors):
    return rows("biasRaw", grid([900], range(detectors))) + rows(
        "raw", grid(range(exposures), range(detectors)), 10_000
    )


def test_each_with_each_goes_through_a_barrier():
    made = planned([BIAS, WARP], data(exposures=30, detectors=20))
    jobs = jobs_of(made)
    assert made.counts.barriers == 1 and made.counts.total_jobs == len(jobs) == 20 + 1 + 31
    barrier = jobs[20]
    assert (barrier.label, barrier.instances, barrier.parents) == ("summary.barrier", (), tuple(range(20)))
    assert {job.parents for job in jobs[21:]} == {(20,)}


def test_the_instances_still_read_everything():
    made = planned([BIAS, WARP], data(exposures=30, detectors=20))
    assert [len(job.instances[0].inputs) for job in jobs_of(made)[21:]] == [20] * 31


def test_few_parents_need_no_barrier():
    assert planned([BIAS, WARP], data(exposures=30, detectors=7)).counts.barriers == 0


def test_few_children_need_no_barrier():
    assert planned([BIAS, WARP], data(exposures=1, detectors=100)).counts.barriers == 0


def test_a_gather_needs_no_barrier():
    isr = step("isr", "exposure detector", "raw", "image")
    gather = step("summary", "exposure", "image", "summary")
    assert planned([isr, gather], data(exposures=30, detectors=20)).counts.barriers == 0


def test_a_child_keeps_the_parents_that_are_its_own():
    isr = step("isr", "exposure detector", "raw", "image")
    both = step("summary", "exposure", "bias image", "summary")
    made = planned([BIAS, isr, both], data(exposures=30, detectors=9))
    children = [job for job in jobs_of(made) if job.label == "summary"]
    assert made.counts.barriers == 1
    assert all(len(job.parents) == 1 + 9 for job in children)


def test_numbers_stay_in_order_and_parents_before_children():
    made = planned([BIAS, WARP], data(exposures=30, detectors=20), split=Split(("exposure",)))
    jobs = jobs_of(made)
    assert [job.number for job in jobs] == list(range(len(jobs)))
    assert all(parent < job.number for job in jobs for parent in job.parents)


def test_a_barrier_goes_into_the_workflow_of_its_first_child():
    made = planned([BIAS, WARP], data(exposures=30, detectors=20), split=Split(("exposure",)))
    labels = [[job.label for job in workflow.jobs] for workflow in made.workflows()]
    assert labels[0] == ["bias"] * 20
    assert labels[1] == ["summary.barrier", "summary"]
    assert labels[2] == ["summary"]


def test_groups_with_parents_of_their_own_have_barriers_of_their_own():
    halves = Table("halves", ("detector", "tile"), [(number, number // 10) for number in range(20)])
    warp = step("warp", "tile exposure", "bias", "warp")
    made = planned([BIAS, warp], data(exposures=30, detectors=20), tables=(halves,))
    barriers = [job for job in jobs_of(made) if not job.instances]
    assert [job.parents for job in barriers] == [tuple(range(10)), tuple(range(10, 20))]
