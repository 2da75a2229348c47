"""Datasets that executions made, and which they read."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from provenance import bulk, intern
from provenance.core import clean
from provenance.core.data_id import MAX_LENGTH, image_of, text_of
from provenance.core.facts import DatasetState, ExecutionFact
from provenance.models import CampaignInput, Dataset, Execution, Use
from provenance.row import Row
from provenance.sums import Sums

log = logging.getLogger(__name__)

Told = tuple[ExecutionFact, Row]
PATH_LENGTH, DIGEST_LENGTH = 1000, 64
COLUMNS = (
    "campaign_id", "run", "payload_id", "type_id", "data_id", "exposure", "detector", "path", "size_bytes", "sha256",
    "metadata", "state", "execution", "created_at",
)  # fmt: skip
UPDATES = {name: f"excluded.{name}" for name in COLUMNS[5:]}


class Made(NamedTuple):
    """What identifies a dataset that a campaign made."""

    campaign: int
    run: int
    payload: int
    type: str
    data_id: str


class Found(NamedTuple):
    """A dataset that is there."""

    pk: int
    size_bytes: int


def publish(told: Sequence[Told], sums: Sums) -> dict[Made, int]:
    """Write the outputs of final successes, over those of an attempt they replace; returns the ids."""
    outputs = [
        (row, output, clean.text(text_of(output.data_id), MAX_LENGTH)) for fact, row in told for output in fact.outputs
    ]
    if not outputs:
        return {}
    types = intern.dataset_types({output.type: text for _, output, text in outputs})
    now = timezone.now()
    rows: dict[Made, tuple[Any, ...]] = {}
    for row, output, text in outputs:
        key = Made(row.campaign_id, row.run, row.payload_id, output.type, text)
        exposure, detector = image_of(output.data_id)
        rows[key] = (
            row.campaign_id, row.run, row.payload_id, types[output.type], text, exposure, detector,
            clean.text(output.path, PATH_LENGTH), clean.whole(output.size_bytes),
            clean.text(output.sha256, DIGEST_LENGTH), clean.data(output.metadata), DatasetState.PUBLISHED.value,
            row.pk, now,
        )  # fmt: skip
    before = _find(rows)
    _count(sums, told, rows, before)
    fresh = sorted(rows.keys() - before.keys())
    bulk.insert(Dataset, COLUMNS, (rows[key] for key in fresh))
    replaced = [rows[key] for key in sorted(before)]
    bulk.upsert(Dataset, COLUMNS, replaced, key=COLUMNS[: len(Made._fields)], updates=UPDATES)
    return {key: found.pk for key, found in (before | _find(fresh)).items()}


def note_uses(told: Sequence[Told], known: Mapping[Made, int]) -> None:
    """Write which datasets were read; `known` are those published along with these executions.

    A dataset that is named but not in the ledger is counted in `unknown_inputs` of the execution.
    """
    named = {_key(row, ref) for fact, row in told for ref in fact.inputs if not isinstance(ref, int)}
    ids = {**known, **{key: found.pk for key, found in _find(named - known.keys()).items()}}
    uses: list[tuple[int, int]] = []
    from_outside: set[tuple[int, int]] = set()
    for fact, row in told:
        outside = {ref for ref in fact.inputs if isinstance(ref, int)}
        inside = [ids.get(_key(row, ref)) for ref in set(fact.inputs) if not isinstance(ref, int)]
        row.unknown_inputs = inside.count(None)
        uses += [(row.pk, dataset) for dataset in outside.union(inside) if dataset is not None]
        from_outside |= {(row.campaign_id, dataset) for dataset in outside}
    bulk.insert(Use, ("execution_id", "dataset_id"), uses)
    columns = ("campaign_id", "dataset_id")
    bulk.upsert(CampaignInput, columns, sorted(from_outside), key=columns, updates={})
    _admit_unknown([row for _, row in told if row.unknown_inputs])


def images_read(executions: Sequence[int]) -> Iterable[tuple[int, int, int | None]]:
    """Yield (execution, exposure, detector) of the images among what they read, each once."""
    uses = Use.objects.filter(execution_id__in=executions, dataset__exposure__isnull=False)
    images = uses.values_list("execution_id", "dataset__exposure", "dataset__detector").distinct()
    return ((execution, exposure, detector) for execution, exposure, detector in images if exposure is not None)


def _count(
    sums: Sums, told: Sequence[Told], rows: Mapping[Made, tuple[Any, ...]], before: Mapping[Made, Found]
) -> None:
    """Count what is made, less what is written over."""
    keys = {row.pk: row.key for _, row in told}
    for made, values in rows.items():
        row = dict(zip(COLUMNS, values, strict=True))
        old = before.get(made)
        sums.made(
            keys[row["execution"]],
            made.type,
            0 if old else 1,
            (row["size_bytes"] or 0) - (old.size_bytes if old else 0),
        )


def _find(keys: Iterable[Made]) -> dict[Made, Found]:
    """Return the datasets that were published before."""
    groups: dict[tuple[int, int, int, str], set[str]] = {}
    for campaign, run, payload, name, data_id in keys:
        groups.setdefault((campaign, run, payload, name), set()).add(data_id)
    found: dict[Made, Found] = {}
    for (campaign, run, payload, name), texts in groups.items():
        for part in intern.chunks(sorted(texts)):
            rows = Dataset.objects.filter(
                campaign_id=campaign, run=run, payload_id=payload, type__name=name, data_id__in=part
            )
            for text, pk, size_bytes in rows.values_list("data_id", "pk", "size_bytes"):
                found[Made(campaign, run, payload, name, text)] = Found(pk, size_bytes or 0)
    return found


def _admit_unknown(rows: Sequence[Row]) -> None:
    """Note in executions how many of their inputs the ledger does not know."""
    if not rows:
        return
    log.warning("%d executions read datasets that the ledger does not know", len(rows))
    by_count: dict[int, list[int]] = {}
    for row in rows:
        by_count.setdefault(row.unknown_inputs, []).append(row.pk)
    for count, executions in by_count.items():
        for part in intern.chunks(executions):
            Execution.objects.filter(pk__in=part).update(unknown_inputs=count)


def _key(row: Row, ref: tuple[str, str]) -> Made:
    return Made(row.campaign_id, row.run, row.payload_id, *ref)
