"""Counts as a table of labels by states, as pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Row:
    """One label; `cells` are (state, number) in the order of the table's states."""

    label: str
    cells: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Only states that occur have a column."""

    states: tuple[str, ...]
    rows: tuple[Row, ...]
    sums: tuple[tuple[str, int], ...]
    total: int


def matrix(counts: Iterable[tuple[str, str, int]], states: type[StrEnum], order: Sequence[str] = ()) -> Matrix:
    """Lay out (label, state, number); labels in the given order, others behind by name, states as they are declared."""
    found: dict[tuple[str, str], int] = {}
    for label, state, n in counts:
        found[label, state] = found.get((label, state), 0) + n
    columns = tuple(state.value for state in states if any(s == state and n for (_, s), n in found.items()))
    places = {label: place for place, label in enumerate(order)}
    labels = sorted({label for label, _ in found}, key=lambda label: (places.get(label, len(places)), label))
    rows = tuple(_row(label, tuple((state, found.get((label, state), 0)) for state in columns)) for label in labels)
    sums = tuple((state, sum(dict(row.cells)[state] for row in rows)) for state in columns)
    return Matrix(columns, rows, sums, sum(row.total for row in rows))


def _row(label: str, cells: tuple[tuple[str, int], ...]) -> Row:
    return Row(label, cells, sum(n for _, n in cells))
