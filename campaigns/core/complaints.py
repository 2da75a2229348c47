"""Complaints: pydantic's errors as sentences with a location, in this project's words."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from campaigns.core.problem import Location, did_you_mean, listing

Fault = tuple[Location, str]
"""A message and where it belongs, relative to the value that was checked."""


class Faults(ValueError):
    """Several things wrong inside one value."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(message for _, message in faults))
        self.faults = faults


def _name_required(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Required fields are optional for pydantic, so that one error does not hide others; the JSON schema says it."""
    required: frozenset[str] = getattr(model, "REQUIRED", frozenset())
    if required:
        schema["required"] = sorted(model.model_fields[name].alias or name for name in required)


class Part(BaseModel):
    """A mapping in a document. Keys are written in camelCase; null means absent; `REQUIRED` fields must be there."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        allow_inf_nan=False,
        json_schema_extra=_name_required,
    )

    REQUIRED: ClassVar[frozenset[str]] = frozenset()


Model = TypeVar("Model", bound=Part)

_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _: "must be a text",
    "int_type": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be a mapping",
    "model_type": lambda _: "must be a mapping",
    "model_attributes_type": lambda _: "must be a mapping",
    "finite_number": lambda _: "must be a finite number",
    "missing": lambda _: "is required",
    "greater_than": lambda given: f"must be more than {given['gt']:g}",
    "greater_than_equal": lambda given: f"must be {given['ge']:g} or more",
    "less_than": lambda given: f"must be less than {given['lt']:g}",
    "less_than_equal": lambda given: f"must be {given['le']:g} or less",
    "string_too_long": lambda given: f"must have {given['max_length']} or fewer characters",
    "string_too_short": lambda given: f"must have {given['min_length']} or more characters",
    "too_short": lambda given: f"must have {given['min_length']} or more entries",
    "too_long": lambda given: f"must have {given['max_length']} or fewer entries",
    "literal_error": lambda given: f"must be {given['expected']}",
    "value_error": lambda given: str(given["error"]),
}
_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}
_SHOWN_KINDS = (str, bool, int, float)
_MAX_SHOWN = 40
_MAX_ROUNDS = 20
"""What is left after leaving out a fault may have faults of its own that pydantic did not look for before."""


def validate(model: type[Model], data: object) -> tuple[Model | None, list[Fault]]:
    """The model with everything that could be understood, and every fault; what is faulty is left out of the model.

    None only if the data are no mapping at all.
    """
    faults: list[Fault] = []
    kept = copy.deepcopy(data)
    for _ in range(_MAX_ROUNDS):
        try:
            found = model.model_validate(kept)
        except ValidationError as error:
            told = set(faults)
            faults.extend(fault for fault in faults_of(error, model) if fault not in told)
            places = _places(error, kept)
            if () in places:
                return None, faults
            for location in places:
                _leave_out(kept, location)
            continue
        inside = {location[:depth] for location, _ in faults for depth in range(len(location) + 1)}
        return found, faults + [fault for fault in missing_faults(found) if fault[0] not in inside]
    return None, faults


def _places(error: ValidationError, data: Any) -> list[Location]:
    """What to leave out for each error: the deepest part of its location that the data really have, longest first."""
    found: set[Location] = set()
    for details in error.errors(include_url=False, include_context=False):
        location, value = tuple(details["loc"]), data
        depth = 0
        for part in location:
            if not _has(value, part):
                break
            value = value[part]
            depth += 1
        found.add(location[:depth])
    return sorted(found, key=len, reverse=True)


def _has(value: object, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def _leave_out(data: Any, location: Location) -> None:
    """Removes a key, or empties a list entry."""
    holder = data
    for part in location[:-1]:
        holder = holder[part]
    if isinstance(holder, dict):
        del holder[location[-1]]
    else:
        holder[location[-1]] = None


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Every error with its location inside the value that was validated."""
    found: list[Fault] = []
    for details in error.errors(include_url=False):
        location = tuple(part for part in details["loc"] if part != "[key]")
        nested = details.get("ctx", {}).get("error")
        if isinstance(nested, Faults):
            found.extend(((*location, *inner), message) for inner, message in nested.faults)
        elif details["type"] == "extra_forbidden":
            found.append((location, unknown_key(str(location[-1]), keys_at(model, location[:-1]))))
        else:
            found.append((location, _sentence(details)))
    return found


def unknown_key(key: str, known: frozenset[str]) -> str:
    """The message for a key that nobody knows; without known ones it is short."""
    if not known:
        return f"unknown key {key[:_MAX_SHOWN]}"
    return f"unknown key {key[:_MAX_SHOWN]}{did_you_mean(key, known) or f'; known are {listing(known, 20)}'}"


def keys_at(model: type[BaseModel], location: Location) -> frozenset[str]:
    """The keys that the mapping at a location may have."""
    current: type[BaseModel] = model
    for part in location:
        if isinstance(part, str):
            field = next((item for name, item in current.model_fields.items() if part in (item.alias, name)), None)
            inner = _model_in(field.annotation) if field is not None else None
            current = inner or current
    return frozenset(item.alias or name for name, item in current.model_fields.items())


def missing_faults(value: object, location: Location = ()) -> list[Fault]:
    """Required keys that are absent or null, and list entries that are null, all the way down."""
    found: list[Fault] = []
    if isinstance(value, Part):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            inner = getattr(value, name)
            if inner is None and name in value.REQUIRED:
                found.append(((*location, key), f"{key} is required"))
            found.extend(missing_faults(inner, (*location, key)))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            if item is None:
                found.append(((*location, at), "an entry is empty"))
            found.extend(missing_faults(item, (*location, at)))
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, Part):
                found.extend(missing_faults(item, (*location, key)))
    return found


def found_kind(value: object) -> str:
    """What a value is, in words, with the value itself where it is short."""
    kind = _KINDS.get(type(value), "nothing" if value is None else "something else")
    text = repr(value) if isinstance(value, _SHOWN_KINDS) else ""
    return f"{kind} ({text})" if 0 < len(text) <= _MAX_SHOWN else kind


def _sentence(details: ErrorDetails) -> str:
    words = _WORDS.get(details["type"])
    message = words(details.get("ctx", {})) if words else details["msg"]
    return f"{message}, not {found_kind(details['input'])}" if details["type"].endswith("_type") else message


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as `dict[str, Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for inner in map(_model_in, get_args(annotation)) if inner is not None), None)
