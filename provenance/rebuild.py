"""The proof of the sums: folded once more from the ledger, compared with what was kept, and put right."""

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from provenance import bulk, intern
from provenance.core.data_id import image_of, read
from provenance.core.facts import Outcome
from provenance.core.rollup import Ran, Tally, differences
from provenance.load import seconds
from provenance.models import Coverage, Dataset, Execution, RollUp, Subject, Use
from provenance.reports import campaign_number
from provenance.sums import COUNT_OF, COUNTS, PLACE_COLUMNS, Image, Key, Place, place_of

CHUNK = 5000
RECOUNTED = ("succeeded", "failed", "skipped", "used")
"""Counts of the coverage that executions tell; what was planned and pruned was told by itself."""
KEY_COLUMNS = ("run", "payload_id", "kind", "step_id")
RAN_COLUMNS = (
    "pk", "data_id__name", "outcome", "final", "attempt", "site__name", "software__name", "version__name",
    "recipe__digest", "cause", "started_at", "ended_at", "wall_s", "cpu_s", "memory_mb", "read_bytes", "write_bytes",
)  # fmt: skip
"""In the order of `Ran`."""

Tallies = dict[Key, Tally]
Images = dict[Place, Counter[str]]


@transaction.atomic
def rebuild(campaign: str, *, dry_run: bool = False) -> list[str]:
    """Fold the ledger of a campaign anew and return what differed from the sums, which are right afterwards.

    Collectors of this campaign wait meanwhile (on SQLite all writers do). With `dry_run` nothing is written. Missing
    for a campaign that the ledger has never heard of.
    """
    number = campaign_number(campaign)
    locked = RollUp.objects.select_for_update(of=("self",)).filter(campaign_id=number).order_by("pk")
    kept = {Key(*_key_of(row)): row for row in locked}
    tallies, images = _fold(number)
    _add_made(number, tallies)
    _add_used(number, images)
    return [*_right_steps(kept, tallies, dry_run=dry_run), *_right_images(number, images, dry_run=dry_run)]


_key_of = attrgetter("campaign_id", "run", "payload_id", "kind", "step_id")


def _fold(number: int) -> tuple[Tallies, Images]:
    """Fold all executions of the campaign."""
    tallies: Tallies = {}
    images: Images = {}
    rows = Execution.objects.filter(campaign_id=number).order_by("pk").values_list(*KEY_COLUMNS, *RAN_COLUMNS)
    for run, payload, kind, step, *values in rows.iterator(chunk_size=CHUNK):
        ran = _ran(Ran(*values))
        tallies.setdefault(Key(number, run, payload, kind, step), Tally()).add(ran)
        if ran.final:
            _count(images, number, run, image_of(read(ran.data_id)), COUNT_OF.get(ran.outcome))
    return tallies, images


def _ran(read: Any) -> Ran:
    """Return a row as the fold takes it: seconds for times, "" for no recipe."""
    times = seconds(read.started_s), seconds(read.ended_s)
    return Ran(*read)._replace(recipe=read.recipe or "", started_s=times[0], ended_s=times[1])


def _add_made(number: int, tallies: Tallies) -> None:
    """Count the datasets that the campaign made, by the step that made them."""
    maker = Execution.objects.filter(pk=OuterRef("execution"))
    rows = Dataset.objects.filter(campaign_id=number, execution__isnull=False).annotate(
        kind=Subquery(maker.values("kind")), step=Subquery(maker.values("step_id"))
    )
    groups = rows.order_by().values_list("run", "payload_id", "kind", "step", "type__name")
    for run, payload, kind, step, name, n, size in groups.annotate(n=Count("pk"), size=Coalesce(Sum("size_bytes"), 0)):
        tallies.setdefault(Key(number, run, payload, kind, step), Tally()).made(name, n, size)


def _add_used(number: int, images: Images) -> None:
    """Count the images that successes about no single exposure read."""
    readers = Execution.objects.filter(campaign_id=number, outcome=Outcome.SUCCEEDED, final=True)
    names = readers.order_by("pk").values_list("pk", "run", "data_id__name").iterator(chunk_size=CHUNK)
    part: dict[int, int] = {}
    for pk, run, text in names:
        if image_of(read(text))[0] is None:
            part[pk] = run
        if len(part) == intern.CHUNK:
            _add_read(number, part, images)
            part = {}
    _add_read(number, part, images)


def _add_read(number: int, runs: Mapping[int, int], images: Images) -> None:
    uses = Use.objects.filter(execution_id__in=list(runs), dataset__exposure__isnull=False)
    for execution, *image in uses.values_list("execution_id", "dataset__exposure", "dataset__detector").distinct():
        _count(images, number, runs[execution], (image[0], image[1]), "used")


def _count(images: Images, number: int, run: int, image: Image, count: str | None) -> None:
    place = place_of(number, run, image)
    if place and count:
        images.setdefault(place, Counter())[count] += 1


def _right_steps(kept: Mapping[Key, RollUp], tallies: Tallies, *, dry_run: bool) -> Iterator[str]:
    """Say which roll-ups were wrong and write the right ones."""
    names = _names({number for key in {*kept, *tallies} for number in (key.payload, key.step)})
    for key in sorted({*kept, *tallies}):
        row = kept.get(key) or RollUp(
            campaign_id=key.campaign, run=key.run, payload_id=key.payload, kind=key.kind, step_id=key.step
        )
        body = tallies.get(key, Tally()).to_json()
        wrong = differences(row.body, body)
        where = f"run {key.run}, {names[key.payload]}, {names[key.step]} ({key.kind})"
        yield from (f"{where}: {line}" for line in wrong)
        if wrong and not dry_run:
            row.body = body
            row.save()


def _right_images(number: int, images: Images, *, dry_run: bool) -> Iterator[str]:
    """Say which rows of the coverage were wrong and write the right ones."""
    wrong: list[tuple[Any, ...]] = []
    rows = Coverage.objects.filter(campaign_id=number).order_by("exposure", "detector", "run")
    for values in rows.values_list("exposure", "detector", "run", *COUNTS).iterator(chunk_size=CHUNK):
        place = Place(number, *values[:3])
        counts = dict(zip(COUNTS, values[3:], strict=True))
        true = images.pop(place, Counter())
        lines = [f"{name}: {counts[name]}, should be {true[name]}" for name in RECOUNTED if counts[name] != true[name]]
        if lines:
            yield from (f"{_said(place)}: {line}" for line in lines)
            wrong.append((*place, *(true[name] if name in RECOUNTED else counts[name] for name in COUNTS)))
    for place, true in sorted(images.items()):
        yield f"{_said(place)}: missing"
        wrong.append((*place, *(true[name] for name in COUNTS)))
    if not dry_run:
        updates = {name: f"excluded.{name}" for name in COUNTS}
        bulk.upsert(Coverage, (*PLACE_COLUMNS, *COUNTS), wrong, key=PLACE_COLUMNS, updates=updates)


def _said(place: Place) -> str:
    return f"run {place.run}, exposure {place.exposure}, detector {place.detector}"


def _names(numbers: set[int]) -> dict[int, str]:
    return dict(Subject.objects.filter(pk__in=numbers).values_list("pk", "name"))
