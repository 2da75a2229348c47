"""The Workflow value: what the planner hands to execution, jobs in order with their step instances and inputs.

Columns of plain tuples instead of objects where there is one per step instance: a payload of a million instances must
fit into memory, so an instance costs a few hundred bytes here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

MAX_JOBS = 50_000
"""A workflow never has more jobs than this; the planner begins the next one."""


class Need(StrEnum):
    """How much of an input type a step instance cannot do without (LDM-636 0031)."""

    REQUIRED = "required"
    AT_LEAST = "at-least"
    OPTIONAL = "optional"


class OnFailure(StrEnum):
    """What a failed step instance means for its workflow (LDM-636 0013)."""

    STOP = "stop"
    CONTINUE = "continue"
    TOLERATE = "tolerate"


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """`fraction` is failed ÷ planned instances of the step, read with TOLERATE only."""

    kind: OnFailure = OnFailure.CONTINUE
    fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input type of a step; `at_least` is read with AT_LEAST only."""

    type: str
    need: Need = Need.REQUIRED
    at_least: int = 0

    def minimum(self, planned: int) -> int:
        """Least number of present datasets when `planned` of them were foreseen."""
        match self.need:
            case Need.REQUIRED:
                return planned
            case Need.AT_LEAST:
                return self.at_least
            case _:
                return 0


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """An output type; `many` names the one dimension whose values only the run will tell."""

    type: str
    dimensions: tuple[str, ...]
    required: bool = True
    suffix: str = ""
    many: str | None = None
    metadata: tuple[str, ...] = ()
    check: str = ""


@dataclass(frozen=True, slots=True)
class StepSpec:
    """A step definition after all overrides, at its place in the payload."""

    label: str
    position: int
    dimensions: tuple[str, ...]
    command: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    on_failure: FailurePolicy = FailurePolicy()
    discover: str | None = None
    software: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What one step instance asks of a batch system; the names of ctrl_bps stand in `campaigns.core.schema`."""

    memory_mb: int = 2048
    cpus: int = 1
    disk_mb: int = 1024
    walltime_s: int = 3600
    memory_max_mb: int = 0
    memory_multiplier: float = 1.0
    retries: int = 2
    retry_unless_exit: tuple[int, ...] = ()
    queue: str = ""
    account: str = ""


class Input(NamedTuple):
    """One dataset that an instance reads: known already (`dataset` id) or made by instance number `producer`.

    `dataset` is 0 and `producer` is -1 where they do not apply. `data_id` holds values in the order of the type's
    dimensions.
    `producer` counts instances over the whole plan of the payload.
    """

    type: str
    data_id: tuple[Any, ...]
    dataset: int
    producer: int


class Instance(NamedTuple):
    """One step definition on one data ID; `step` indexes `Workflow.steps`, `number` counts over the whole plan."""

    number: int
    step: int
    data_id: tuple[Any, ...]
    inputs: tuple[Input, ...]


class Job(NamedTuple):
    """What a batch system receives; `parents` are numbers of earlier jobs of the same plan, perhaps of earlier
    workflows.

    A job without instances is a barrier: it ends as soon as its parents have, and keeps parents x children edges apart.
    `rank` orders ready jobs of one workflow, lowest first.
    """

    number: int
    label: str
    rank: int
    parents: tuple[int, ...]
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """All that the workflows of one planned payload share; stored once by its hash.

    `requests`: site name -> step label -> Request; the sites are those the payload may use.
    `types`: dataset type name -> its dimensions, in the order that data IDs use.
    """

    campaign: str
    run: int
    payload: str
    steps: tuple[StepSpec, ...]
    types: Mapping[str, tuple[str, ...]]
    requests: Mapping[str, Mapping[str, Request]]
    persist: Mapping[str, str] = field(default_factory=dict)
    avoid_nodes: tuple[str, ...] = ()
    depth_first: bool = False
    verify: bool = True
    logs: str = "all"
    unexpected: str = "save"


@dataclass(frozen=True, slots=True)
class Workflow:
    """One DAG of at most MAX_JOBS jobs; `jobs` can be read once and comes in an order in which parents precede
    children.

    `point` is the label of the discovering step below which this workflow lies, empty for what was known at submission.
    """

    name: str
    blueprint: Blueprint
    jobs: Iterator[Job]
    priority: int = 0
    share: float = 1.0
    point: str = ""


def text_of(dimensions: tuple[str, ...], data_id: tuple[Any, ...]) -> str:
    """The one canonical text of a data ID, `detector=3,exposure=7`: sorted by dimension, used as key, name and
    label.
    """
    return ",".join(sorted(f"{name}={value}" for name, value in zip(dimensions, data_id, strict=True)))
