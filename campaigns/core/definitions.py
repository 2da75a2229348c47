"""Models of all other documents: pipelines, software, sites, layers, datasets and data-ID tables."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from campaigns.core.complaints import Fault, Faults, Part, found_kind
from campaigns.core.fields import (
    AbsolutePath,
    Count,
    DataValue,
    Delay,
    Fraction,
    Identifier,
    Line,
    Mebibytes,
    Name,
    Port,
    Scalar,
    Seconds,
    Sha256,
    SizeBytes,
    Text,
    Token,
)
from execution.core.workflow import InputSpec, Need

_NEED = WithJsonSchema({"anyOf": [{"enum": ["required", "optional"]}, {"type": "object"}]})


def _need(value: object) -> InputSpec:
    """`required`, `optional` or `{atLeast: 2}`; the type is filled in later."""
    if value in (Need.REQUIRED, Need.OPTIONAL):
        return InputSpec("", Need(str(value)))
    if isinstance(value, dict) and set(value) == {"atLeast"}:
        least = value["atLeast"]
        if isinstance(least, int) and not isinstance(least, bool) and least > 0:
            return InputSpec("", Need.AT_LEAST, least)
        raise ValueError(f"atLeast must be a whole number of 1 or more, not {found_kind(least)}")
    raise ValueError(f"must be required, optional or {{atLeast: 1}}, not {found_kind(value)}")


def _rows(value: object) -> object:
    """Lists of scalars (or nothing) as tuples, with every fault at its place."""
    if not isinstance(value, list):
        raise ValueError(f"must be a list of rows, not {found_kind(value)}")
    faults: list[Fault] = []
    for at, row in enumerate(value):
        if not isinstance(row, list):
            faults.append(((at,), f"must be a list of values, not {found_kind(row)}"))
            continue
        if len(row) != len(value[0] if isinstance(value[0], list) else row):
            faults.append(((at,), f"has {len(row)} values, the first one {len(value[0])}"))
        for place, item in enumerate(row):
            if item is not None and not isinstance(item, str | int | float):
                faults.append(((at, place), f"must be a text, a number, true or false, not {found_kind(item)}"))
    if faults:
        raise Faults(faults[:MAX_ROW_FAULTS])
    return tuple(map(tuple, value))


MAX_ROW_FAULTS = 100
"""Faults of a table's rows that are told; the rest are mostly the same."""


class DatasetTypePart(Part):
    """A named kind of data and its dimensions."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"dimensions"})

    dimensions: list[Identifier | None] | None = None
    format: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$", max_length=20)] | None = None
    metadata: list[Text | None] | None = None
    check: Name | None = None


class StepPart(Part):
    """A step definition; what else stands here are settings of the step (requestMemory, config, ...)."""

    model_config = ConfigDict(extra="allow")
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"dimensions", "command"})

    dimensions: list[Identifier | None] | None = None
    inputs: dict[Name, Annotated[InputSpec, BeforeValidator(_need), _NEED]] | None = None
    outputs: dict[Name, Literal["required", "optional"]] | None = None
    command: Annotated[list[Text | None], Field(min_length=1, max_length=1000)] | None = None


class PipelineDocument(Part):
    """A versioned sequence of step definitions over dataset types."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"pipeline", "version", "dataset_types", "steps"})

    pipeline: Name | None = None
    version: Count | None = None
    description: Text | None = None
    dataset_types: dict[Name, DatasetTypePart] | None = None
    steps: Annotated[dict[Name, StepPart], Field(min_length=1, max_length=2000)] | None = None


class SoftwareAt(Part):
    """How one site sets the software up: shell lines, or what the kind needs."""

    setup: list[Line | None] | None = None
    image: Line | None = None
    modules: list[Token | None] | None = None
    tag: Token | None = None


class SoftwareDocument(Part):
    """One named software environment, and where it is available."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"software", "kind", "sites"})

    software: Name | None = None
    kind: Literal["venv", "eups", "container", "modules", "script"] | None = None
    description: Text | None = None
    reference: Line | None = None
    sites: dict[Name, SoftwareAt | None] | None = None
    probe: list[Line | None] | None = None
    environment: list[Identifier | None] | None = None
    production: bool | None = None


class Ssh(Part):
    """How a site is reached over SSH."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"hosts", "user", "key", "host_keys"})

    hosts: Annotated[list[Token | None], Field(min_length=1)] | None = None
    port: Port | None = None
    user: Token | None = None
    key: Name | None = None
    host_keys: Annotated[list[Line | None], Field(min_length=1)] | None = None


class Transport(Part):
    """One way to reach a site; without one it is this machine."""

    ssh: Ssh | None = None
    local: dict[str, Any] | None = None


class Staging(Part):
    """The staging area of a site; transfers stop at `high` and what nobody needs is removed down to `low`."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"path"})

    path: AbsolutePath | None = None
    capacity: SizeBytes | None = None
    high: Fraction | None = None
    low: Fraction | None = None


class Limits(Part):
    """How much may be asked of a site at once."""

    queued: Count | None = None
    running: Count | None = None
    commands_per_minute: Count | None = None
    channels: Count | None = None
    walltime: Seconds | None = None


class Offers(Part):
    """What the largest node of a site has."""

    architecture: Token | None = None
    memory: Mebibytes | None = None
    cpus: Count | None = None
    disk: Mebibytes | None = None
    features: list[Token | None] | None = None


class SiteDocument(Part):
    """A computational platform: its batch system, how to reach it, what it offers."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"site", "driver", "workdir"})

    site: Name | None = None
    driver: Literal["local", "slurm", "htcondor", "gridengine", "pbs"] | None = None
    description: Text | None = None
    transport: Transport | None = None
    workdir: AbsolutePath | None = None
    shared: bool | None = None
    staging: Staging | None = None
    limits: Limits | None = None
    offers: Offers | None = None
    directives: Annotated[list[Line | None], Field(max_length=100)] | None = None
    interval: Seconds | None = None
    grace: Delay | None = None


class LayerHead(Part):
    """What a layer is about."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"scope"})

    scope: Literal["global", "site", "campaign", "payload", "step"] | None = None
    target: Annotated[str, Field(max_length=250)] | None = None
    reason: Text | None = None


class LayerDocument(Part):
    """One source of configuration."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"layer", "config"})

    layer: LayerHead | None = None
    config: dict[str, Any] | None = None


class DatasetHead(Part):
    """One existing file and what it is."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"type", "data_id", "path"})

    type: Name | None = None
    data_id: dict[Identifier, DataValue] | None = None
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    metadata: Annotated[dict[str, Scalar | None], Field(max_length=1000)] | None = None


class DatasetDocument(Part):
    """Registers a dataset."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"dataset"})

    dataset: DatasetHead | None = None


class TableDocument(Part):
    """A data-ID table: values that belong together, row by row."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"table", "columns", "rows"})

    table: Name | None = None
    description: Text | None = None
    columns: Annotated[list[Identifier | None], Field(min_length=1, max_length=50)] | None = None
    rows: Annotated[Any, BeforeValidator(_rows), WithJsonSchema({"type": "array", "items": {"type": "array"}})] = None
