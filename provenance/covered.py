"""Which images a campaign processed, and which campaigns processed an image (LDM-636 0055), page by page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet

from provenance.core import coverage as core
from provenance.core.coverage import Covered, ImageLine, ImageOutcome
from provenance.models import Coverage
from provenance.models.rollups import WHOLE_EXPOSURE
from provenance.reports import campaign_number

PAGE = 1000
COUNTS = ("planned", "succeeded", "failed", "pruned", "skipped", "used")
COLUMNS = ("campaign__name", "run", "exposure", "detector", *COUNTS)

Place = tuple[int, int]
"""Exposure and detector, WHOLE_EXPOSURE for none."""

_UNRUN = Q(pruned__gt=0) | Q(skipped__gt=0)
CONDITIONS: dict[ImageOutcome, Q] = {
    ImageOutcome.USED: Q(planned=0),
    ImageOutcome.INCOMPLETE: Q(planned__gt=0, succeeded__gt=0) & (Q(failed__gt=0) | _UNRUN),
    ImageOutcome.FAILED: Q(planned__gt=0, succeeded=0, failed__gt=0),
    ImageOutcome.PRUNED: Q(planned__gt=0, succeeded=0, failed=0) & _UNRUN,
    ImageOutcome.PROCESSED: Q(planned__gt=0, succeeded__gte=F("planned"), failed=0, pruned=0, skipped=0),
    ImageOutcome.PARTLY: Q(planned__gt=0, succeeded__gt=0, succeeded__lt=F("planned"), failed=0, pruned=0, skipped=0),
    ImageOutcome.WAITING: Q(planned__gt=0, succeeded=0, failed=0, pruned=0, skipped=0),
}
"""`core.coverage.outcome_of` as conditions, for a campaign of one run."""


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """Images of a campaign; `after` is where the next page begins, None on the last one."""

    campaign: str
    outcomes: dict[str, int]
    images: list[ImageLine]
    after: Place | None

    @property
    def after_text(self) -> str | None:
        """`after` as a parameter of an address."""
        return None if self.after is None else f"{self.after[0]},{self.after[1]}"

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        images = [line.to_json() for line in self.images]
        return {"campaign": self.campaign, "outcomes": self.outcomes, "images": images, "after": self.after_text}


def coverage(
    campaign: str, *, outcome: ImageOutcome | None = None, after: Place | None = None, limit: int = PAGE
) -> CoveragePage:
    """Return how many images of the campaign have which outcome, and `limit` of the images with this one.

    Missing for a campaign that the ledger has never heard of.
    """
    number = campaign_number(campaign)
    lines = list(islice(_lines(number, outcome, after), limit + 1))
    last = lines[limit - 1] if len(lines) > limit else None
    where = None if last is None else (last.exposure, _detector(last))
    return CoveragePage(campaign, _outcomes(number), lines[:limit], where)


def coverage_lines(campaign: str, *, outcome: ImageOutcome | None = None) -> Iterator[ImageLine]:
    """Yield all images of the campaign, by exposure and detector."""
    return _lines(campaign_number(campaign), outcome, None)


def coverage_of(
    exposure: int, detector: int | None = None, *, within: Q | None = None, limit: int = PAGE
) -> list[ImageLine]:
    """Return what campaigns made of an image, by campaign; without a detector of every image of the exposure.

    What is about the exposure as a whole belongs to each of its images. `within` narrows the campaigns.
    """
    rows = Coverage.objects.filter(within or Q(), exposure=exposure)
    if detector is not None:
        rows = rows.filter(detector__in=(detector, WHOLE_EXPOSURE))
    return list(islice(core.over_runs(_values(rows.order_by("campaign__name", "detector", "run"))), limit))


def _lines(number: int, outcome: ImageOutcome | None, after: Place | None) -> Iterator[ImageLine]:
    rows = Coverage.objects.filter(campaign_id=number)
    if after is not None:
        rows = rows.filter(
            Q(exposure__gt=after[0]) | Q(exposure=after[0], detector__gt=after[1]), exposure__gte=after[0]
        )
    if outcome is not None and not _has_runs(number):
        rows = rows.filter(CONDITIONS[outcome])
    lines = core.over_runs(_values(rows.order_by("exposure", "detector", "run")))
    return (line for line in lines if outcome in (None, line.outcome))


def _outcomes(number: int) -> dict[str, int]:
    """Count the images by outcome: grouped by the database where there is one run, else by folding the rows."""
    rows = Coverage.objects.filter(campaign_id=number)
    if _has_runs(number):
        return core.count_outcomes(core.over_runs(_values(rows.order_by("exposure", "detector", "run"))))
    counts: dict[str, int] = {}
    groups = rows.order_by().values_list("planned", "succeeded", "failed", "pruned", "skipped").annotate(n=Count("pk"))
    for planned, succeeded, failed, pruned, skipped, n in groups:
        word = core.outcome_of(planned, succeeded, failed, pruned + skipped).value
        counts[word] = counts.get(word, 0) + n
    return core.complete_counts(counts)


def _has_runs(number: int) -> bool:
    """Tell whether the campaign had more than one run."""
    runs = Coverage.objects.filter(campaign_id=number).aggregate(first=Min("run"), last=Max("run"))
    return bool(runs["first"] != runs["last"])


def _values(rows: QuerySet[Coverage]) -> Iterable[Covered]:
    for values in rows.values_list(*COLUMNS).iterator(chunk_size=PAGE):
        line = Covered(*values)
        yield line._replace(detector=None) if line.detector == WHOLE_EXPOSURE else line


def _detector(line: ImageLine) -> int:
    return WHOLE_EXPOSURE if line.detector is None else line.detector
