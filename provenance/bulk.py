"""Writing many rows at once, no model instance for each: COPY on PostgreSQL, executemany on SQLite, and upserts."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from provenance.intern import chunks

Rows = Iterable[Sequence[Any]]

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert(model: type[Model], columns: Sequence[str], rows: Rows) -> None:
    """Insert rows of plain values (numbers, clean texts, booleans, None, aware datetimes, JSON data) by column name."""
    table, names = model._meta.db_table, ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "\n".join("\t".join(map(_copied, row)) for row in rows)
            if text:
                cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO(text + "\n"))
            return
        values = ", ".join(["%s"] * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608
        cursor.executemany(sql, [_adapted(row) for row in rows])


def upsert(
    model: type[Model], columns: Sequence[str], rows: Rows, *, key: Sequence[str], updates: Mapping[str, str]
) -> None:
    """Insert rows, or where their `key` is taken set columns to SQL expressions (`excluded.x` is the new value).

    Without `updates` rows that are there stay. Rows of one call have different keys; in the order of their keys two
    writers cannot deadlock.
    """
    table, names = model._meta.db_table, ", ".join(columns)
    one = f"({', '.join(['%s'] * len(columns))})"
    changes = ", ".join(f"{name} = {expression}" for name, expression in updates.items())
    action = f"DO UPDATE SET {changes}" if changes else "DO NOTHING"
    head, tail = f"INSERT INTO {table} ({names}) VALUES ", f" ON CONFLICT ({', '.join(key)}) {action}"  # noqa: S608
    with connection.cursor() as cursor:
        for part in chunks(rows):
            values = [value for row in part for value in _adapted(row)]
            cursor.execute(f"{head}{', '.join([one] * len(part))}{tail}", values)


def _adapted(row: Sequence[Any]) -> list[Any]:
    """Return the values as the database driver takes them."""
    return [value if value.__class__ in _PLAIN else _converted(value) for value in row]


_PLAIN = frozenset({int, str, float, bool, type(None)})


def _converted(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, Mapping | list):
        return json.dumps(value)
    return str(value)


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if value.__class__ is int or value.__class__ is float:
        return repr(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping | list):
        value = json.dumps(value)
    return str(value).translate(_ESCAPES)
