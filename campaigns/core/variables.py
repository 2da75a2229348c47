"""Variables: `{name}` in texts, found, checked against what is defined, and filled in."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from campaigns.core.problem import Location

Opaque = Callable[[Location], bool]
"""Whether texts at a place, and below it, may hold braces of their own."""

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def names_in(text: str) -> tuple[str, ...]:
    """Names of the variables in a text, in order, each once; `{}` and `{3}` are no variables."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with every defined variable replaced; undefined ones stay as they stand."""
    return _VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), text)


def fill_all(data: Any, values: Mapping[str, object], is_opaque: Opaque, location: Location = ()) -> Any:
    """A copy of a document's data with variables replaced in every text; what lies at an opaque place stays."""
    if is_opaque(location):
        return data
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, list):
        return [fill_all(item, values, is_opaque, (*location, at)) for at, item in enumerate(data)]
    if isinstance(data, dict):
        return {key: fill_all(item, values, is_opaque, (*location, key)) for key, item in data.items()}
    return data


def texts_of(data: Any, is_opaque: Opaque, location: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every text of a document's data with its location; what lies at an opaque place is left out."""
    if is_opaque(location):
        return
    if isinstance(data, str):
        yield location, data
    elif isinstance(data, list):
        for at, item in enumerate(data):
            yield from texts_of(item, is_opaque, (*location, at))
    elif isinstance(data, dict):
        for key, item in data.items():
            yield from texts_of(item, is_opaque, (*location, key))
