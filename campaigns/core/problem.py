"""A problem: one thing that is wrong in a document, said with its place, layer and line."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Location = tuple[str | int, ...]
"""Keys and list indices from the root of a document down to a value."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` reads like `payloads[0].steps.isr`; `layer` is the configuration layer concerned, `line` counts from 1."""

    path: str
    message: str
    layer: str = ""
    line: int | None = None


class PlanError(ValueError):
    """A plan that was asked for cannot be made from the data that there are; the message says what to change."""


def path_text(location: Location) -> str:
    """The text of a location: `payloads[0].steps.isr`; keys that are no plain words stand in brackets and quotes."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean requestMemory?)` when a known word is close to this one, else nothing; case does not count."""
    by_lower = {name.lower(): name for name in known}
    matches = get_close_matches(word[:100].lower(), by_lower, n=1, cutoff=0.6)
    return f" (did you mean {by_lower[matches[0]]}?)" if matches else ""


def listing(words: Iterable[str], limit: int = 8) -> str:
    """Words in alphabetical order for a message, cut short with the number of those left out."""
    ordered = sorted(words)
    shown = ", ".join(ordered[:limit]) or "none"
    return shown if len(ordered) <= limit else f"{shown} and {len(ordered) - limit} more"
