"""Preview: what a plan would run, step by step, before anything is submitted."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.core.discovery import OpenPoint
from campaigns.core.instances import Omission
from campaigns.core.planner import Plan
from execution.core.workflow import Request


@dataclass(frozen=True, slots=True)
class PreviewStep:
    """One step: its instances, the jobs that have some of them, and core hours. `is_measured` says that the hours come
    from earlier executions; otherwise they are what is asked for, which is an upper bound. With `is_open` nothing is
    planned yet, because it lies below a discovering step.
    """

    step: str
    cluster: str
    instances: int
    jobs: int
    core_hours: float
    is_measured: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The steps in the order of the payload and the sums; with `is_at_least` more will follow at the open points."""

    steps: tuple[PreviewStep, ...]
    instances: int
    jobs: int
    barriers: int
    workflows: int
    core_hours: float
    is_at_least: bool
    open_points: tuple[OpenPoint, ...]
    omissions: tuple[Omission, ...]


def preview(plan: Plan, requests: Mapping[str, Request], typical_s: Mapping[str, float] | None = None) -> Preview:
    """Counts and core hours of a plan. `requests`: step label -> request; `typical_s`: step label -> median wall time
    of earlier instances in seconds, where known.
    """
    cluster_of = {
        step.spec.label: item.label
        for item in plan.jobs.bundles
        for step in item.steps
        if item.label != step.spec.label
    }
    jobs = plan.steps_per_job()
    typical = typical_s or {}
    rows = []
    for step in plan.spec.blueprint.steps:
        label = step.label
        instances = plan.counts.instances.get(label, 0)
        request = requests.get(label, Request())
        hours = instances * request.cpus * typical.get(label, request.walltime_s) / 3600
        is_open = label not in plan.counts.instances
        cluster = cluster_of.get(label, "")
        rows.append(PreviewStep(label, cluster, instances, jobs.get(label, 0), hours, label in typical, is_open))
    return Preview(
        steps=tuple(rows),
        instances=plan.counts.total_instances,
        jobs=plan.counts.total_jobs,
        barriers=plan.counts.barriers,
        workflows=plan.counts.workflows,
        core_hours=sum(row.core_hours for row in rows),
        is_at_least=bool(plan.open_points),
        open_points=plan.open_points,
        omissions=plan.omissions,
    )
