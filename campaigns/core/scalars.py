"""Scalars of a YAML 1.2 document (core schema) into text, numbers, booleans and null.

YAML 1.1's surprises are left out: `no` and `on` are words, `12:30` is no number, a date stays a text.
"""

import re
from collections.abc import Callable

Scalar = str | int | float | bool | None

CORE = "tag:yaml.org,2002:"
MAX_INTEGER = 2**63 - 1

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAX_DIGITS = 40


def plain(text: str) -> Scalar:
    """The value of an unquoted scalar; ValueError for numbers that no database or JSON reader could hold."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in "+-.0123456789":
        return text
    for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return whole(text, base)
    if _FLOAT.fullmatch(text):
        return finite(float(text))
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return text


def whole(text: str, base: int = 10) -> int:
    """An integer of at most 64 bits; ValueError beyond."""
    if len(text) > _MAX_DIGITS:
        raise ValueError(f"a whole number of {len(text)} digits is too large")
    number = int(text, base)
    if abs(number) > MAX_INTEGER:
        raise ValueError(f"{text} is too large for a whole number")
    return number


def finite(number: float) -> float:
    """The number itself; ValueError for infinities and not-a-number."""
    if number - number != 0:
        raise ValueError("a number is too large or not finite")
    return number


def text_fault(text: str) -> str | None:
    """What is wrong with a text: NUL and lone surrogates cannot be stored; None if nothing."""
    if "\0" in text:
        return "the text contains a NUL character"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "the text contains half a character (a lone surrogate)"
    return None


def _tagged_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a whole number")
    return whole(text)


def _tagged_float(text: str) -> float:
    if not _FLOAT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number")
    return finite(float(text))


def _tagged_boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(f"{text[:40]!r} is not true or false")
    return _BOOLEANS[text]


BY_TAG: dict[str, Callable[[str], Scalar]] = {
    "!": str,
    f"{CORE}str": str,
    f"{CORE}int": _tagged_integer,
    f"{CORE}float": _tagged_float,
    f"{CORE}bool": _tagged_boolean,
    f"{CORE}null": lambda _: None,
}
"""Explicit tags of scalars that are accepted, with their readers."""

CONTAINER_TAGS = frozenset({"!", f"{CORE}seq", f"{CORE}map"})
"""Explicit tags of lists and mappings that are accepted."""
