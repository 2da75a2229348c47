"""Quantities: sizes and durations as people write them (`4 GiB`, `2h30m`) into whole MiB, bytes and seconds."""

import math
import re

_KIBI = 1024
_SIZE_UNITS = {
    "b": 1,
    **{f"{letter}ib": _KIBI**power for power, letter in enumerate("kmgtp", start=1)},
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgtp", start=1)},
    **{letter: _KIBI**power for power, letter in enumerate("kmgtp", start=1)},
}
_TIME_UNITS = {
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "w": 604800, "week": 604800, "weeks": 604800,
}  # fmt: skip
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z]+)")
_TIME_PART = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z]+)\s*")
_WHOLE = re.compile(r"[0-9]{1,15}")
_LARGER = ("MiB", "GiB", "TiB", "PiB")
_MAX_TEXT = 60
MAX_WHOLE = 2**31 - 1
"""Largest number of MiB or seconds; anything above is a slip of the pen."""
_MAX_BYTES = 2**63 - 1


def mebibytes(value: object) -> int:
    """MiB from a whole number of MiB or a text with a unit, rounded up; ValueError says what is accepted."""
    number = _whole(value)
    if number is None:
        number = math.ceil(_bytes_of(value, "a size: write MiB as a whole number, or a text such as 4 GiB") / _KIBI**2)
    return _bounded(number, MAX_WHOLE, "MiB")


def size_bytes(value: object) -> int:
    """Bytes from a whole number of bytes or a text with a unit, rounded up; ValueError says what is accepted."""
    number = _whole(value)
    if number is None:
        number = math.ceil(_bytes_of(value, "a size: write bytes as a whole number, or a text such as 10 TiB"))
    return _bounded(number, _MAX_BYTES, "bytes")


def seconds(value: object) -> int:
    """Seconds from a whole number of seconds or a text such as `1200s`, `90 min`, `2h30m`; ValueError otherwise."""
    number = _whole(value)
    if number is not None:
        return _bounded(number, MAX_WHOLE, "seconds")
    fault = ValueError(f"{_shown(value)} is not a duration: write seconds as a whole number, or a text such as 2h30m")
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MAX_TEXT:
        raise fault
    text, total, at = value.strip(), 0.0, 0
    while at < len(text):
        part = _TIME_PART.match(text, at)
        if part is None or part[2].lower() not in _TIME_UNITS:
            raise fault
        total += float(part[1]) * _TIME_UNITS[part[2].lower()]
        at = part.end()
    return _bounded(math.ceil(total), MAX_WHOLE, "seconds")


def size_text(size_mb: int) -> str:
    """MiB as people read them: `4 GiB`, `1.5 TiB`."""
    power = 0
    size = float(size_mb)
    while size >= _KIBI and power < len(_LARGER) - 1:
        size, power = size / _KIBI, power + 1
    return f"{size:.4g} {_LARGER[power]}"


def duration_text(duration_s: int) -> str:
    """Seconds as people read them: `2h30m`, `45s`."""
    found, rest = "", duration_s
    for letter, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        found += f"{count}{letter}" if count else ""
    return found or "0s"


def _whole(value: object) -> int | None:
    """The number itself, or a text of digits only; None for everything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return None


def _bytes_of(value: object, accepted: str) -> float:
    """Bytes of a text with a unit; KB, MB, ... are powers of 1000, KiB, MiB, ... and K, M, ... of 1024."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2].lower() not in _SIZE_UNITS:
        raise ValueError(f"{_shown(value)} is not {accepted}")
    factor: int = _SIZE_UNITS[match[2].lower()]
    return float(match[1]) * factor


def _bounded(number: int, most: int, unit: str) -> int:
    if number < 0:
        raise ValueError(f"{number} {unit} is negative")
    if number > most:
        raise ValueError(f"more than {most} {unit} is not believable")
    return number


def _shown(value: object) -> str:
    return repr(value)[:_MAX_TEXT]
