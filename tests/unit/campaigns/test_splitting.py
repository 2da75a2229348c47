"""Jobs into workflows: by dimensions, by size, never waiting for a later one."""

from campaigns.core import planner
from campaigns.core.clustering import Cluster
from campaigns.core.splitting import Split
from tests.unit.campaigns.builders import grid, members, planned, rows, step

BIAS = step("bias", "detector", "biasRaw", "bias")
ISR = step("isr", "exposure detector", "raw bias", "image")
SUMMARY = step("summary", "exposure", "image", "summary")
COLLECT = step("collect", "", "summary", "night")
STEPS = (BIAS, ISR, SUMMARY, COLLECT)
DATA = rows("raw", grid([1, 2, 3], [1, 2])) + rows("biasRaw", grid([90], [1, 2]), first=50)


def workflows(split, steps=STEPS, datasets=DATA, **options):
    made = planned(steps, datasets, split=split, **options)
    return [(item.name, [members(job, steps) for job in item.jobs]) for item in made.workflows()]


def labels(found):
    return [(name, [(label, *data_id) for job in jobs for label, data_id in job]) for name, jobs in found]


def assert_parents_come_first(made):
    seen = set()
    for workflow in made.workflows():
        for job in workflow.jobs:
            assert set(job.parents) <= seen
            seen.add(job.number)


def test_without_a_split_there_is_one_workflow_with_the_payloads_name():
    assert [name for name, _ in workflows(Split())] == ["calibrate"]


def test_each_value_has_a_workflow_and_what_has_none_goes_before_or_after():
    assert labels(workflows(Split(("exposure",)))) == [
        ("calibrate.001", [("bias", 1), ("bias", 2)]),
        ("calibrate.002", [("isr", 1, 1), ("isr", 1, 2), ("summary", 1)]),
        ("calibrate.003", [("isr", 2, 1), ("isr", 2, 2), ("summary", 2)]),
        ("calibrate.004", [("isr", 3, 1), ("isr", 3, 2), ("summary", 3)]),
        ("calibrate.005", [("collect",)]),
    ]


def test_neighbouring_values_share_a_workflow_while_they_fit():
    found = labels(workflows(Split(("exposure",), 6), (ISR, SUMMARY), DATA + rows("bias", [(1,), (2,)], first=80)))
    assert [jobs for _, jobs in found] == [
        [("isr", 1, 1), ("isr", 1, 2), ("isr", 2, 1), ("isr", 2, 2), ("summary", 1), ("summary", 2)],
        [("isr", 3, 1), ("isr", 3, 2), ("summary", 3)],
    ]


def test_a_value_larger_than_the_limit_is_cut():
    found = workflows(Split(("exposure",), 2), (ISR, SUMMARY), DATA + rows("bias", [(1,), (2,)], first=80))
    assert [sum(map(len, jobs)) for _, jobs in found] == [2, 1, 2, 1, 2, 1]


def test_a_size_alone_cuts_in_order():
    found = workflows(Split((), 4), (ISR, SUMMARY), DATA + rows("bias", [(1,), (2,)], first=80))
    assert [sum(map(len, jobs)) for _, jobs in found] == [4, 4, 1]


def test_jobs_never_wait_for_a_later_workflow():
    for split in (Split(("exposure",)), Split(("detector",)), Split((), 3), Split(("exposure",), 4)):
        assert_parents_come_first(planned(STEPS, DATA, split=split))


def test_jobs_wait_across_workflows():
    made = planned(STEPS, DATA, split=Split(("exposure",)))
    by_name = {item.name: list(item.jobs) for item in made.workflows()}
    assert by_name["calibrate.002"][0].parents == (0,)
    assert by_name["calibrate.005"][0].parents == (4, 7, 10)


def test_a_cluster_across_values_is_kept_whole():
    cluster = Cluster("perDetector", ("isr",), ("detector",))
    found = workflows(Split(("exposure",)), clusters=(cluster,))
    assert [[len(job) for job in jobs] for _, jobs in found] == [[1, 1, 3, 3], [1], [1], [1], [1]]


def test_steps_between_two_stages_wait_for_the_whole_first_one():
    use = step("use", "exposure detector", "night image", "plot")
    found = labels(workflows(Split(("exposure",)), (*STEPS, use)))
    assert [jobs[0][0] for _, jobs in found] == ["bias", "isr", "isr", "isr", "collect", "use", "use", "use"]


def test_a_workflow_never_has_more_than_the_largest_number_of_jobs(monkeypatch):
    monkeypatch.setattr(planner, "MAX_JOBS", 5)
    assert [len(jobs) for _, jobs in workflows(Split())] == [5, 5, 2]


def test_the_counts_know_the_number_of_workflows_beforehand():
    assert planned(STEPS, DATA, split=Split(("exposure",))).counts.workflows == 5
