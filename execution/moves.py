"""The only writer of job and step instance states: conditional updates by the tables, counters in the same
transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from execution.core.states import INSTANCE, JOB, InstanceState, JobState
from execution.models import Job, StepInstance, Tally

Key = tuple[int, str, str, str]
"""Workflow id, kind (job or instance), label, state."""


class Deltas:
    """What a transaction adds to the counters; written at its end in one statement, in key order so that
    nobody deadlocks.
    """

    def __init__(self) -> None:
        self.by_key: Counter[Key] = Counter()

    def add(self, workflow: int, kind: str, label: str, state: str, n: int) -> None:
        """`n` more rows (fewer, when negative) in `state`."""
        self.by_key[workflow, kind, label, state] += n

    def write(self) -> None:
        """Add all to the stored counters."""
        rows = sorted((key, n) for key, n in self.by_key.items() if n)
        self.by_key.clear()
        for start in range(0, len(rows), 100):
            part = rows[start : start + 100]
            places = ", ".join(["(%s, %s, %s, %s, %s)"] * len(part))
            sql = (
                f"INSERT INTO {Tally._meta.db_table} (workflow_id, kind, label, state, n) VALUES {places} "  # noqa: S608
                f"ON CONFLICT (workflow_id, kind, label, state) DO UPDATE SET n = {Tally._meta.db_table}.n + excluded.n"
            )
            with connection.cursor() as cursor:
                cursor.execute(sql, [value for key, n in part for value in (*key, n)])


def move(
    ids: Iterable[int], to: JobState, *, now: datetime, deltas: Deltas, fields: Mapping[str, Any] | None = None
) -> set[int]:
    """Bring those of the jobs that may follow the table into state `to`, and say which they were.

    Late or repeated news finds a job in a state that does not lead to `to` and changes nothing. `fields` are
    further columns
    of the same update. Runs in the caller's transaction.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    sources = [s.value for s in JOB.sources(to)]
    found = (
        Job.objects.select_for_update()
        .filter(pk__in=wanted, state__in=sources)
        .order_by("pk")
        .values_list("pk", "state", "workflow_id", "label")
    )
    groups: dict[str, list[int]] = defaultdict(list)
    for pk, state, workflow, label in found:
        groups[state].append(pk)
        deltas.add(workflow, "job", label, state, -1)
        deltas.add(workflow, "job", label, to.value, 1)
    moved: set[int] = set()
    for state, pks in groups.items():
        n = Job.objects.filter(pk__in=pks, state=state).update(state=to.value, state_at=now, **(fields or {}))
        if n != len(pks):
            raise transaction.TransactionManagementError(f"{len(pks) - n} jobs left {state} under a row lock")
        moved.update(pks)
    return moved


class Moved(NamedTuple):
    """A step instance that was brought into another state."""

    id: int
    workflow: int
    step: str
    former: str
    exposure: int | None
    detector: int | None


def move_instances(ids: Iterable[int], to: InstanceState, *, deltas: Deltas) -> list[Moved]:
    """Bring those step instances that may follow the table into state `to`, and say which they were."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    sources = [s.value for s in INSTANCE.sources(to)]
    rows = StepInstance.objects.select_for_update().filter(pk__in=wanted, state__in=sources).order_by("pk")
    found = [Moved(*row) for row in rows.values_list("pk", "workflow_id", "step", "state", "exposure", "detector")]
    for row in found:
        deltas.add(row.workflow, "instance", row.step, row.former, -1)
        deltas.add(row.workflow, "instance", row.step, to.value, 1)
    StepInstance.objects.filter(pk__in=[row.id for row in found]).update(state=to.value)
    return found


def instances_of(jobs: Iterable[int], states: Iterable[InstanceState]) -> list[int]:
    """Ids of the step instances of these jobs that are in one of these states."""
    wanted = list(jobs)
    if not wanted:
        return []
    chosen = StepInstance.objects.filter(job_id__in=wanted, state__in=[s.value for s in states])
    return list(chosen.values_list("pk", flat=True))
