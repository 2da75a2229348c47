"""Projections: the distinct data IDs of a set of dimensions, and how those of one set lead to those of another.

Everything later is done with positions in these lists: a million step instances cost integers, not objects.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.core.columns import Ints
from campaigns.core.joins import Relation, Row, pick
from campaigns.core.names import value_fault


@dataclass(frozen=True, slots=True)
class Projection:
    """The data IDs of some dimensions, sorted by value, and the position of each."""

    dimensions: tuple[str, ...]
    ids: list[Row]
    index: dict[Row, int]

    def ids_in(self, order: tuple[str, ...]) -> list[Row]:
        """The data IDs with their values in another order of the same dimensions, at the same positions."""
        return self.ids if order == self.dimensions else list(map(pick(self.dimensions, order), self.ids))


@dataclass(frozen=True, slots=True)
class Identity:
    """Position to the same position: both sides have the same dimensions."""

    def at(self, position: int) -> Sequence[int]:
        """Positions on the other side."""
        return (position,)


@dataclass(frozen=True, slots=True)
class Single:
    """Position to one position: the other side's dimensions are among this side's. -1 only where values are odd."""

    targets: Ints

    def at(self, position: int) -> Sequence[int]:
        """Positions on the other side."""
        target = self.targets[position]
        return (target,) if target >= 0 else ()


@dataclass(frozen=True, slots=True)
class Gather:
    """Position to any number of positions; those of position p are `items[starts[p]:starts[p + 1]]`, ascending."""

    starts: Ints
    items: Ints

    def at(self, position: int) -> Sequence[int]:
        """Positions on the other side."""
        return self.items[self.starts[position] : self.starts[position + 1]]


Link = Identity | Single | Gather


class Projector:
    """Makes projections and links of a universe, each once; `unusable` counts values that no data ID can hold."""

    def __init__(self, relations: Sequence[Relation]) -> None:
        self.unusable: dict[str, int] = {}
        self._relations = relations
        self._projections: dict[frozenset[str], Projection] = {}
        self._links: dict[tuple[frozenset[str], frozenset[str]], Link] = {}

    def project(self, dimensions: Iterable[str]) -> Projection:
        """The data IDs of these dimensions; rows that lack one of them do not take part."""
        order = tuple(dimensions)
        key = frozenset(order)
        if key not in self._projections:
            # there is always exactly one data ID without dimensions
            found: set[Row] = set() if order else {()}
            for relation in self._relations:
                if key and key <= set(relation.columns):
                    found.update(map(pick(relation.columns, order), relation.rows))
            ids = _sorted(self._usable(found, order))
            self._projections[key] = Projection(order, ids, {data_id: at for at, data_id in enumerate(ids)})
        return self._projections[key]

    def link(self, source: Iterable[str], target: Iterable[str]) -> Link:
        """How data IDs of the source's dimensions lead to those of the target's, through the rows that have both."""
        source, target = tuple(source), tuple(target)
        key = (frozenset(source), frozenset(target))
        if key not in self._links:
            self._links[key] = self._make_link(self.project(source), self.project(target))
        return self._links[key]

    def _make_link(self, source: Projection, target: Projection) -> Link:
        if source is target:
            return Identity()
        if set(target.dimensions) <= set(source.dimensions):
            target_of = pick(source.dimensions, target.dimensions)
            return Single(array("i", [target.index.get(target_of(data_id), -1) for data_id in source.ids]))
        extra = tuple(name for name in target.dimensions if name not in source.dimensions)
        both = self.project(source.dimensions + extra)
        source_of, target_of = pick(both.dimensions, source.dimensions), pick(both.dimensions, target.dimensions)
        found: list[list[int]] = [[] for _ in source.ids]
        for data_id in both.ids:
            at, to = source.index.get(source_of(data_id)), target.index.get(target_of(data_id))
            if at is not None and to is not None:
                found[at].append(to)
        return _gather(found)

    def _usable(self, found: set[Row], order: tuple[str, ...]) -> Iterable[Row]:
        """Data IDs without missing values and without values that cannot become names of files and jobs."""
        refused: set[Row] = set()
        for at, column in enumerate(order):
            values = {data_id[at] for data_id in found}
            bad = {value for value in values if value is None or value_fault(value)}
            # 7.0 and True equal 7 and 1: look at the rows where such doubles may hide
            if bad or any(type(value) is not int and not isinstance(value, str) for value in values):
                lost = {data_id for data_id in found if data_id[at] is None or value_fault(data_id[at])}
                refused |= lost
                count = sum(data_id[at] is not None for data_id in lost)
                if count:
                    self.unusable[column] = max(count, self.unusable.get(column, 0))
        return found - refused if refused else found


def _gather(found: list[list[int]]) -> Gather:
    starts, items = array("i", [0]), array("i")
    for positions in found:
        positions.sort()
        items.extend(positions)
        starts.append(len(items))
    return Gather(starts, items)


def _sorted(ids: Iterable[Row]) -> list[Row]:
    """Ascending by value, dimension by dimension; numbers before texts where a dimension has both."""
    try:
        return sorted(ids)
    except TypeError:
        return sorted(ids, key=_mixed_key)


def _mixed_key(data_id: Row) -> tuple[Any, ...]:
    return tuple((isinstance(value, str), value) for value in data_id)
