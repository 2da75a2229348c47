"""The closed list of events, their sentences, and the feed that misses none."""

from datetime import UTC, datetime, timedelta

import pytest

from provenance.core.events import MEANINGS, EventKind, Severity, sentence_of, severity_of
from provenance.core.feed import PATIENCE, settled

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD = NOW - PATIENCE


def test_every_kind_has_a_meaning():
    assert set(MEANINGS) == set(EventKind)


@pytest.mark.parametrize("kind", EventKind)
def test_every_sentence_can_be_said_of_an_event_without_fields(kind: EventKind):
    text = sentence_of(kind, {})
    assert text
    assert "{" not in text


def test_fields_and_reason_fill_the_sentence():
    fields = {"actor": "ann", "campaign": "night", "job": 0}
    assert sentence_of("campaign.paused", fields, "dome closed") == "ann paused campaign night: dome closed"
    assert sentence_of("job.failed", fields) == "job – failed"


def test_a_value_is_never_a_template():
    fields = {"actor": "{campaign.__class__}", "campaign": "{0}"}
    assert sentence_of("campaign.paused", fields) == "{campaign.__class__} paused campaign {0}"


def test_a_kind_of_another_version_is_shown_as_it_is():
    assert (sentence_of("moon.rose", {}, "late"), severity_of("moon.rose")) == ("moon.rose: late", Severity.INFO)


@pytest.mark.parametrize(
    ("rows", "cursor", "count"),
    [
        ([], 0, 0),
        ([(1, NOW), (2, NOW)], 0, 2),
        ([(2, NOW)], 0, 1),
        ([(4, NOW), (5, NOW), (7, NOW), (8, NOW)], 3, 2),
        ([(4, OLD), (6, OLD), (7, NOW)], 3, 3),
        ([(6, NOW - PATIENCE + timedelta(seconds=1))], 3, 0),
    ],
)
def test_reading_stops_at_a_gap_that_may_still_be_filled(rows: list[tuple[int, datetime]], cursor: int, count: int):
    assert settled(rows, cursor, NOW) == count
