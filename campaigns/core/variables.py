"""Variables: `{name}` in texts, found, checked against what is defined, and filled in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from campaigns.core.problem import Location

_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def names_in(text: str) -> tuple[str, ...]:
    """Names of the variables in a text, in order, each once; `{}` and `{3}` are no variables."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with every defined variable replaced; undefined ones stay as they stand."""
    return _VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), text)


def fill_all(data: Any, values: Mapping[str, object], opaque: frozenset[str] = frozenset()) -> Any:
    """A copy of a document's data with variables replaced in every text; what stands below an opaque key stays."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, list):
        return [fill_all(item, values, opaque) for item in data]
    if isinstance(data, dict):
        return {key: item if key in opaque else fill_all(item, values, opaque) for key, item in data.items()}
    return data


def texts_of(data: Any, opaque: frozenset[str] = frozenset(), location: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every text of a document's data with its location; what stands below an opaque key is left out."""
    if isinstance(data, str):
        yield location, data
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from texts_of(item, opaque, (*location, index))
    elif isinstance(data, dict):
        for key, item in data.items():
            if key not in opaque:
                yield from texts_of(item, opaque, (*location, key))
