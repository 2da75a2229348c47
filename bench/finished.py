"""Fills a portal with finished work: campaigns of ten steps whose step instances have all succeeded, with
their executions.
"""

from datetime import timedelta
from itertools import islice

STEPS = 10
DETECTORS = 100
JOBS_PER_WORKFLOW = 50_000


def campaign(name: str, instances: int, *, executions: bool = True) -> None:
    """Store a campaign of about `instances` step instances, one a job, and mark everything as succeeded."""
    from django.db import transaction
    from django.utils import timezone

    from execution import workflows
    from execution.core.states import InstanceState, JobState
    from execution.core.target import Target
    from execution.core.workflow import Workflow as Planned
    from execution.models import Job, StepInstance, Tally, Workflow
    from tests.workflows import blueprint, step

    plan = blueprint(*(step(f"step{i}", i, dimensions=("exposure", "detector")) for i in range(STEPS)), campaign=name)
    rows = _jobs(instances)
    number = 0
    while part := list(islice(rows, JOBS_PER_WORKFLOW)):
        number += 1
        workflows.start(Planned(name=f"{name}/r1/calibrate/{number}", blueprint=plan, jobs=iter(part)))
    workflows.complete(Target(name, 1, "calibrate"))
    now = timezone.now()
    with transaction.atomic():
        mine = Workflow.objects.filter(campaign=name)
        Job.objects.filter(workflow__in=mine).update(state=JobState.SUCCEEDED, counted=True, parents_left=0)
        StepInstance.objects.filter(workflow__in=mine).update(state=InstanceState.SUCCEEDED)
        Tally.objects.filter(workflow__in=mine).update(state="succeeded")
        mine.update(ended_at=now)
    if executions:
        _executions(name, now - timedelta(hours=2))


def multiply(times: int) -> None:
    """Have the executions that are there stand `times` times more, as those of other attempts: rows for the indexes."""
    from django.db import connection

    from provenance.models import Execution

    table = Execution._meta.db_table
    columns = [field.column for field in Execution._meta.concrete_fields if not field.primary_key]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MAX(id) FROM {table}")
        last = cursor.fetchone()[0]
        for number in range(1, times + 1):
            given = [f"token || 'x{number}'" if column == "token" else column for column in columns]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(given)} FROM {table} WHERE id <= {last}"
            )


def _jobs(instances: int):  # type: ignore[no-untyped-def]
    from execution.core.workflow import Instance, Job

    for number in range(instances):
        image, step = divmod(number, STEPS)
        parents = (number - 1,) if step else ()
        data_id = divmod(image, DETECTORS)
        yield Job(number, f"step{step}", number, parents, (Instance(number, step, data_id, ()),))


def _executions(name: str, started_at):  # type: ignore[no-untyped-def]
    from django.db import transaction

    from execution.models import StepInstance
    from provenance import ledger
    from provenance.core.data_id import parse
    from provenance.core.facts import ExecutionFact, ExecutionKind, Outcome

    rows = StepInstance.objects.filter(workflow__campaign=name).order_by("pk")
    found = rows.values_list("pk", "job_id", "step", "data_id").iterator(2_000)
    while part := list(islice(found, 2_000)):
        facts = [
            ExecutionFact(
                kind=ExecutionKind.STEP,
                campaign=name,
                run=1,
                payload="calibrate",
                step=step,
                token=f"t{pk:019d}",
                outcome=Outcome.SUCCEEDED,
                workflow=f"{name}/r1/calibrate/1",
                job=job,
                instance=pk,
                data_id=parse(data_id),
                site="local",
                host=f"node{pk % 40}",
                software="bench-1",
                started_at=started_at,
                ended_at=started_at + timedelta(seconds=pk % 90),
                wall_s=float(pk % 90),
                cpu_s=float(pk % 80),
                memory_mb=float(500 + pk % 1000),
                read_bytes=10_000_000,
                write_bytes=10_000_000,
                exit_code=0,
            )
            for pk, job, step, data_id in part
        ]
        with transaction.atomic():
            ledger.collected(facts)
