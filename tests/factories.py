"""Makers of operational rows as the engine leaves them: sites, workflows of jobs and instances, attempts, counters."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import Max

from execution import specs
from execution.core.naming import log_path
from execution.core.states import InstanceState, JobState
from execution.core.workflow import Blueprint, Input, InputSpec, OutputSpec, Request, StepSpec
from execution.core.workflow import Instance as PlannedInstance
from execution.core.workflow import Job as PlannedJob
from execution.models import (
    Attempt,
    Edge,
    Job,
    JobChunk,
    Node,
    Site,
    SoftwareVersion,
    StepInstance,
    Tally,
    Workflow,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""When everything here happened, if nothing else is said."""

STEPS = ("isr", "measure")
_serial = count(1)


def token() -> str:
    """One that no other attempt has."""
    return f"t{next(_serial):019d}"


def make_site(name: str = "local", **columns: Any) -> Site:
    """A site of this machine with two slots."""
    given = {"driver": "local", "workdir": "{data}/sites/" + name, "limits": {"running": 2, "queued": 200}} | columns
    return Site.objects.create(name=name, **given)


def make_node(site: Site, name: str = "node1", **columns: Any) -> Node:
    """A machine of the site."""
    return Node.objects.create(site=site, name=name, **{"state": "idle", "cpus": 64, "memory_mb": 262_144} | columns)


def make_software(name: str = "demo-1.0", sites: Iterable[str] = ("local",), **columns: Any) -> SoftwareVersion:
    """A virtual environment that is available at the sites."""
    given = {"kind": "venv", "sites": {site: {"setup": ["source /opt/demo/bin/activate"]} for site in sites}} | columns
    return SoftwareVersion.objects.create(name=name, **given)


def blueprint(
    campaign: str = "night",
    run: int = 1,
    payload: str = "calibrate",
    *,
    sites: Iterable[str] = ("local",),
    **parts: Any,
) -> Blueprint:
    """Two steps on exposure and detector: isr makes what measure reads."""
    image = ("exposure", "detector")
    steps = (
        StepSpec("isr", 0, image, ("true",), (InputSpec("raw"),), (OutputSpec("post", image, suffix=".fits"),),
                 software="demo-1.0"),
        StepSpec("measure", 1, image, ("true",), (InputSpec("post"),), (OutputSpec("catalog", image, suffix=".json"),),
                 software="demo-1.0"),
    )  # fmt: skip
    requests = {site: dict.fromkeys(STEPS, Request()) for site in sites}
    types = {"raw": image, "post": image, "catalog": image}
    return Blueprint(campaign, run, payload, steps, types, requests, **parts)


def make_workflow(
    name: str = "night/r1/calibrate/1",
    *,
    campaign: str = "night",
    sites: Iterable[str] = ("local",),
    images: Sequence[tuple[int, int]] = (),
    **columns: Any,
) -> Workflow:
    """A complete workflow; for each (exposure, detector) a job of isr and one of measure that waits for it.

    All jobs are waiting and counted so; `set_job` and `set_instance` bring them elsewhere.
    """
    given: dict[str, Any] = {"run": 1, "payload": "calibrate", "loading": False, "priority": 500} | columns
    plan = blueprint(campaign, given["run"], given["payload"], sites=sites)
    workflow = Workflow.objects.create(
        name=name, campaign=campaign, blueprint_id=specs.store_blueprint(plan), jobs=2 * len(images),
        instances=2 * len(images), **given,
    )  # fmt: skip
    specs.forget()
    if images:
        _fill(workflow, images)
    return workflow


def _fill(workflow: Workflow, images: Sequence[tuple[int, int]]) -> None:
    first = (Job.objects.aggregate(most=Max("pk"))["most"] or 0) + 1
    first_instance = (StepInstance.objects.aggregate(most=Max("pk"))["most"] or 0) + 1
    planned: list[PlannedJob] = []
    for image in images:
        raw, post = Input("raw", image, 1, -1), Input("post", image, 0, len(planned))
        number = len(planned)
        planned.append(PlannedJob(number, "isr", number, (), (PlannedInstance(number, 0, image, (raw,)),)))
        after = PlannedInstance(number + 1, 1, image, (post,))
        planned.append(PlannedJob(number + 1, "measure", number + 1, (number,), (after,)))
    body, digest = specs.encode(planned, first_instance)
    JobChunk.objects.create(workflow=workflow, number=0, body=body, digest=digest)
    Job.objects.bulk_create(
        Job(id=first + job.number, workflow=workflow, number=job.number, label=job.label, rank=job.rank, state_at=NOON,
            parents_left=len(job.parents), instances=1, chunk=0, place=job.number)
        for job in planned
    )  # fmt: skip
    StepInstance.objects.bulk_create(
        StepInstance(id=first_instance + i, job_id=first + job.number, workflow=workflow, step=job.label,
                     data_id="detector={1},exposure={0}".format(*job.instances[0].data_id),
                     exposure=job.instances[0].data_id[0], detector=job.instances[0].data_id[1])
        for i, job in enumerate(planned)
    )  # fmt: skip
    Edge.objects.bulk_create(
        Edge(parent=first + parent, child=first + job.number) for job in planned for parent in job.parents
    )
    count_again(workflow)


def job_of(workflow: Workflow, number: int = 0) -> Job:
    """The job with this number in the plan."""
    return Job.objects.get(workflow=workflow, number=number)


def set_job(job: Job, state: JobState, **columns: Any) -> Job:
    """Bring a job into a state as if it had come there, its counters with it."""
    Job.objects.filter(pk=job.pk).update(state=state, **{"state_at": NOON} | columns)
    count_again(job.workflow)
    return Job.objects.select_related("workflow", "site").get(pk=job.pk)


def set_instances(job: Job, state: InstanceState) -> None:
    """Bring the step instances of a job into a state, their counters with them."""
    StepInstance.objects.filter(job=job).update(state=state)
    count_again(job.workflow)


def make_attempt(job: Job, site: Site, **columns: Any) -> Attempt:
    """An open attempt, accepted a second after it was intended."""
    number = Attempt.objects.filter(job=job).count() + 1
    name = columns.pop("token", None) or token()
    given: dict[str, Any] = {
        "directory": f"/scratch/attempts/{name[:2]}/{name}", "intended_at": NOON, "batch_id": f"90{number}",
        "accepted_at": NOON + timedelta(seconds=1),
    } | columns  # fmt: skip
    Job.objects.filter(pk=job.pk).update(attempts=number)
    return Attempt.objects.create(job=job, number=number, token=name, site=site, **given)


def make_tally(workflow: Workflow, kind: str, label: str, counts: Mapping[str, int]) -> None:
    """Counters without the rows that they count."""
    for state, n in counts.items():
        Tally.objects.create(workflow=workflow, kind=kind, label=label, state=state, n=n)


def count_again(workflow: Workflow) -> None:
    """Make the counters of a workflow agree with its rows."""
    Tally.objects.filter(workflow=workflow).delete()
    jobs: Counter[tuple[str, str]] = Counter(Job.objects.filter(workflow=workflow).values_list("label", "state"))
    rows: Counter[tuple[str, str]] = Counter(
        StepInstance.objects.filter(workflow=workflow).values_list("step", "state")
    )
    for kind, found in (("job", jobs), ("instance", rows)):
        for (label, state), n in found.items():
            Tally.objects.create(workflow=workflow, kind=kind, label=label, state=state, n=n)


def log_of(attempt: Attempt) -> str:
    """Where the bundle of the attempt's streams is kept, below the log folder."""
    workflow = attempt.job.workflow
    return log_path(workflow.campaign, workflow.run, attempt.token)
