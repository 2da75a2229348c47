"""Joins: rows of datasets with the data-ID tables that they lead to, without making up what belongs together.

A table is joined on all columns that it shares with a row. Rows of a dataset that has only a part of what the table
starts from (the flat of a detector, beside a table of exposures and detectors) are not spread over all the rest: the
datasets that have more of it lead there. What a table brings together must agree with what datasets say: a tile's band
and an exposure belong together only if the exposure has that band.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows with the same columns; None where a row has no value."""

    columns: tuple[str, ...]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Facts:
    """What datasets say: their rows, in which the dimensions determine all other columns."""

    dimensions: tuple[str, ...]
    relation: Relation


def picker(indices: Sequence[int], width: int) -> Callable[[Row], Row]:
    """A function that picks these positions of a row of this width as a tuple; the row itself if that is all of it."""
    if list(indices) == list(range(width)):
        return lambda row: row
    if not indices:
        return lambda row: ()
    if len(indices) == 1:
        at = indices[0]
        return lambda row: (row[at],)
    return itemgetter(*indices)


def pick(columns: Sequence[str], wanted: Sequence[str]) -> Callable[[Row], Row]:
    """A function that picks the wanted columns, all of which are there, of rows with these columns."""
    return picker([columns.index(name) for name in wanted], len(columns))


def narrowed(columns: tuple[str, ...], rows: Iterable[Row], needed: frozenset[str]) -> Relation:
    """The needed columns of a table, each combination once, in the table's order."""
    kept = tuple(name for name in columns if name in needed)
    return Relation(kept, list(dict.fromkeys(map(pick(columns, kept), rows))))


class Joiner:
    """Joins tables to relations and remembers which tables never found a partner."""

    def __init__(self, tables: Sequence[Relation], facts: Sequence[Facts]) -> None:
        self._tables = [table for table in tables if table.columns]
        self._facts = facts
        self._used: set[int] = set()

    def join(self, relation: Relation) -> Relation:
        """The relation with the columns of every table that its rows lead to."""
        original = frozenset(relation.columns)
        waiting = dict(enumerate(self._tables))
        while True:
            number = next((n for n, table in waiting.items() if self._leads(relation, table)), None)
            if number is None:
                return self._agreeing(relation, original)
            self._used.add(number)
            relation = _left_join(relation, waiting.pop(number))

    def beginnings(self, *, all_of: bool) -> Iterator[Relation]:
        """All tables, or those that no dataset leads to, joined among themselves."""
        for number, table in enumerate(self._tables):
            if all_of or number not in self._used:
                yield self.join(table)

    def _leads(self, relation: Relation, table: Relation) -> bool:
        """Whether rows share columns with a table, and no dataset needs less of it to be complete."""
        columns = set(table.columns)
        missing = columns.difference(relation.columns)
        if missing == columns:
            return False
        others = (columns.difference(item.relation.columns) for item in self._facts)
        return not any(other and other < missing for other in others)

    def _agreeing(self, relation: Relation, original: frozenset[str]) -> Relation:
        """Without the rows in which gained dimensions contradict what datasets say about columns that were there."""
        gained = set(relation.columns) - original
        rows = relation.rows
        for item in self._facts:
            known, dimensions = item.relation, set(item.dimensions)
            said = (set(known.columns) - dimensions) & original
            if not said or not gained & dimensions:
                continue
            names = [name for name in relation.columns if name in dimensions or name in said]
            allowed = set(map(pick(known.columns, names), known.rows))
            key_of = pick(relation.columns, names)
            rows = [row for row in rows if None in (key := key_of(row)) or key in allowed]
        return Relation(relation.columns, rows)


def _left_join(left: Relation, right: Relation) -> Relation:
    added = tuple(name for name in right.columns if name not in left.columns)
    if not added:
        return left
    shared = tuple(name for name in right.columns if name in left.columns)
    key_of, rest_of = pick(right.columns, shared), pick(right.columns, added)
    matches: dict[Row, list[Row]] = {}
    for row in right.rows:
        matches.setdefault(key_of(row), []).append(rest_of(row))
    left_key = pick(left.columns, shared)
    nothing = [(None,) * len(added)]
    rows = [row + rest for row in left.rows for rest in matches.get(left_key(row), nothing)]
    return Relation(left.columns + added, rows)
