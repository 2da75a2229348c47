"""Fields: the kinds of values that stand in documents, with their checks; used by the models of all documents."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from campaigns.core import quantities
from campaigns.core.complaints import found_kind
from campaigns.core.names import email_fault, identifier_fault, name_fault, nodes_fault, token_fault, value_fault

MAX_TEXT = 10_000
_QUANTITY = WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})


def _checked(fault_of: Any) -> AfterValidator:
    """A validator from a function that says what is wrong with a text."""

    def check(text: str) -> str:
        fault = fault_of(text)
        if fault:
            raise ValueError(fault)
        return text

    return AfterValidator(check)


def _positive(read: Any) -> BeforeValidator:
    """A validator from a reader of quantities, of which 0 is none."""

    def check(value: object) -> int:
        number: int = read(value)
        if number == 0:
            raise ValueError("must be more than 0")
        return number

    return BeforeValidator(check)


def moment(value: object) -> datetime:
    """An aware UTC moment from ISO 8601 text with an offset or Z; ValueError otherwise."""
    fault = ValueError(f"must be a moment such as 2026-11-23T18:00:00Z, not {found_kind(value)}")
    if not isinstance(value, str) or len(value) > 40:  # noqa: PLR2004 - no ISO 8601 text is longer
        raise fault
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise fault from None
    if found.tzinfo is None:
        raise ValueError(f"the moment {value} has no time zone; add Z or an offset such as +02:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise fault from None


def path_fault(text: str) -> str | None:
    """What is wrong with an absolute path at a site; None if nothing."""
    if not text.startswith("/") or "/../" in f"{text}/" or any(character < " " for character in text):
        return f"{text[:80]!r} is not an absolute path without '..' and control characters"
    return None


def line_fault(text: str) -> str | None:
    """What is wrong with one line of a script; None if nothing."""
    if any(character in text for character in "\n\r"):
        return "must be one line; write further lines as further entries"
    return None


def scalar(value: object) -> object:
    """A text, number, or truth value; ValueError otherwise."""
    if not isinstance(value, str | int | float):
        raise ValueError(f"must be a text, a number, true or false, not {found_kind(value)}")
    return value


def data_value(value: object) -> object:
    """A value that can be part of a data ID; ValueError otherwise."""
    fault = value_fault(value)
    if fault:
        raise ValueError(fault)
    return value


_SCALAR_SCHEMA = WithJsonSchema({"type": ["string", "number", "boolean"]})
_VALUE_SCHEMA = WithJsonSchema({"type": ["string", "integer"]})

Scalar = Annotated[Any, BeforeValidator(scalar), _SCALAR_SCHEMA]
DataValue = Annotated[Any, BeforeValidator(data_value), _VALUE_SCHEMA]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Line = Annotated[str, Field(max_length=MAX_TEXT), _checked(line_fault)]
Name = Annotated[str, _checked(name_fault)]
Identifier = Annotated[str, _checked(identifier_fault)]
Token = Annotated[str, _checked(token_fault)]
Nodes = Annotated[str, _checked(nodes_fault)]
Email = Annotated[str, _checked(email_fault)]
AbsolutePath = Annotated[str, Field(max_length=4096), _checked(path_fault)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Mebibytes = Annotated[int, _positive(quantities.mebibytes), _QUANTITY]
SizeBytes = Annotated[int, _positive(quantities.size_bytes), _QUANTITY]
Seconds = Annotated[int, _positive(quantities.seconds), _QUANTITY]
Delay = Annotated[int, BeforeValidator(quantities.seconds), _QUANTITY]
Count = Annotated[int, Field(gt=0, le=2**31 - 1)]
Port = Annotated[int, Field(gt=0, lt=65536)]
Fraction = Annotated[float, Field(ge=0, le=1)]
