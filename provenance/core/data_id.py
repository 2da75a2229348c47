"""The canonical text of a data ID, `detector=3,exposure=7`, and back: key and label of datasets and executions."""

import re
from collections.abc import Mapping

Value = int | str

IMAGE = ("exposure", "visit")
"""Dimensions that number an image; the first that a data ID has counts. A visit of one exposure bears its number."""

MAX_LENGTH = 300
MAX_VALUE = 128
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FORBIDDEN = frozenset(",=/\\")


def text_of(data_id: Mapping[str, Value]) -> str:
    """Return the canonical text, sorted by dimension; "" for the empty data ID."""
    return ",".join(sorted(f"{name}={value}" for name, value in data_id.items()))


def parse(text: str) -> dict[str, Value]:
    """Return the mapping of a canonical text; what reads as a whole number becomes one. ValueError for other texts."""
    if not text:
        return {}
    found: dict[str, Value] = {}
    for part in text.split(","):
        name, sign, value = part.partition("=")
        if not sign or name in found:
            raise ValueError(f"“{text}” is not a data ID such as detector=3,exposure=7")
        found[name] = int(value) if _NUMBER.fullmatch(value) else value
    return found


def read(text: str) -> dict[str, Value]:
    """Return the mapping of a text from the ledger; one that a strange value made unreadable comes whole, under "?"."""
    try:
        return parse(text)
    except ValueError:
        return {"?": text}


def faults_of(data_id: Mapping[str, object], dimensions: tuple[str, ...] | None = None) -> list[str]:
    """Tell what is wrong with a data ID from outside, as sentences; `dimensions` are those its dataset type has."""
    faults = [fault for name, value in data_id.items() if (fault := _fault(str(name), value))]
    if dimensions is not None and set(data_id) != set(dimensions):
        wanted = ", ".join(dimensions) or "no dimension"
        given = ", ".join(map(str, data_id)) or "none"
        faults.append(f"the data ID has the dimensions {given}; its dataset type has {wanted}")
    if not faults and len(text_of({n: v for n, v in data_id.items() if isinstance(v, int | str)})) > MAX_LENGTH:
        faults.append(f"a data ID has at most {MAX_LENGTH} characters")
    return faults


def image_of(data_id: Mapping[str, object]) -> tuple[int | None, int | None]:
    """Return the image that a data ID is about as (exposure, detector); None where it names none."""
    exposure = next((data_id[name] for name in IMAGE if name in data_id), None)
    return _number(exposure, 2**63), _number(data_id.get("detector"), 2**31)


def _number(value: object, limit: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit else None


def _fault(name: str, value: object) -> str:
    if not _NAME.fullmatch(name):
        return f"“{name[:80]}” is not the name of a dimension: letters, digits and _, beginning with a letter"
    if isinstance(value, bool) or not isinstance(value, int | str):
        return f"the value of {name} is {type(value).__name__}; it has to be a whole number or a text"
    text = str(value)
    if not text or len(text) > MAX_VALUE or text in (".", "..") or not text.isprintable() or _FORBIDDEN & set(text):
        return f"the value of {name} has to be 1 to {MAX_VALUE} printable characters without , = / and \\"
    if isinstance(value, int) and not _NUMBER.fullmatch(text):
        return f"the value of {name} is too large a number"
    return ""
