"""The catalog: what documents are checked against and plans are made from, read as it is needed and no more."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db.models import Exists, Max, OuterRef, QuerySet

from campaigns import notices
from campaigns.core.catalog import CampaignEntry, Catalog, SiteEntry, SoftwareEntry
from campaigns.core.config import Layer
from campaigns.core.definition_faults import check_pipeline
from campaigns.core.document import Document
from campaigns.core.findings import Findings
from campaigns.core.keys import Scope
from campaigns.core.pipeline import DatasetType, Pipeline
from campaigns.core.universe import DatasetRow, Row, Table
from campaigns.models import Campaign, ConfigLayer, DataIdTable, PipelineVersion
from execution import queries as work
from provenance import queries as history
from provenance.core.data_id import parse

SAMPLE = 200
"""Datasets of each type that tell which columns there are, and whether a selection has any data at all."""

V = TypeVar("V")


class Lazy(Mapping[str, V], Generic[V]):
    """Names that are known at once, with values that are read when somebody asks for one."""

    def __init__(self, names: Iterable[str], read: Any) -> None:
        self._names, self._read = dict.fromkeys(names), read
        self._found: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Rows(Sequence[Row]):
    """The rows of a stored table, unpacked when somebody looks at the first of them."""

    def __init__(self, pk: int, count: int) -> None:
        self._pk, self._count = pk, count
        self._rows: list[Row] | None = None

    def _unpacked(self) -> list[Row]:
        if self._rows is None:
            packed = DataIdTable.objects.values_list("rows", flat=True).get(pk=self._pk)
            self._rows = [tuple(item) for item in json.loads(zlib.decompress(packed))]
        return self._rows

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return self._unpacked()[at]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._unpacked())


@dataclass(frozen=True, slots=True)
class Pins:
    """Which versions count: those given, or with None the newest of everything."""

    layers: Sequence[tuple[str, str, int]] | None = None
    tables: Mapping[str, int] | None = None


NEWEST = Pins()


@dataclass(frozen=True, slots=True)
class Datasets:
    """Existing datasets of some types, read anew each time somebody looks: registered ones, and campaigns' outputs."""

    types: Mapping[str, tuple[str, ...]]
    campaigns: tuple[str, ...] = ()
    sampled: bool = False
    """Whether some of each type come first, for those who only want to see whether there are any; they come again."""

    def __iter__(self) -> Iterator[DatasetRow]:
        for name in self.types if self.sampled else ():
            yield from self._rows([name], SAMPLE)
        yield from self._rows(list(self.types), None)

    def _rows(self, types: list[str], limit: int | None) -> Iterator[DatasetRow]:
        inputs = [(name, None) for name in self.campaigns]
        for known in islice(history.datasets_for_planning(types, inputs), limit):
            yield _row(self.types[known.type], known.type, known.data_id, known.dataset, known.metadata)


def load(*, revised: str = "", pins: Pins = NEWEST) -> Catalog:
    """All that exists; `revised` names the campaign whose own document is checked, which is not in its own way."""
    types = types_in_use()
    return Catalog(
        pipelines=pipelines(),
        software={
            item.name: SoftwareEntry(item.name, frozenset(item.sites), item.production) for item in work.software()
        },
        sites={site.name: _site(site) for site in work.sites()},
        campaigns=Lazy(Campaign.objects.exclude(name=revised).values_list("name", flat=True), _campaign),
        tables=tables(pins.tables),
        types=types,
        columns=_columns(types),
        events=notices.NOTIFIABLE,
        layers=layers(pins.layers),
        datasets=Datasets({name: item.dimensions for name, item in types.items()}),
    )


def pipelines() -> Mapping[str, Mapping[int, Pipeline]]:
    """Every pipeline in every version; a definition is read when it is looked at."""
    names = PipelineVersion.objects.order_by("pipeline__name").values_list("pipeline__name", flat=True).distinct()
    return Lazy(names, _versions)


def layers(pinned: Sequence[tuple[str, str, int]] | None = None) -> tuple[Layer, ...]:
    """The newest version of every layer, or exactly the pinned ones."""
    rows = newest_layers() if pinned is None else _exactly(pinned)
    return tuple(
        Layer(Scope(row.scope), row.target, row.values, row.version, row.author, row.at, row.reason) for row in rows
    )


