"""The universe of a payload: which combinations of dimension values there are, from datasets and data-ID tables.

Each existing dataset gives a row: its data ID and its metadata. Metadata belong to a data ID, not to a type: datasets
of the same data ID share them, and larger data IDs inherit those of the smaller ones that they contain (a detector of
an exposure has the exposure's band). Data-ID tables are joined on the columns they share; a row that a table does not
know stays, without the table's columns. Selection and exclusions then say which rows take part.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any, NamedTuple

from campaigns.core.joins import Facts, Joiner, Relation, Row, narrowed, pick, picker
from campaigns.core.selection import Selection

__all__ = ["DataQuery", "DatasetRow", "Relation", "Row", "Table", "Universe", "build_universe"]

NO_METADATA: Mapping[str, Any] = MappingProxyType({})
_SCALARS = (int, float, str)


class DatasetRow(NamedTuple):
    """One existing dataset: `data_id` in the order of its type's dimensions, `dataset` its number in the catalog."""

    type: str
    data_id: Row
    dataset: int
    metadata: Mapping[str, Any] = NO_METADATA


@dataclass(frozen=True, slots=True)
class Table:
    """A data-ID table: rows of values that belong together, for instance which exposures overlap which sky tile."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class DataQuery:
    """What of the universe takes part. `exclude`: mappings of column to value or list of values; a row that agrees with
    all of one mapping is left out. `made`: types made by the payload itself; their rows passed the selection when they
    were planned, so they are only refused where the selection is plainly false for them. `from_tables`: the rows of
    tables take part also where no dataset leads to them, because some step begins from nothing.
    """

    where: Selection | None = None
    exclude: tuple[Mapping[str, Any], ...] = ()
    made: frozenset[str] = frozenset()
    from_tables: bool = False

    def columns(self) -> frozenset[str]:
        """All columns that selection and exclusions look at."""
        asked = self.where.columns() if self.where else frozenset()
        return asked.union(*self.exclude)


@dataclass(frozen=True, slots=True)
class Universe:
    """Relations that passed the selection, and the existing datasets: type -> data ID -> dataset number."""

    relations: tuple[Relation, ...]
    datasets: Mapping[str, Mapping[Row, int]]


@dataclass(slots=True)
class _Group:
    """Data IDs of the same dimensions with their metadata; `strict` unless the payload makes all of their types."""

    dimensions: tuple[str, ...]
    wanted: tuple[str, ...]
    rows: dict[Row, Row] = field(default_factory=dict)
    strict: bool = False


def build_universe(
    types: Mapping[str, tuple[str, ...]],
    datasets: Iterable[DatasetRow],
    tables: Sequence[Table],
    query: DataQuery,
    needed: frozenset[str],
) -> Universe:
    """The universe of the types (name -> dimensions); of metadata and table columns only the needed ones are kept."""
    known, groups = _collect(types, datasets, query, needed | query.columns())
    facts = [Facts(group.dimensions, _inherit(group, groups)) for group in groups]
    joiner = Joiner([narrowed(table.columns, table.rows, needed | query.columns()) for table in tables], facts)
    relations = [
        _filtered(joiner.join(item.relation), query, lenient=not group.strict)
        for group, item in zip(groups, facts, strict=True)
    ]
    relations += [_filtered(relation, query, lenient=False) for relation in joiner.beginnings(all_of=query.from_tables)]
    return Universe(tuple(relation for relation in relations if relation.rows), known)


def _collect(
    types: Mapping[str, tuple[str, ...]], datasets: Iterable[DatasetRow], query: DataQuery, asked: frozenset[str]
) -> tuple[dict[str, dict[Row, int]], list[_Group]]:
    """Datasets by type and data ID, and data IDs with metadata by dimensions; of a doubled dataset the last counts."""
    known: dict[str, dict[Row, int]] = {}
    groups: dict[frozenset[str], _Group] = {}
    sinks: dict[str, tuple[dict[Row, int], _Group, Callable[[Row], Row]]] = {}
    for type_name, data_id, number, metadata in datasets:
        if type_name not in sinks:
            dimensions = types.get(type_name)
            if dimensions is None:
                continue
            key = frozenset(dimensions)
            group = groups.setdefault(key, _Group(dimensions, tuple(sorted(asked - key))))
            group.strict = group.strict or type_name not in query.made
            sinks[type_name] = (known.setdefault(type_name, {}), group, pick(dimensions, group.dimensions))
        numbers, group, ordered = sinks[type_name]
        numbers[data_id] = number
        _note(group, ordered(data_id), metadata)
    return known, list(groups.values())


def _note(group: _Group, data_id: Row, metadata: Mapping[str, Any]) -> None:
    """Adds a data ID and its metadata; the first value that a column got stays."""
    before = group.rows.get(data_id)
    if before is not None and (None not in before or not metadata):
        return
    values = tuple(map(metadata.get, group.wanted)) if metadata else (None,) * len(group.wanted)
    if before is not None:
        values = tuple(new if old is None else old for old, new in zip(before, values, strict=True))
    group.rows[data_id] = values


def _inherit(group: _Group, groups: Sequence[_Group]) -> Relation:
    """The group's rows with what smaller data IDs say, without the columns that no row has."""
    mine = set(group.dimensions)
    lenders = [other for other in groups if other.wanted and set(other.dimensions) < mine]
    lenders.sort(key=lambda other: -len(other.dimensions))
    rows = group.rows
    for lender in lenders:
        places = [lender.wanted.index(name) if name in lender.wanted else None for name in group.wanted]
        key_of = pick(group.dimensions, lender.dimensions)
        rows = {data_id: _lent(values, lender.rows.get(key_of(data_id)), places) for data_id, values in rows.items()}
    filled = [at for at in range(len(group.wanted)) if any(_usable(values[at]) for values in rows.values())]
    chosen = picker(filled, len(group.wanted))
    columns = group.dimensions + tuple(group.wanted[at] for at in filled)
    if not filled:
        return Relation(columns, list(rows))
    return Relation(columns, [data_id + _plain(chosen(values)) for data_id, values in rows.items()])


def _lent(values: Row, lent: Row | None, places: Sequence[int | None]) -> Row:
    if lent is None or None not in values:
        return values
    return tuple(
        lent[place] if value is None and place is not None else value
        for value, place in zip(values, places, strict=True)
    )


def _usable(value: Any) -> bool:
    return isinstance(value, _SCALARS)


def _plain(values: Row) -> Row:
    """Metadata values that are no numbers or texts count as missing."""
    return tuple(value if isinstance(value, _SCALARS) else None for value in values)


def _filtered(relation: Relation, query: DataQuery, *, lenient: bool) -> Relation:
    rows = relation.rows
    if query.where is not None:
        rows = list(filter(query.where.bind(relation.columns, lenient=lenient), rows))
    for columns, refused in _exclusions(query.exclude, relation.columns).items():
        key_of = pick(relation.columns, columns)
        rows = [row for row in rows if key_of(row) not in refused]
    return Relation(relation.columns, rows)


def _exclusions(exclude: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[tuple[str, ...], set[Row]]:
    """Excluded combinations by their columns; an exclusion with a column that these rows lack concerns none of them."""
    found: dict[tuple[str, ...], set[Row]] = {}
    for mapping in exclude:
        names = tuple(sorted(mapping))
        if names and set(names) <= set(columns):
            choices = [value if isinstance(value, list | tuple) else (value,) for value in map(mapping.get, names)]
            found.setdefault(names, set()).update(product(*choices))
    return found
