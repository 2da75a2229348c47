"""Specs: what a checked document says, complete and without faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.core.clustering import Cluster
from campaigns.core.config import Layer
from campaigns.core.ordering import Order
from campaigns.core.pipeline import Pipeline
from campaigns.core.selection import Selection
from campaigns.core.splitting import Split


@dataclass(frozen=True, slots=True)
class Deadline:
    """Either a moment, or so many seconds after an event that the data say (`acquisition.end`)."""

    at: datetime | None = None
    after: str = ""
    within_s: int = 0


@dataclass(frozen=True, slots=True)
class NoticeSpec:
    """Who is told by mail about an event; `longer_than_s` is the operator's threshold for events about duration."""

    event: str
    to: tuple[str, ...]
    longer_than_s: int = 0


@dataclass(frozen=True, slots=True)
class PayloadSpec:
    """A payload: its pipelines as one, its data, and how instances become jobs and workflows.

    `layers` are those that its document brings: payload and steps. `sites` are the ones that it may use, and
    `avoid_nodes` names or patterns of nodes that it may not.
    """

    name: str
    pipeline: Pipeline
    where: Selection | None = None
    exclude: tuple[Mapping[str, Any], ...] = ()
    inputs: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    order: Order = field(default_factory=Order)
    clusters: tuple[Cluster, ...] = ()
    split: Split = field(default_factory=Split)
    layers: tuple[Layer, ...] = ()
    sites: tuple[str, ...] = ()
    avoid_nodes: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class CampaignSpec:
    """A campaign; `layer` is its own one, `data` the document with variables filled in and everything inherited."""

    name: str
    payloads: tuple[PayloadSpec, ...]
    layer: Layer
    data: Mapping[str, Any]
    program: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    parent: str = ""
    priority: int = 500
    share: float = 1.0
    deadline: Deadline | None = None
    notices: tuple[NoticeSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class SoftwareSpec:
    """A software version; `sites`: site -> how it is set up there, keys as in the document."""

    name: str
    kind: str
    sites: Mapping[str, Mapping[str, Any]]
    description: str = ""
    reference: str = ""
    probe: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    production: bool = False


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """A site; mappings keep the keys of the document, sizes in MiB (staging capacity: bytes), times in seconds."""

    name: str
    driver: str
    workdir: str
    description: str = ""
    transport: Mapping[str, Any] = field(default_factory=dict)
    shared: bool = False
    staging: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    offers: Mapping[str, Any] = field(default_factory=dict)
    directives: tuple[str, ...] = ()
    interval_s: int = 0
    grace_s: int = 0


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """A file that exists already and what it is."""

    type: str
    data_id: Mapping[str, str | int]
    path: str
    sha256: str = ""
    size: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
