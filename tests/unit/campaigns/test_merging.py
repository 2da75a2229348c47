"""What the instances of one job ask for together."""

import pytest

from campaigns.core.merging import disagreements, merge
from campaigns.core.problem import PlanError
from execution.core.workflow import Request

ISR = Request(memory_mb=4096, cpus=1, disk_mb=100, walltime_s=60, memory_max_mb=8192, memory_multiplier=1.5, retries=1)
MEASURE = Request(memory_mb=2048, cpus=4, disk_mb=10, walltime_s=600, memory_multiplier=2.0, retries=5)
REQUESTS = {"isr": ISR, "measure": MEASURE}


def test_the_largest_of_memory_cpus_retries_and_multiplier_counts():
    merged = merge({"isr": 1, "measure": 1}, REQUESTS)
    assert (merged.memory_mb, merged.cpus, merged.memory_max_mb, merged.memory_multiplier, merged.retries) == (
        4096, 4, 8192, 2.0, 5,
    )  # fmt: skip


def test_disk_and_wall_time_add_up_over_all_instances():
    merged = merge({"isr": 9, "measure": 2}, REQUESTS)
    assert (merged.disk_mb, merged.walltime_s) == (920, 1740)


def test_a_job_of_one_instance_asks_for_what_its_step_asks():
    assert merge({"isr": 1}, REQUESTS) == ISR


def test_steps_without_instances_do_not_count():
    assert merge({"isr": 1, "measure": 0}, REQUESTS) == ISR


def test_what_a_job_can_have_only_once_must_agree():
    requests = {"isr": Request(queue="fast"), "measure": Request(queue="slow"), "sum": Request(queue="fast")}
    with pytest.raises(PlanError) as caught:
        merge({"isr": 1, "measure": 1}, requests)
    assert str(caught.value) == (
        "steps isr and measure cannot share a job: queue is 'fast' for isr and 'slow' for measure"
    )
    assert merge({"isr": 1, "sum": 1}, requests).queue == "fast"


def test_every_disagreement_is_told():
    one, other = Request(account="a", retry_unless_exit=(1, 2)), Request()
    assert disagreements(["isr", "measure"], {"isr": one, "measure": other}) == [
        "steps isr and measure cannot share a job: accountingGroup is 'a' for isr and not set for measure",
        "steps isr and measure cannot share a job: retryUnlessExit is [1, 2] for isr and [] for measure",
    ]


def test_an_empty_job_asks_for_nothing():
    with pytest.raises(ValueError, match="without instances"):
        merge({}, REQUESTS)
