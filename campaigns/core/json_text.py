"""JSON text into plain data under the rules of YAML documents: no doubled keys, odd numbers or odd characters."""

import json
from collections.abc import Iterator
from typing import Any

from campaigns.core import scalars
from campaigns.core.problem import Location, Problem, path_text


def read_json(text: str, max_depth: int) -> tuple[Any, list[Problem] | None]:
    """The data and all problems, None instead of problems if the text is no JSON at all."""
    problems: list[Problem] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in items:
            if key in data or not key:
                message = f"the key {key[:80]!r} stands twice" if key else "a key cannot be empty"
                problems.append(Problem(path_text((key,)), message))
            data.setdefault(key, value)
        return data

    try:
        data = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_int=scalars.whole,
            parse_float=lambda number: scalars.finite(float(number)),
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError:
        return None, None
    except RecursionError:
        return None, [Problem("", f"nested deeper than {max_depth} levels")]
    except ValueError as error:
        return None, [Problem("", str(error))]
    problems.extend(_faults(data, max_depth))
    return data, problems


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a finite number")


def _faults(data: Any, max_depth: int) -> Iterator[Problem]:
    """Depth and characters."""
    waiting: list[tuple[Any, Location]] = [(data, ())]
    while waiting:
        value, location = waiting.pop()
        if len(location) > max_depth:
            yield Problem(path_text(location[:3]), f"nested deeper than {max_depth} levels")
            return
        if isinstance(value, str):
            fault = scalars.text_fault(value)
            if fault:
                yield Problem(path_text(location), fault)
        elif isinstance(value, dict):
            waiting.extend((key, location) for key in value)
            waiting.extend((item, (*location, key)) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend((item, (*location, index)) for index, item in enumerate(value))
