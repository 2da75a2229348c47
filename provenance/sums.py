"""The sums kept beside the ledger (roll-ups of steps, coverage of images): changes are gathered, then written at once.

Roll-up rows are locked until the caller's transaction ends, always in the order of their ids.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from provenance import bulk
from provenance.core.facts import Outcome
from provenance.core.rollup import Ran, Tally
from provenance.models import Coverage, RollUp
from provenance.models.rollups import WHOLE_EXPOSURE

Image = tuple[int | None, int | None]
"""Exposure and detector; None where there is none."""


class Key(NamedTuple):
    """A roll-up by the ids of its names."""

    campaign: int
    run: int
    payload: int
    kind: str
    step: int


class Place(NamedTuple):
    """A row of the coverage."""

    campaign: int
    exposure: int
    detector: int
    run: int


PLACE_COLUMNS = ("campaign_id", "exposure", "detector", "run")
COUNTS = ("planned", "succeeded", "failed", "pruned", "skipped", "used")
COUNT_OF: Mapping[str, str] = {Outcome.SUCCEEDED: "succeeded", Outcome.FAILED: "failed", Outcome.SKIPPED: "skipped"}
"""Which count of an image a final outcome moves; a cancelled instance stays planned and no more."""


@dataclass(slots=True)
class Change:
    """What is to be added to a roll-up."""

    planned: int = 0
    pruned: int = 0
    tally: Tally = field(default_factory=Tally)
    superseded: Counter[str] = field(default_factory=Counter)


class Sums:
    """Changes of sums on their way into the database."""

    def __init__(self) -> None:
        self.steps: dict[Key, Change] = {}
        self.images: dict[Place, Counter[str]] = {}

    def planned(self, key: Key, instances: int) -> None:
        """So many more step instances are foreseen."""
        self._step(key).planned += instances

    def pruned(self, key: Key, instances: int) -> None:
        """So many more step instances will never run."""
        self._step(key).pruned += instances

    def ran(self, key: Key, ran: Ran, image: Image) -> None:
        """An execution ended."""
        self._step(key).tally.add(ran)
        if ran.final and (count := COUNT_OF.get(ran.outcome)):
            self.image(key, image, count, 1)

    def superseded(self, key: Key, outcome: str, image: Image) -> None:
        """A final execution of this outcome was replaced."""
        self._step(key).superseded[outcome] += 1
        if count := COUNT_OF.get(outcome):
            self.image(key, image, count, -1)

    def made(self, key: Key, dataset_type: str, count: int, size_bytes: int) -> None:
        """So many more datasets are there."""
        self._step(key).tally.made(dataset_type, count, size_bytes)

    def image(self, key: Key, image: Image, count: str, n: int) -> None:
        """Move one count of an image; nothing for what is about no exposure."""
        place = place_of(key.campaign, key.run, image)
        if place is not None:
            self.images.setdefault(place, Counter())[count] += n

    def write(self) -> None:
        """Add everything to the rows. Inside the caller's transaction, best as its last act."""
        self._write_steps()
        self._write_images()

    def _step(self, key: Key) -> Change:
        return self.steps.setdefault(key, Change())

    def _write_steps(self) -> None:
        if not self.steps:
            return
        rows = _locked(self.steps)
        missing = sorted(set(self.steps) - set(rows))
        if missing:
            RollUp.objects.bulk_create([_new(key) for key in missing], ignore_conflicts=True)
            rows = _locked(self.steps)
        for key, change in self.steps.items():
            row = rows[key]
            tally = Tally.from_json(row.body)
            tally.merge(change.tally)
            for outcome, times in change.superseded.items():
                tally.supersede(outcome, times)
            row.planned += change.planned
            row.pruned += change.pruned
            row.body = tally.to_json()
        RollUp.objects.bulk_create(
            [rows[key] for key in self.steps],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["planned", "pruned", "body"],
        )

    def _write_images(self) -> None:
        """Add to the counts, rows in the order of their keys."""
        changes = sorted((place, counts) for place, counts in self.images.items() if any(counts.values()))
        rows = [(*place, *(counts[name] for name in COUNTS)) for place, counts in changes]
        table = Coverage._meta.db_table
        updates = {name: f"{table}.{name} + excluded.{name}" for name in COUNTS}
        bulk.upsert(Coverage, (*PLACE_COLUMNS, *COUNTS), rows, key=PLACE_COLUMNS, updates=updates)


def place_of(campaign: int, run: int, image: Image) -> Place | None:
    """Return the row of the coverage that an image has; None for what is about no exposure."""
    exposure, detector = image
    return (
        None if exposure is None else Place(campaign, exposure, WHOLE_EXPOSURE if detector is None else detector, run)
    )


_key_of = attrgetter("campaign_id", "run", "payload_id", "kind", "step_id")


def _locked(keys: Iterable[Key]) -> dict[Key, RollUp]:
    """Lock the roll-ups of these keys, as far as they are there."""
    wanted = set(keys)
    columns = [{key[place] for key in wanted} for place in range(len(Key._fields))]
    names = ("campaign_id__in", "run__in", "payload_id__in", "kind__in", "step_id__in")
    rows = RollUp.objects.select_for_update(of=("self",)).filter(**dict(zip(names, columns, strict=True)))
    found = {Key(*_key_of(row)): row for row in rows.order_by("pk")}
    return {key: row for key, row in found.items() if key in wanted}


def _new(key: Key) -> RollUp:
    return RollUp(campaign_id=key.campaign, run=key.run, payload_id=key.payload, kind=key.kind, step_id=key.step)
