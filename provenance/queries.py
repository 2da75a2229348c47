"""The door for those who read the ledger. Lists are query sets to be narrowed and paged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from provenance import intern
from provenance.core.data_id import Value, parse
from provenance.core.facts import DatasetState
from provenance.core.feed import settled
from provenance.covered import coverage, coverage_lines, coverage_of
from provenance.descent import lineage
from provenance.export import prov_document
from provenance.models import Dataset, DatasetType, Environment, Event, Execution, Recipe, SubjectKind
from provenance.reports import comparison, summary

__all__ = [
    "Known",
    "comparison",
    "coverage",
    "coverage_lines",
    "coverage_of",
    "dataset_types",
    "datasets",
    "datasets_for_planning",
    "events",
    "events_after",
    "executions",
    "existing",
    "lineage",
    "paths",
    "prov_document",
    "summary",
    "top_of_feed",
]

NEWEST = 5000
"""Of so many events the ids are looked at for gaps; more are not written while a gap is waited for."""
THERE = (DatasetState.REGISTERED.value, DatasetState.PUBLISHED.value)
EXECUTION_NAMES = ("campaign", "payload", "workflow", "step", "data_id", "site", "host", "software", "version")


@dataclass(frozen=True, slots=True)
class Known:
    """A dataset that a plan may read."""

    type: str
    data_id: Mapping[str, Value]
    dataset: int
    metadata: Mapping[str, Any]


def events(*, campaign: str = "", **narrower: Any) -> QuerySet[Event]:
    """Return events, those of one campaign where it is named; `narrower` are look-ups of the model."""
    found = Event.objects.filter(**narrower)
    return found.filter(campaign=campaign) if campaign else found


def events_after(cursor: int, *, now: datetime, limit: int = 500) -> list[Event]:
    """Return events with ids above `cursor`, oldest first, none of which a slower transaction can still come before.

    Read on from the id of the last one.
    """
    rows = list(Event.objects.filter(pk__gt=cursor).order_by("pk")[:limit])
    return rows[: settled([(row.pk, row.at) for row in rows], cursor, now)]


def top_of_feed(cursor: int, *, now: datetime) -> int:
    """Return the id up to which events above `cursor` can be read without missing any."""
    newest = list(Event.objects.filter(pk__gt=cursor).order_by("-pk").values_list("pk", "at")[:NEWEST])[::-1]
    start = newest[0][0] - 1 if len(newest) == NEWEST else cursor
    count = settled(newest, start, now)
    return newest[count - 1][0] if count else start


def datasets(*, campaign: str | None = None, **narrower: Any) -> QuerySet[Dataset]:
    """Return datasets, their names fetched along; those of one campaign where it is named."""
    found = Dataset.objects.filter(**narrower).prefetch_related("type", "campaign", "payload")
    return found if campaign is None else found.filter(campaign_id__in=_ids(SubjectKind.CAMPAIGN, campaign))


def dataset_types() -> QuerySet[DatasetType]:
    """Return every dataset type, by name."""
    return DatasetType.objects.order_by("name")


def executions(**narrower: Any) -> QuerySet[Execution]:
    """Return executions, their names fetched along: `campaign_name`, `step_name`, … are attributes.

    The names come in queries of their own: a join would be made for every row that fits, not only for those of a page.
    """
    along: list[Any] = [
        *EXECUTION_NAMES,
        Prefetch("environment", queryset=Environment.objects.only("digest")),
        Prefetch("recipe", queryset=Recipe.objects.only("digest")),
        "log",
    ]
    return Execution.objects.filter(**narrower).prefetch_related(*along)


def datasets_for_planning(
    types: Sequence[str], campaigns: Sequence[tuple[str, int | None]] = (), *, registered: bool = True
) -> Iterator[Known]:
    """Yield what is there of the types, each (type, data ID) once: from the first of the campaigns that has it, else
    registered. A campaign is (name, run); None stands for all its runs, of which the last counts.
    """
    sources: list[tuple[Q, bool]] = []
    ids = intern.campaign_ids(name for name, _ in campaigns)
    for name, run in campaigns:
        if name in ids:
            sources.append((Q(campaign_id=ids[name]) & (Q() if run is None else Q(run=run)), True))
    if registered:
        sources.append((Q(campaign=None), False))
    seen: set[tuple[str, str]] = set()
    for source, may_repeat in sources:
        rows = Dataset.objects.filter(source, type__name__in=list(types), state__in=THERE)
        ordered = rows.order_by("-run", "-pk") if may_repeat else rows.order_by()
        for name, text, pk, metadata in ordered.values_list("type__name", "data_id", "pk", "metadata").iterator(5000):
            if len(sources) > 1 or may_repeat:
                if (name, text) in seen:
                    continue
                seen.add((name, text))
            yield Known(name, parse(text), pk, metadata)


def existing(campaign: str, run: int, payload: str, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the (type, canonical data ID text) that the payload has made in this run and that are there."""
    ids = intern.find_subjects([(SubjectKind.CAMPAIGN, campaign), (SubjectKind.PAYLOAD, payload)])
    if len(ids) < len(("campaign", "payload")):
        return set()
    by_type: dict[str, list[str]] = {}
    for name, text in keys:
        by_type.setdefault(name, []).append(text)
    made = Dataset.objects.filter(
        campaign_id=ids[SubjectKind.CAMPAIGN, campaign], run=run, payload_id=ids[SubjectKind.PAYLOAD, payload]
    )
    found: set[tuple[str, str]] = set()
    for name, texts in by_type.items():
        for part in intern.chunks(texts):
            rows = made.filter(type__name=name, data_id__in=part, state__in=THERE)
            found |= {(name, text) for text in rows.values_list("data_id", flat=True)}
    return found


def paths(ids: Iterable[int]) -> dict[int, str]:
    """Return dataset id -> path, of those that are there."""
    found: dict[int, str] = {}
    for part in intern.chunks(ids):
        found |= dict(Dataset.objects.filter(pk__in=part, state__in=THERE).values_list("pk", "path"))
    return found


def _ids(kind: SubjectKind, name: str) -> list[int]:
    return list(intern.find_subjects([(kind, name)]).values())
