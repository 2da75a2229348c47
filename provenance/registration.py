"""Registering what exists: dataset types and files that no campaign of the portal made."""

from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils import timezone

from bpsportal.web.errors import Invalid, Problem
from provenance import intern
from provenance.core import clean
from provenance.core.data_id import faults_of, image_of, text_of
from provenance.core.events import EventKind
from provenance.core.facts import DatasetState, FileFact, TypeFact
from provenance.models import Dataset, DatasetType
from provenance.recording import record

_DIGEST_LENGTH = 64
_HEX = frozenset("0123456789abcdef")
_PATH_LENGTH = 1000
_EVENT_OF = {
    DatasetState.REMOVED: EventKind.DATASET_REMOVED,
    DatasetState.QUARANTINED: EventKind.DATASET_QUARANTINED,
}


def register_types(types: Iterable[TypeFact]) -> None:
    """Make dataset types, or change all but the dimensions of those that are there.

    Invalid where a type has other dimensions than the datasets it already has.
    """
    wanted = {fact.name: fact for fact in types}
    known = {row.name: row for row in DatasetType.objects.filter(name__in=wanted)}
    problems = []
    for name, row in known.items():
        same = row.dimensions == list(wanted[name].dimensions)
        if not same and (set(row.dimensions) != set(wanted[name].dimensions)) and _has_datasets(row):
            has = ", ".join(row.dimensions) or "none"
            problems.append(
                Problem(f"datasetTypes.{name}.dimensions", f"datasets of this type have the dimensions {has}")
            )
    if problems:
        raise Invalid(problems)
    rows = [
        DatasetType(
            name=fact.name, dimensions=list(fact.dimensions), format=fact.format, metadata=list(fact.metadata),
            checked_by=fact.check,
        )
        for _, fact in sorted(wanted.items())
    ]  # fmt: skip
    DatasetType.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["dimensions", "format", "metadata", "checked_by"],
    )


def register(files: Sequence[FileFact], actor: str) -> list[int]:
    """Register existing files and return their dataset ids, in order; one that is there is brought up to date.

    Invalid with every problem at once: unknown types, wrong data IDs, the same file twice.
    """
    types = {row.name: row for row in DatasetType.objects.filter(name__in={file.type for file in files})}
    problems = [problem for place, file in enumerate(files) for problem in _problems(place, file, types)]
    if problems:
        raise Invalid(problems)
    keys = [(types[file.type].pk, text_of(file.data_id)) for file in files]
    seen: dict[tuple[int, str], int] = {}
    for place, key in enumerate(keys):
        if key in seen:
            problems.append(Problem(f"[{place}].dataId", f"the same dataset as number {seen[key]}: {key[1]}"))
        seen.setdefault(key, place)
    if problems:
        raise Invalid(problems)
    now = timezone.now()
    there = _registered(keys)
    fresh: list[Dataset] = []
    known: list[Dataset] = []
    for key, file in zip(keys, files, strict=True):
        row = there.get(key) or Dataset(type_id=key[0], data_id=key[1])
        _fill(row, file)
        if row.pk is None:
            row.created_at = now
            fresh.append(row)
            there[key] = row
        else:
            known.append(row)
    Dataset.objects.bulk_create(fresh)
    columns = ["exposure", "detector", "path", "size_bytes", "sha256", "metadata", "state"]
    Dataset.objects.bulk_update(known, columns, batch_size=100)
    if files:
        names = sorted({file.type for file in files})
        details = {"count": len(files), "types": names, "new": len(fresh)}
        record(EventKind.DATASET_REGISTERED, actor=actor, details=details)
    return [there[key].pk for key in keys]


def mark(datasets: Iterable[int], state: DatasetState, *, actor: str, why: str, campaign: str = "") -> int:
    """Note that datasets were removed, put into quarantine, or published again; returns how many changed.

    `campaign` is who the event is told about, "" where they belong to several.
    """
    changed = 0
    for part in intern.chunks(sorted(set(datasets))):
        changed += Dataset.objects.filter(pk__in=part).exclude(state=state).update(state=state.value)
    if changed and state in _EVENT_OF:
        record(_EVENT_OF[state], actor=actor, campaign=campaign, why=why, details={"count": changed})
    return changed


def _has_datasets(row: DatasetType) -> bool:
    return Dataset.objects.filter(type=row).exists()


def _registered(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Dataset]:
    found: dict[tuple[int, str], Dataset] = {}
    by_type: dict[int, list[str]] = {}
    for pk, text in keys:
        by_type.setdefault(pk, []).append(text)
    for pk, texts in by_type.items():
        for part in intern.chunks(texts):
            rows = Dataset.objects.filter(Q(campaign=None), type_id=pk, data_id__in=part)
            found |= {(pk, row.data_id): row for row in rows}
    return found


def _fill(row: Dataset, file: FileFact) -> None:
    row.exposure, row.detector = image_of(file.data_id)
    row.path, row.size_bytes, row.sha256 = file.path, file.size_bytes, file.sha256
    row.metadata, row.state = clean.data(file.metadata), DatasetState.REGISTERED.value


def _problems(place: int, file: FileFact, types: dict[str, DatasetType]) -> list[Problem]:
    """Return what is wrong with one file, paths as in `[3].dataId`."""
    where = f"[{place}]"
    found = []
    row = types.get(file.type)
    if row is None:
        found.append(
            Problem(f"{where}.type", f"there is no dataset type “{file.type}”; register it, or a pipeline with it")
        )
    dimensions = tuple(row.dimensions) if row else None
    found += [Problem(f"{where}.dataId", fault) for fault in faults_of(file.data_id, dimensions)]
    path = file.path
    if not path or len(path) > _PATH_LENGTH or not path.isprintable() or ".." in path.split("/"):
        found.append(Problem(f"{where}.path", f"a path has 1 to {_PATH_LENGTH} printable characters and no “..”"))
    if file.sha256 and (len(file.sha256) != _DIGEST_LENGTH or not set(file.sha256) <= _HEX):
        found.append(Problem(f"{where}.sha256", "a SHA-256 is 64 lower-case hexadecimal digits"))
    if file.size_bytes is not None and clean.whole(file.size_bytes) != file.size_bytes:
        found.append(Problem(f"{where}.sizeBytes", "not a number of bytes"))
    return found
