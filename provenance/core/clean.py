"""Values that come back from a site, made fit for any database: no NUL, no half characters, no infinite numbers."""

import math
from collections.abc import Mapping
from typing import Any

_LONG = 2**63


def text(value: object, limit: int) -> str:
    """Return at most `limit` characters that any database stores; what it cannot store becomes the replacement mark."""
    plain = str(value)[:limit]
    if plain.isascii() and "\0" not in plain:
        return plain
    return plain.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def real(value: float | None) -> float | None:
    """Return a finite number, or None."""
    return float(value) if value is not None and math.isfinite(value) else None


def whole(value: int | None, limit: int = _LONG) -> int | None:
    """Return a whole number between -limit and limit, or None."""
    return int(value) if value is not None and -limit <= value < limit else None


def data(value: Any, limit: int = 4000) -> Any:
    """Return plain data without what JSON columns refuse; texts are cut at `limit` characters."""
    if isinstance(value, str):
        return text(value, limit)
    if isinstance(value, float):
        return real(value)
    if isinstance(value, Mapping):
        return {text(name, 200): data(item, limit) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [data(item, limit) for item in value]
    return value if value is None or isinstance(value, bool | int) else text(value, limit)
