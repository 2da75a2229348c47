"""Names, environments, recipes and log bundles: each row made once, whoever comes first, and found by its text."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Q

from provenance.core.data_id import parse
from provenance.models import DatasetType, Environment, LogFile, Recipe, RollUp, Subject, SubjectKind

Name = tuple[str, str]
"""Kind and name of a subject."""

CHUNK = 500
"""So many values a look-up: the database with the smallest limit of parameters takes them."""


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterable[list[Any]]:
    """Yield the values in lists of at most `size`."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part


def subjects(names: Iterable[Name]) -> dict[Name, int]:
    """Return the ids of names, making those that are new. Inserted in sorted order, so two writers cannot deadlock."""
    wanted = sorted(set(names))
    found = find_subjects(wanted)
    missing = [Subject(kind=kind, name=name) for kind, name in wanted if (kind, name) not in found]
    if missing:
        Subject.objects.bulk_create(missing, ignore_conflicts=True)
        found |= find_subjects((subject.kind, subject.name) for subject in missing)
    return found


def find_subjects(names: Iterable[Name]) -> dict[Name, int]:
    """Return the ids of those names that are there."""
    by_kind: dict[str, set[str]] = {}
    for kind, name in names:
        by_kind.setdefault(str(kind), set()).add(name)
    found: dict[Name, int] = {}
    small = Q(pk__in=[])
    for kind, wanted in by_kind.items():
        if len(wanted) <= CHUNK // len(by_kind):
            small |= Q(kind=kind, name__in=wanted)
            continue
        for part in chunks(sorted(wanted)):
            rows = Subject.objects.filter(kind=kind, name__in=part).values_list("name", "pk")
            found |= {(kind, name): pk for name, pk in rows}
    found |= {(kind, name): pk for kind, name, pk in Subject.objects.filter(small).values_list("kind", "name", "pk")}
    return found


def campaign_ids(names: Iterable[str]) -> dict[str, int]:
    """Return the ids of campaigns that the ledger knows."""
    found = find_subjects((SubjectKind.CAMPAIGN, name) for name in names)
    return {name: pk for (_, name), pk in found.items()}


def digest_of(variables: Mapping[str, str]) -> str:
    """Return the digest by which an environment is kept once."""
    return hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()


def environments(found: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """Return digest -> id of environments, making those that are new; {} for none."""
    if not found:
        return {}
    rows = [Environment(digest=digest, variables=dict(found[digest])) for digest in sorted(found)]
    return _once(Environment, "digest", rows)


def recipes(digests: Iterable[str]) -> dict[str, int]:
    """Return digest -> id of recipes; one that was not described yet gets an empty body until it is."""
    rows = [Recipe(digest=digest, body={}) for digest in sorted(set(digests))]
    return _once(Recipe, "digest", rows)


def logs(files: Sequence[LogFile]) -> dict[str, int]:
    """Return token -> id of log bundles, making those that are new."""
    return _once(LogFile, "token", sorted(files, key=lambda file: file.token))


def dataset_types(data_ids: Mapping[str, str]) -> dict[str, int]:
    """Return name -> id of dataset types; `data_ids` holds one data ID for each, whose dimensions a new type gets."""
    rows = [DatasetType(name=name, dimensions=sorted(parse(data_ids[name]))) for name in sorted(data_ids)]
    return _once(DatasetType, "name", rows)


def _once(model: type[Any], key: str, rows: Sequence[Any]) -> dict[str, int]:
    """Insert the rows whose key is new; return key -> id of all."""
    found: dict[str, int] = {}
    for part in chunks(rows):
        wanted = [getattr(row, key) for row in part]
        there = model.objects.filter(**{f"{key}__in": wanted})
        found |= dict(there.values_list(key, "pk"))
        missing = [row for row in part if getattr(row, key) not in found]
        if missing:
            model.objects.bulk_create(missing, ignore_conflicts=True)
            found |= dict(there.values_list(key, "pk"))
    return found


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the executions of a campaign (and step) are: ids of its steps, and the range of ids they lie in."""

    steps: tuple[int, ...]
    low: int
    high: int


def extent_of(campaign: str, step: str = "") -> Extent | None:
    """Read the extent off the roll-ups; None where nothing has run."""
    rows = RollUp.objects.filter(campaign_id__in=list(campaign_ids([campaign]).values()), body__low__isnull=False)
    if step:
        rows = rows.filter(step__name=step)
    found = list(rows.values_list("step_id", "body__low", "body__high"))
    if not found:
        return None
    return Extent(tuple({row[0] for row in found}), min(row[1] for row in found), max(row[2] for row in found))
