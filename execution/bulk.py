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
