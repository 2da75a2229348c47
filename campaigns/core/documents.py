"""Models of the campaign document: what may stand where, before anything is looked up."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from campaigns.core.complaints import Fault, Faults, Part, found_kind, validate
from campaigns.core.definitions import DatasetTypePart, StepPart
from campaigns.core.fields import Count, Email, Identifier, Name, Scalar, Seconds, Text, data_value, moment
from campaigns.core.names import identifier_fault
from campaigns.core.ordering import Order, OrderKind

MAX_STEPS = 2000
"""Steps that anything can speak of; ten times as many as the largest pipelines have."""

SHORTHANDS = ("software", "priority", "share", "sites", "logs", "retry", "persist", "unexpected", "verify")
"""Keys of configuration that may also stand directly in a campaign or payload, outside `config`."""


class Acquisition(Part):
    """`{from: acquisition.end, within: 1200s}`: so long after an event that the data say."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"from_", "within"})

    from_: Annotated[Literal["acquisition.end", "acquisition.begin"] | None, Field(alias="from")] = None
    within: Seconds | None = None


def _deadline(value: object) -> object:
    """A moment, or an acquisition; faults inside the latter keep their places."""
    if not isinstance(value, dict):
        return moment(value)
    found, faults = validate(Acquisition, value)
    if faults:
        raise Faults(faults)
    return found


def _order(value: object) -> Order:
    """`breadth-first`, `depth-first` or `{by: [exposure]}`."""
    if value in (OrderKind.BREADTH_FIRST, OrderKind.DEPTH_FIRST):
        return Order(OrderKind(str(value)))
    if isinstance(value, dict) and set(value) == {"by"} and isinstance(value["by"], list) and value["by"]:
        names = value["by"][:100]
        faults = {at: _dimension_fault(name) for at, name in enumerate(names)}
        wrong: list[Fault] = [(("by", at), fault) for at, fault in faults.items() if fault]
        if wrong:
            raise Faults(wrong)
        return Order(OrderKind.BY_DIMENSIONS, tuple(names))
    raise ValueError(f"must be breadth-first, depth-first or {{by: [<dimension>, ...]}}, not {found_kind(value)}")


def _dimension_fault(name: object) -> str | None:
    return identifier_fault(name) if isinstance(name, str) else f"must be a dimension, not {found_kind(name)}"


def _choices(value: object) -> object:
    """One value of a data ID or a list of them; as a tuple."""
    values = value if isinstance(value, list) else [value]
    for item in values:
        data_value(item)
    return tuple(values)


def _parts(value: object) -> object:
    """`isr..visitSummary`, or a list of labels and ranges."""
    values = value if isinstance(value, list) else [value]
    if len(values) > MAX_STEPS:
        raise ValueError(f"must have {MAX_STEPS} or fewer parts")
    if not values or not all(isinstance(item, str) for item in values):
        raise ValueError(f"must be steps such as isr..visitSummary, or a list of them, not {found_kind(value)}")
    return value


Exclusion = dict[
    str, Annotated[Any, BeforeValidator(_choices), WithJsonSchema({"type": ["string", "integer", "array"]})]
]
Deadline = Annotated[
    Any,
    BeforeValidator(_deadline),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "object"}]}),
]
StepParts = Annotated[Any, BeforeValidator(_parts), WithJsonSchema({"type": ["string", "array"]})]


class Notice(Part):
    """Who is told by mail about which event."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"event", "to"})

    event: Text | None = None
    to: Annotated[list[Email | None], Field(min_length=1, max_length=100)] | None = None
    longer_than: Seconds | None = None


class InsertPart(StepPart):
    """A step definition that is not in the pipeline, and its place there."""

    REQUIRED: ClassVar[frozenset[str]] = StepPart.REQUIRED | {"step"}

    step: Name | None = None
    before: Name | None = None
    after: Name | None = None


class PipelineUse(Part):
    """A pipeline as a payload uses it: which version, which of its steps, which added, in which order."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"pipeline"})

    pipeline: Name | None = None
    version: Count | None = None
    steps: StepParts | None = None
    skip: Annotated[list[str | None], Field(max_length=MAX_STEPS)] | None = None
    insert: Annotated[list[InsertPart | None], Field(max_length=200)] | None = None
    order: Annotated[list[str | None], Field(max_length=MAX_STEPS)] | None = None
    dataset_types: Annotated[dict[Name, DatasetTypePart], Field(max_length=MAX_STEPS)] | None = None


class DataPart(Part):
    """Which data take part: a selection, exclusions, campaigns whose outputs are inputs, data-ID tables."""

    where: Annotated[str, Field(max_length=20_000)] | None = None
    exclude: Annotated[list[Exclusion | None], Field(max_length=100_000)] | None = None
    inputs: Annotated[list[Name | None], Field(max_length=1000)] | None = None
    tables: Annotated[list[Name | None], Field(max_length=100)] | None = None


class ClusterPart(Part):
    """Which steps share jobs."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"steps"})

    steps: Annotated[list[Name | None], Field(min_length=1, max_length=MAX_STEPS)] | None = None
    dimensions: Annotated[list[Identifier | None], Field(max_length=100)] | None = None
    max_size: Count | None = None
    max_clusters: Count | None = None


class SplitPart(Part):
    """How a payload becomes many workflows."""

    by: Annotated[list[Identifier | None], Field(max_length=100)] | None = None
    max_instances: Count | None = None


class PayloadPart(Part):
    """A sequence of pipelines over a selection of data. What else stands here are the SHORTHANDS."""

    model_config = ConfigDict(extra="allow")
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "pipelines"})

    name: Name | None = None
    description: Text | None = None
    pipelines: Annotated[list[PipelineUse | None], Field(min_length=1, max_length=100)] | None = None
    data: DataPart | None = None
    order: Annotated[Order, BeforeValidator(_order), WithJsonSchema({})] | None = None
    cluster: Annotated[dict[Name, ClusterPart], Field(max_length=1000)] | None = None
    split: SplitPart | None = None
    config: dict[str, Any] | None = None
    steps: Annotated[dict[str, dict[str, Any]], Field(max_length=MAX_STEPS)] | None = None


class CampaignDocument(Part):
    """What is wanted: payloads with their configuration and inputs. What else stands here are the SHORTHANDS."""

    model_config = ConfigDict(extra="allow")
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"campaign", "payloads"})

    campaign: Name | None = None
    program: Name | None = None
    description: Text | None = None
    tags: Annotated[list[Name | None], Field(max_length=50)] | None = None
    deadline: Deadline | None = None
    parent: Name | None = None
    variables: Annotated[dict[Identifier, Scalar], Field(max_length=1000)] | None = None
    config: dict[str, Any] | None = None
    notify: Annotated[list[Notice | None], Field(max_length=100)] | None = None
    payloads: Annotated[list[PayloadPart | None], Field(min_length=1, max_length=1000)] | None = None
