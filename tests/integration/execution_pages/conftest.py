"""A small operational world: one site, one workflow of two images, an attempt that ended and left its log."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from execution.core.states import InstanceState, JobState
from execution.models import Attempt, Job, Node, Site, StepInstance, Workflow
from provenance import ledger
from provenance.core.facts import ExecutionFact, ExecutionKind, LogFact, Outcome, OutputFact
from tests.factories import (
    NOON,
    job_of,
    log_of,
    make_attempt,
    make_node,
    make_site,
    make_software,
    make_workflow,
    set_instances,
    set_job,
)

STDOUT = b"bias subtracted\nflat divided\n"
STDERR = b"warning: <script>alert(1)</script> \x1b[31mred\x1b[0m\n"


@dataclass(frozen=True, slots=True)
class World:
    """What the tests point at."""

    site: Site
    node: Node
    workflow: Workflow
    job: Job
    instance: StepInstance
    attempt: Attempt


@pytest.fixture
def logs(tmp_path: Path, settings: Any) -> Path:
    """The log folder, of this test alone."""
    settings.DATA, settings.LOGS = tmp_path, tmp_path / "logs"
    return tmp_path / "logs"


@pytest.fixture
def world(db: None, logs: Path) -> World:
    """isr of exposure 7, detector 3 has failed in its one attempt; everything else waits."""
    site = make_site()
    make_software()
    workflow = make_workflow(images=[(7, 3), (7, 4)], program="deep")
    job = job_of(workflow)
    attempt = make_attempt(job, site, is_open=False, outcome="failed", cause="payload", exit_code=1, message="no flat")
    set_instances(job, InstanceState.FAILED)
    job = set_job(job, JobState.FAILED, site=site)
    instance = StepInstance.objects.get(job=job)
    keep_log(logs, attempt, STDOUT + STDERR)
    ledger.collected([fact(attempt, instance, log_of(attempt))])
    return World(site, make_node(site), workflow, job, instance, attempt)


def keep_log(logs: Path, attempt: Attempt, body: bytes) -> Path:
    """Put a bundle where the collector would."""
    path = logs / log_of(attempt)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def fact(attempt: Attempt, instance: StepInstance, log: str) -> ExecutionFact:
    """What the collector would tell of it."""
    workflow = instance.workflow
    return ExecutionFact(
        kind=ExecutionKind.STEP, campaign=workflow.campaign, run=1, payload=workflow.payload, workflow=workflow.name,
        job=attempt.job_id, instance=instance.pk, step=instance.step, data_id={"exposure": 7, "detector": 3},
        token=attempt.token, attempt=attempt.number, site="local", host="node1", software="demo-1.0", version="1.0.3",
        environment={"PATH": "/bin"}, outcome=Outcome.FAILED, cause="payload", message="no flat", exit_code=1,
        started_at=NOON, ended_at=NOON, wall_s=12.5, cpu_s=11.0, memory_mb=512.0,
        outputs=(OutputFact("post", {"exposure": 7, "detector": 3}, "night/post.fits", 17, "ab" * 32),),
        log=LogFact(log, len(STDOUT + STDERR)), stdout=(0, len(STDOUT)), stderr=(len(STDOUT), len(STDERR)),
    )  # fmt: skip


Reader = Callable[..., Any]
