"""Whether steps can share a job."""

from campaigns.core.merging import disagreements
from execution.core.workflow import Request


def test_steps_that_ask_for_different_amounts_can_share_a_job():
    requests = {"isr": Request(memory_mb=4096, walltime_s=60), "measure": Request(cpus=4, disk_mb=7, retries=0)}
    assert disagreements(["isr", "measure"], requests) == []


def test_what_a_job_can_have_only_once_must_agree():
    requests = {"isr": Request(queue="fast"), "measure": Request(queue="slow"), "sum": Request(queue="fast")}
    assert disagreements(["isr", "measure"], requests) == [
        "steps isr and measure cannot share a job: queue is 'fast' for isr and 'slow' for measure"
    ]
    assert disagreements(["isr", "sum"], requests) == []


def test_every_disagreement_is_told():
    one, other = Request(account="a", retry_unless_exit=(1, 2)), Request()
    assert disagreements(["isr", "measure"], {"isr": one, "measure": other}) == [
        "steps isr and measure cannot share a job: accountingGroup is 'a' for isr and not set for measure",
        "steps isr and measure cannot share a job: retryUnlessExit is [1, 2] for isr and [] for measure",
    ]


def test_each_need_is_told_once_however_many_steps_differ():
    requests = {"a": Request(queue="x"), "b": Request(queue="y"), "c": Request(queue="z")}
    assert len(disagreements(["a", "b", "c"], requests)) == 1
