"""Tables of a report, as CSV and as Markdown."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WHOLE = 10_000
"""Numbers from here on are shown without decimals."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\|*_`<>[]#"})


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column names and rows of plain values (texts, numbers, None)."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as mappings from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def to_csv(tables: Sequence[Table]) -> str:
    """Return the tables as CSV; several are set apart by an empty line and bear their title in a line of their own."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, table in enumerate(tables):
        if len(tables) > 1:
            if number:
                out.write("\n")
            writer.writerow([_cell(table.title)])
        writer.writerow([_cell(name) for name in table.columns])
        writer.writerows([_cell(value) for value in row] for row in table.rows)
    return out.getvalue()


def to_markdown(tables: Sequence[Table]) -> str:
    """Return the tables as Markdown, each under its title; numbers are aligned to the right."""
    parts = []
    for table in tables:
        lines = [f"## {_plain(table.title)}", ""]
        if not table.rows:
            parts.append("\n".join([*lines, "None.", ""]))
            continue
        numeric = [all(_is_number(row[place]) for row in table.rows) for place in range(len(table.columns))]
        lines.append(_line([_plain(name) for name in table.columns]))
        lines.append(_line(["---:" if right else "---" for right in numeric]))
        lines += [_line([_plain(value) for value in row]) for row in table.rows]
        parts.append("\n".join([*lines, ""]))
    return "\n".join(parts)


def _cell(value: Any) -> Any:
    """Return a CSV cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(value: Any) -> str:
    """Return a cell of one line in which nothing is markup."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < _WHOLE else f"{value:.0f}"
    return " ".join(str(value).split()).translate(_MARKDOWN)
