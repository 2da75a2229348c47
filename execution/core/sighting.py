"""What a batch system says of jobs and nodes now, in our words, with its own word kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

BatchId = NewType("BatchId", str)
"""The name a batch system gave to one job; for a member of an array the member's own (`123_4`)."""


class Phase(StrEnum):
    """Where a job stands in a batch system. UNKNOWN is a word the driver does not know: it says nothing."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a job or step instance did not succeed."""

    PAYLOAD = "payload"
    WALLTIME = "walltime"
    MEMORY = "memory"
    INPUT = "input"
    OUTPUT = "output"
    SETUP = "setup"
    SOFTWARE = "software"
    NODE = "node"
    PREEMPTED = "preempted"
    CANCELLED = "cancelled"
    LOST = "lost"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One job as its batch system sees it; `word` is the batch system's own, times are aware UTC.

    Of `exit_code` and `signal` at most one is set, and only when ended; `cause` where the batch system names one.
    """

    batch_id: BatchId
    token: str | None
    phase: Phase
    word: str
    exit_code: int | None = None
    signal: int | None = None
    cause: Cause | None = None
    host: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


Sightings = Mapping[BatchId, Sighting]
"""The jobs that were seen. One that is missing here has not ended: it was not seen."""


@dataclass(frozen=True, slots=True)
class NodeSighting:
    """One machine of a site; `load` is the one-minute load average, `word` the batch system's own for its state."""

    name: str
    word: str
    usable: bool
    cpus: int
    memory_mb: int
    load: float | None = None
    running: int | None = None
    reason: str = ""
