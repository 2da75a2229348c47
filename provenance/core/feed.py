"""Reading a table that others add to by a cursor, without missing what a slower transaction commits with a lower id."""

from collections.abc import Sequence
from datetime import datetime, timedelta

PATIENCE = timedelta(seconds=60)
"""A gap in the ids is waited for so long; older ones are of transactions that were rolled back."""


def settled(rows: Sequence[tuple[int, datetime]], cursor: int, now: datetime) -> int:
    """Return how many of the rows (id and time, ids ascending from above `cursor`) can be read without missing any.

    Reading stops before a row that follows a gap and is younger than PATIENCE. Cursor 0 stands for the beginning,
    wherever that is.
    """
    expected = cursor + 1 if cursor or not rows else rows[0][0]
    for count, (number, at) in enumerate(rows):
        if number != expected and now - at < PATIENCE:
            return count
        expected = number + 1
    return len(rows)
