"""Which images a campaign processed with which outcome, and which campaigns processed an image (LDM-636 0055)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

from provenance.core.tables import Table


class ImageOutcome(StrEnum):
    """What came of an image in a campaign."""

    PROCESSED = "processed"
    PARTLY = "partly"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    PRUNED = "pruned"
    WAITING = "waiting"
    USED = "used"


MEANING: Mapping[ImageOutcome, str] = {
    ImageOutcome.PROCESSED: "every step instance of the image succeeded",
    ImageOutcome.PARTLY: "some succeeded, others have not ended, none failed",
    ImageOutcome.INCOMPLETE: "some succeeded, others failed or could not run",
    ImageOutcome.FAILED: "none succeeded, at least one failed",
    ImageOutcome.PRUNED: "none succeeded or failed, at least one could not run",
    ImageOutcome.WAITING: "none has ended",
    ImageOutcome.USED: "no instance of its own, but others read it (a bias in a master bias, say)",
}


class Covered(NamedTuple):
    """Step instances of one image in one run of a campaign; `detector` is None where the whole exposure is meant.

    `used` counts the executions that are about no single exposure and read the image.
    """

    campaign: str
    run: int
    exposure: int
    detector: int | None
    planned: int
    succeeded: int
    failed: int
    pruned: int
    skipped: int
    used: int


@dataclass(frozen=True, slots=True)
class ImageLine:
    """An image in a campaign over all its runs."""

    campaign: str
    runs: tuple[int, ...]
    exposure: int
    detector: int | None
    planned: int
    succeeded: int
    failed: int
    pruned: int
    skipped: int
    used: int
    outcome: ImageOutcome

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "runs": list(self.runs), "outcome": str(self.outcome)}


def outcome_of(planned: int, succeeded: int, failed: int, unrun: int) -> ImageOutcome:
    """Return what the counts of an image say; `unrun` were pruned, given up or skipped."""
    if not planned:
        return ImageOutcome.USED
    if succeeded and (failed or unrun):
        return ImageOutcome.INCOMPLETE
    if failed:
        return ImageOutcome.FAILED
    if unrun:
        return ImageOutcome.PRUNED
    if succeeded >= planned:
        return ImageOutcome.PROCESSED
    return ImageOutcome.PARTLY if succeeded else ImageOutcome.WAITING


def over_runs(rows: Iterable[Covered]) -> Iterator[ImageLine]:
    """Fold the runs of each image; rows of one image and campaign stand together, runs ascending.

    A later run makes what the earlier one left undone, so successes add up to at most what was planned, and failures
    are those of the last run.
    """
    for _, group in groupby(rows, key=lambda row: (row.campaign, row.exposure, row.detector)):
        runs = list(group)
        last, planned = runs[-1], max(row.planned for row in runs)
        succeeded = min(planned, sum(row.succeeded for row in runs))
        undone = (last.failed, last.pruned, last.skipped) if succeeded < planned else (0, 0, 0)
        yield ImageLine(
            last.campaign, tuple(row.run for row in runs), last.exposure, last.detector, planned, succeeded, *undone,
            sum(row.used for row in runs), outcome_of(planned, succeeded, undone[0], sum(undone[1:])),
        )  # fmt: skip


def count_outcomes(lines: Iterable[ImageLine]) -> dict[str, int]:
    """Return outcome -> number of images, every outcome named, in their order."""
    return complete_counts(Counter(str(line.outcome) for line in lines))


def complete_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with every outcome named, in their order."""
    return {outcome.value: counts.get(outcome.value, 0) for outcome in ImageOutcome}


COLUMNS = (
    "campaign",
    "exposure",
    "detector",
    "outcome",
    "planned",
    "succeeded",
    "failed",
    "pruned",
    "skipped",
    "used",
    "runs",
)


def record_of(line: ImageLine) -> dict[str, Any]:
    """Return a line as one flat record, for CSV."""
    values = line.to_json()
    return {name: " ".join(map(str, line.runs)) if name == "runs" else values[name] for name in COLUMNS}


def tables(title: str, lines: Iterable[ImageLine]) -> list[Table]:
    """Return the lines as one table."""
    return [Table(title, COLUMNS, [tuple(record_of(line).values()) for line in lines])]
