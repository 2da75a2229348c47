"""The catalog: all that exists and that a document may name, as plain values that the caller fills in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.core.config import Layer
from campaigns.core.pipeline import DatasetType, Pipeline
from campaigns.core.universe import DatasetRow, Table


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """A site and what its largest node has; 0 where that is not known."""

    name: str
    memory_mb: int = 0
    cpus: int = 0
    disk_mb: int = 0
    walltime_s: int = 0


@dataclass(frozen=True, slots=True)
class SoftwareEntry:
    """A software version and the sites that have it."""

    name: str
    sites: frozenset[str]
    production: bool = False


@dataclass(frozen=True, slots=True)
class CampaignEntry:
    """A campaign that exists; `document` is the data of its document, for subcampaigns to inherit from."""

    name: str
    document: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 500


@dataclass(frozen=True, slots=True)
class Catalog:
    """What documents are checked against. `pipelines`: name -> version -> pipeline.

    `types` are the dataset types of which datasets are known, `columns` the metadata that can be selected by, `events`
    the closed list of what can be notified. `datasets` is read, perhaps more than once, to see whether a selection is
    empty; None leaves that to the planner. A campaign that is being revised must not be among `campaigns`.
    """

    pipelines: Mapping[str, Mapping[int, Pipeline]] = field(default_factory=dict)
    software: Mapping[str, SoftwareEntry] = field(default_factory=dict)
    sites: Mapping[str, SiteEntry] = field(default_factory=dict)
    campaigns: Mapping[str, CampaignEntry] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    types: Mapping[str, DatasetType] = field(default_factory=dict)
    columns: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    layers: tuple[Layer, ...] = ()
    datasets: Iterable[DatasetRow] | None = None
