"""Workflow generation as a framework step: measured, and recorded with software and machine (LDM-636 0052)."""

import hashlib
import os
import platform
import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.planner_lease import Held
from provenance import ledger
from provenance.core.facts import ExecutionFact, ExecutionKind, Outcome

_KIB = 1024


@dataclass(slots=True)
class Measured:
    """When a generation took place and what it cost; the memory is the process's peak."""

    started_at: datetime
    ended_at: datetime | None = None
    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory_mb: float = 0.0

    @property
    def shown(self) -> dict[str, float]:
        """The figures that a page shows."""
        return {"wall_s": round(self.wall_s, 3), "cpu_s": round(self.cpu_s, 3), "memory_mb": round(self.memory_mb, 1)}


@contextmanager
def measuring() -> Iterator[Measured]:
    """Measure what is done inside."""
    found, wall, cpu = Measured(timezone.now()), time.monotonic(), time.process_time()
    try:
        yield found
    finally:
        found.ended_at, found.wall_s, found.cpu_s = timezone.now(), time.monotonic() - wall, time.process_time() - cpu
        found.memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB


def record(campaign: Campaign, held: Held, payloads: Mapping[str, Measured], *, point: str = "") -> None:
    """One execution of kind generation for each payload, inside the caller's transaction, as its last act."""
    ledger.collected([_fact(campaign, held, payload, found, point) for payload, found in payloads.items()])


def record_refusal(campaign: Campaign, held: Held, why: str) -> None:
    """A generation that came to nothing, with the reason."""
    now = timezone.now()
    fact = _fact(campaign, held, "", Measured(now, now), "")
    ledger.collected([replace(fact, outcome=Outcome.FAILED, message=why[:500])])


def _fact(campaign: Campaign, held: Held, payload: str, found: Measured, point: str) -> ExecutionFact:
    return ExecutionFact(
        kind=ExecutionKind.GENERATION, campaign=campaign.name, run=campaign.run, payload=payload,
        step=point or "generation", token=_token(campaign, held, payload, point), outcome=Outcome.SUCCEEDED,
        host=platform.node(), software="bpsportal", version=settings.VERSION,
        environment={"python": platform.python_version(), "pid": str(os.getpid())},
        started_at=found.started_at, ended_at=found.ended_at, wall_s=found.wall_s, cpu_s=found.cpu_s,
        memory_mb=found.memory_mb,
    )  # fmt: skip


def _token(campaign: Campaign, held: Held, payload: str, point: str) -> str:
    """An identity that the same generation always has and no other one."""
    digest = hashlib.sha256(f"{campaign.name}/{campaign.run}/{payload}/{point}".encode()).hexdigest()[:16]
    return f"plan-{held.pk}-{held.fence}-{digest}"[:40]
