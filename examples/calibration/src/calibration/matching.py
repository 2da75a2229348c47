"""Which datasets a step instance takes: those that agree with its data ID, directly or by way of the data ID table."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

DataId = dict[str, Any]
Key = tuple[tuple[str, Any], ...]


def key(data_id: Mapping[str, Any]) -> Key:
    """A data ID as a value that can be compared and looked up."""
    return tuple(sorted(data_id.items()))


class Table:
    """The data ID table: rows that say which image falls on which tile, in which band."""

    def __init__(self, rows: Iterable[DataId]) -> None:
        self._rows = list(rows)
        self._known: dict[tuple[str, ...], dict[Key, list[DataId]]] = {}

    def matching(self, data_id: Mapping[str, Any], dimensions: Iterable[str]) -> list[DataId]:
        """The rows that agree with a data ID on some dimensions, all of them when the table has none of these."""
        columns = self._rows[0].keys() if self._rows else ()
        shared = tuple(sorted(name for name in dimensions if name in data_id and name in columns))
        if shared not in self._known:
            index = defaultdict(list)
            for row in self._rows:
                index[key({name: row[name] for name in shared})].append(row)
            self._known[shared] = dict(index)
        return self._known[shared].get(key({name: data_id[name] for name in shared}), [])


def taken(instance: DataId, dimensions: list[str], datasets: Iterable[DataId], table: Table) -> list[DataId]:
    """The data IDs among `datasets`, a type of these dimensions, that an instance takes, in order.

    They agree on every shared dimension. Where each side has a dimension that the other lacks, a row of the table must
    agree with both.
    """
    shared = [name for name in dimensions if name in instance]
    found = [each for each in datasets if all(each[name] == instance[name] for name in shared)]
    if set(dimensions) - set(instance) and set(instance) - set(dimensions):
        rows = table.matching(instance, instance)
        reachable = {key({name: row.get(name) for name in dimensions}) for row in rows}
        found = [each for each in found if key(each) in reachable]
    return sorted(found, key=key)


def instances(dimensions: list[str], driver: list[DataId], table: Table) -> list[DataId]:
    """The data IDs of a step's instances: those that the datasets of its first input lead to, in order."""
    found = {}
    for data_id in driver:
        known = dimensions if set(dimensions) <= set(data_id) else None
        for row in [data_id] if known else table.matching(data_id, data_id):
            joined = {**row, **data_id}
            if set(dimensions) <= set(joined):
                instance = {name: joined[name] for name in dimensions}
                found[key(instance)] = instance
    return [found[each] for each in sorted(found)]
