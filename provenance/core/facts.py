"""What the collector tells the ledger: the facts of one execution, its outputs and its log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

InputRef = int | tuple[str, str]
"""A dataset by id, or by (type, canonical data ID text) of the same campaign, run and payload."""


class ExecutionKind(StrEnum):
    """A pipeline step instance, or which framework step it was (LDM-636 0052)."""

    STEP = "step"
    GENERATION = "generation"
    DISPATCH = "dispatch"
    TRANSFER = "transfer"
    LOAD = "load"
    VERIFICATION = "verification"


class Outcome(StrEnum):
    """How an execution ended; `skipped` had not enough inputs when its turn came."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class DatasetState(StrEnum):
    """Where a dataset is in its life."""

    REGISTERED = "registered"
    PUBLISHED = "published"
    REMOVED = "removed"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class OutputFact:
    """One file made; `path` relative to the backbone, or absolute."""

    type: str
    data_id: Mapping[str, Any]
    path: str
    size_bytes: int
    sha256: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogFact:
    """The log bundle of an attempt."""

    path: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ExecutionFact:
    """One step instance, or one framework step, in one attempt.

    (`token`, `instance`, `kind`) is its identity: telling the same one again changes nothing. Framework steps that
    concern a whole job or payload have instance 0; each needs a token of its own (the attempt's, or one made up by the
    caller). `recipe` is the digest of what was to be done (step definition, result settings, software), the same for
    all instances of a step; its body is told once by `ledger.describe_recipes`. `attempt` counts from 1. `inputs` are
    the datasets that were really read, `missing_inputs` how many of those foreseen were not there. `stdout` and
    `stderr` are (offset, size) in the log. `final` is False where another attempt is going to follow.
    """

    kind: ExecutionKind
    campaign: str
    run: int
    payload: str
    step: str
    token: str
    outcome: Outcome
    workflow: str = ""
    job: int = 0
    instance: int = 0
    data_id: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1
    site: str = ""
    host: str = ""
    software: str = ""
    version: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    recipe: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    wall_s: float | None = None
    cpu_s: float | None = None
    memory_mb: float | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    cause: str = ""
    message: str = ""
    inputs: tuple[InputRef, ...] = ()
    missing_inputs: int = 0
    outputs: tuple[OutputFact, ...] = ()
    log: LogFact | None = None
    stdout: tuple[int, int] = (0, 0)
    stderr: tuple[int, int] = (0, 0)
    final: bool = True


@dataclass(frozen=True, slots=True)
class EventFact:
    """One line for the ledger of events; see `ledger.record`."""

    kind: str
    actor: str
    campaign: str = ""
    run: int = 0
    workflow: str = ""
    job: int | None = None
    step: str = ""
    site: str = ""
    data_id: str = ""
    why: str = ""
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TypeFact:
    """A dataset type: dimensions in order, format, metadata keys kept of each file, check that it has to pass."""

    name: str
    dimensions: tuple[str, ...]
    format: str = ""
    metadata: tuple[str, ...] = ()
    check: str = ""


@dataclass(frozen=True, slots=True)
class FileFact:
    """An existing file to register as a dataset; `path` absolute or relative to the backbone."""

    type: str
    data_id: Mapping[str, Any]
    path: str
    size_bytes: int | None = None
    sha256: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
