"""What became of images."""

import pytest

from provenance.core.coverage import Covered, ImageOutcome, count_outcomes, outcome_of, over_runs, record_of


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ((3, 3, 0, 0), ImageOutcome.PROCESSED),
        ((3, 2, 0, 0), ImageOutcome.PARTLY),
        ((3, 2, 1, 0), ImageOutcome.INCOMPLETE),
        ((3, 2, 0, 1), ImageOutcome.INCOMPLETE),
        ((3, 0, 1, 2), ImageOutcome.FAILED),
        ((3, 0, 0, 3), ImageOutcome.PRUNED),
        ((3, 0, 0, 0), ImageOutcome.WAITING),
        ((0, 0, 0, 0), ImageOutcome.USED),
    ],
)
def test_the_counts_of_an_image_say_what_became_of_it(counts: tuple[int, int, int, int], outcome: ImageOutcome):
    assert outcome_of(*counts) == outcome


def row(run: int, *counts: int, detector: int | None = 3) -> Covered:
    """Planned, succeeded, failed, pruned, skipped, used of an image in a run."""
    return Covered("night", run, 7, detector, *counts)


def test_a_later_run_makes_what_the_earlier_left_undone():
    (line,) = over_runs([row(1, 3, 2, 1, 0, 0, 0), row(2, 1, 1, 0, 0, 0, 0)])
    assert (line.runs, line.planned, line.succeeded, line.failed, line.outcome) == ((1, 2), 3, 3, 0, "processed")


def test_failures_are_those_of_the_last_run():
    (line,) = over_runs([row(1, 3, 1, 2, 0, 0, 0), row(2, 2, 1, 1, 0, 0, 0)])
    assert (line.succeeded, line.failed, line.outcome) == (2, 1, "incomplete")


def test_making_everything_anew_counts_an_image_once():
    (line,) = over_runs([row(1, 3, 3, 0, 0, 0, 0), row(2, 3, 3, 0, 0, 0, 0)])
    assert (line.planned, line.succeeded, line.outcome) == (3, 3, "processed")


def test_images_are_counted_by_outcome_and_none_is_left_unnamed():
    lines = list(over_runs([row(1, 1, 1, 0, 0, 0, 0), row(1, 1, 0, 1, 0, 0, 0, detector=4)]))
    assert count_outcomes(lines) == {
        "processed": 1, "partly": 0, "incomplete": 0, "failed": 1, "pruned": 0, "waiting": 0, "used": 0,
    }  # fmt: skip


def test_an_image_is_one_flat_record():
    (line,) = over_runs([row(1, 1, 1, 0, 0, 0, 0, detector=None), row(2, 1, 0, 0, 0, 0, 0, detector=None)])
    assert record_of(line) == {
        "campaign": "night", "exposure": 7, "detector": None, "outcome": "processed", "planned": 1, "succeeded": 1,
        "failed": 0, "pruned": 0, "skipped": 0, "used": 0, "runs": "1 2",
    }  # fmt: skip
