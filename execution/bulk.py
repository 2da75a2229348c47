"""Writing many rows at once: COPY on PostgreSQL, executemany on SQLite."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from execution.models import IdRange

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of plain values (numbers, texts, None, aware datetimes) given in the order of `columns`."""
    table, names = model._meta.db_table, ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "\n".join("\t".join(map(_copied, row)) for row in rows)
            if text:
                cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO(text + "\n"))
            return
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", list(rows))  # noqa: S608


def reserve(name: str, n: int) -> int:
    """The first of `n` ids that nobody else gets. Runs in a transaction of the caller."""
    IdRange.objects.get_or_create(name=name)
    row = IdRange.objects.select_for_update().get(name=name)
    IdRange.objects.filter(name=name).update(next=row.next + n)
    return row.next


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def update(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set `columns` of many rows, each to values of its own; every row of `rows` begins with the row's id."""
    if not rows:
        return
    table, pk = model._meta.db_table, model._meta.pk
    fields = [pk, *(next(f for f in model._meta.concrete_fields if f.column == column) for column in columns)]
    cast = [f"CAST(%s AS {f.db_type(connection)})" if connection.vendor == "postgresql" else "%s" for f in fields]
    if connection.vendor == "postgresql":
        cast[0] = "CAST(%s AS bigint)"
    sets = ", ".join(f"{column} = given.column{i}" for i, column in enumerate(columns, 2))
    size = 800 // len(fields)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        values = ", ".join([f"({', '.join(cast)})"] * len(part))
        sql = f"UPDATE {table} SET {sets} FROM (VALUES {values}) AS given WHERE {table}.{pk.column} = given.column1"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(sql, [_stored(f, value) for row in part for f, value in zip(fields, row, strict=True)])


def _stored(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection=connection)