def newest_layers() -> list[ConfigLayer]:
    """The row that counts for each scope and target."""
    newest = ConfigLayer.objects.values("scope", "target").annotate(last=Max("id")).values("last").order_by()
    return list(ConfigLayer.objects.filter(pk__in=newest).order_by("pk"))


def tables(pinned: Mapping[str, int] | None = None) -> Mapping[str, Table]:
    """The newest version of every data ID table, or the pinned ones; rows are unpacked late."""
    known = pinned if pinned is not None else newest_tables()

    def read(name: str) -> Table:
        row = DataIdTable.objects.only("columns", "count").get(name=name, version=known[name])
        return Table(name, tuple(row.columns), Rows(row.pk, row.count))

    return Lazy(known, read)


def newest_tables() -> dict[str, int]:
    """Name -> newest version."""
    return dict(DataIdTable.objects.values_list("name").annotate(last=Max("version")).order_by("name"))


def software_digests(names: Iterable[str]) -> dict[str, str]:
    """What the named software versions are now, "" for one that is gone."""
    known = {item.name: item.digest for item in work.software()}
    return {name: known.get(name, "") for name in names}


def made(campaign: str, run: int, payload: str, types: Mapping[str, tuple[str, ...]]) -> Iterator[DatasetRow]:
    """What a payload has made of some types until now."""
    rows: QuerySet[Any] = history.datasets(
        campaign=campaign, run=run, payload__name=payload, type__name__in=list(types), state__in=history.THERE
    )
    for name, text, pk, metadata in rows.values_list("type__name", "data_id", "pk", "metadata").iterator(5000):
        yield _row(types[name], name, parse(text), pk, metadata)


def _row(
    dimensions: Sequence[str], name: str, data_id: Mapping[str, Any], dataset: int, metadata: Mapping[str, Any]
) -> DatasetRow:
    return DatasetRow(name, tuple(map(data_id.get, dimensions)), dataset, metadata)


def _versions(name: str) -> Mapping[int, Pipeline]:
    rows = PipelineVersion.objects.filter(pipeline__name=name).values_list("version", "digest")
    digests = dict(rows)
    return {version: parsed(digest, name, version) for version, digest in digests.items()}


@lru_cache(maxsize=256)
def parsed(digest: str, name: str, version: int) -> Pipeline:
    """A stored pipeline version as a value; it was checked when it was stored."""
    row = PipelineVersion.objects.get(pipeline__name=name, version=version, digest=digest)
    document = Document(row.document)
    findings = Findings(document, "")
    pipeline = check_pipeline(document, Catalog(), findings)
    if pipeline is None or findings.problems():
        raise ValueError(f"stored pipeline {row} is not valid: {findings.problems()}")
    return pipeline


def _exactly(pinned: Sequence[tuple[str, str, int]]) -> list[ConfigLayer]:
    wanted = {tuple(item) for item in pinned}
    rows = ConfigLayer.objects.filter(target__in={target for _, target, _ in wanted}).order_by("pk")
    return [row for row in rows if (row.scope, row.target, row.version) in wanted]


def _site(site: work.SiteFacts) -> SiteEntry:
    limits = site.limits
    return SiteEntry(site.name, site.memory_mb or 0, site.cpus or 0, walltime_s=int(limits.get("walltime") or 0))


def _campaign(name: str) -> CampaignEntry:
    row = Campaign.objects.select_related("revision").get(name=name)
    return CampaignEntry(name, row.revision.document if row.revision else {}, row.priority)


def types_in_use() -> dict[str, DatasetType]:
    """The types of which there are datasets."""
    return _as_types(history.dataset_types().filter(Exists(history.datasets(type=OuterRef("pk")))))


def all_types() -> dict[str, DatasetType]:
    """Every type that is known."""
    return _as_types(history.dataset_types())


def _as_types(rows: Iterable[Any]) -> dict[str, DatasetType]:
    return {
        row.name: DatasetType(row.name, tuple(row.dimensions), row.format, tuple(row.metadata), row.checked_by)
        for row in rows
    }


def _columns(types: Mapping[str, DatasetType]) -> frozenset[str]:
    """The metadata that types declare, and those that some of their datasets really have."""
    found = {key for item in types.values() for key in item.metadata}
    for name in types:
        for metadata in history.datasets(type__name=name).order_by().values_list("metadata", flat=True)[:SAMPLE]:
            found.update(metadata)
    return frozenset(found)
