"""Any iterable of mappings as a streamed CSV, JSON or NDJSON download; nothing is held in memory, nothing is capped."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "ndjson": "application/x-ndjson"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, Any]


class _Echo:
    """A file that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(rows: Iterable[Row], columns: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a CSV, a head line first; without `columns` they are those of the first row, in its order."""
    iterator = iter(rows)
    first = next(iterator, None)
    names = tuple(columns) or tuple(first or ())
    writer = csv.writer(_Echo())
    if names:
        yield str(writer.writerow(names))
    for row in chain([] if first is None else [first], iterator):
        yield str(writer.writerow([cell(row.get(name)) for name in names]))


def as_json(rows: Iterable[Row]) -> Iterator[str]:
    """Yield one JSON array."""
    yield "["
    for index, row in enumerate(rows):
        yield (",\n" if index else "\n") + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
    yield "\n]\n"


def as_ndjson(rows: Iterable[Row]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for row in rows:
        yield json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def cell(value: Any) -> Any:
    """Return what a CSV cell holds: times in ISO, structures as JSON, and no text that a spreadsheet would run as a
    formula.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def download(rows: Iterable[Row], form: str, name: str, columns: Sequence[str] = ()) -> StreamingHttpResponse:
    """Return the rows as an attachment `name.form`; `form` is a key of CONTENT_TYPES, else KeyError."""
    writers = {"csv": lambda: as_csv(rows, columns), "json": lambda: as_json(rows), "ndjson": lambda: as_ndjson(rows)}
    response = StreamingHttpResponse(writers[form](), content_type=CONTENT_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{_file_name(name)}.{form}"'
    return response


def _file_name(name: str) -> str:
    """Keep the letters that every file system takes."""
    return (
        "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in name).strip(".")
        or "export"
    )
