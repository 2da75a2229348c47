"""Keys: every setting that configuration layers may hold, with its kind, where it may stand and how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from campaigns.core.complaints import Fault, Faults, Part, faults_of, found_kind, unknown_key
from campaigns.core.fields import Fraction, Mebibytes, Name, Nodes, Seconds, Token
from campaigns.core.names import name_fault
from campaigns.core.problem import listing
from campaigns.core.retry_rules import read_rules


class Kind(StrEnum):
    """Whether a setting can change what comes out, or only where, when and with what means it is made."""

    EXECUTION = "execution"
    RESULT = "result"


class Scope(StrEnum):
    """What a layer is about, weakest first. DEFAULT is built in; DEFINITION is the step definition of the pipeline."""

    DEFAULT = "default"
    GLOBAL = "global"
    SITE = "site"
    CAMPAIGN = "campaign"
    PAYLOAD = "payload"
    DEFINITION = "definition"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting; `read` gives the value as plain data or raises ValueError or Faults."""

    name: str
    kind: Kind
    scopes: frozenset[Scope]
    read: Callable[[Any], Any]


def _lasting(value: object) -> object:
    """`keep`, `transient`, or `until <step>` from `{until: <step>}`."""
    if isinstance(value, Mapping) and set(value) == {"until"} and isinstance(value["until"], str):
        fault = name_fault(value["until"])
        if fault:
            raise ValueError(fault)
        return f"until {value['until']}"
    if value not in ("keep", "transient"):
        raise ValueError(f"must be keep, transient or {{until: <step>}}, not {found_kind(value)}")
    return value


Lasting = Annotated[str, BeforeValidator(_lasting)]


class Tolerate(Part):
    """`{tolerate: 0.05}`: how much of a step may fail."""

    tolerate: Fraction


class Persist(Part):
    """What becomes of outputs: `default`, and by type."""

    default: Literal["keep", "transient"] | None = None
    types: Annotated[dict[Name, Lasting], Field(max_length=2000)] | None = None


class Sites(Part):
    """Which sites and nodes may be used."""

    only: Annotated[list[Name], Field(max_length=1000)] | None = None
    avoid: Annotated[list[Name], Field(max_length=1000)] | None = None
    avoid_nodes: Annotated[list[Nodes], Field(max_length=1000)] | None = None


def _read_with(annotation: Any) -> Callable[[Any], Any]:
    """A reader from a pydantic annotation; models come back as plain data with the keys of the document."""
    adapter = TypeAdapter[Any](annotation)
    model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else Part

    def read(value: Any) -> Any:
        try:
            found = adapter.validate_python(value, strict=True)
        except ValidationError as error:
            raise Faults(faults_of(error, model)) from None
        return found.model_dump(by_alias=True, exclude_none=True) if isinstance(found, BaseModel) else found

    return read


def _read_exits(value: Any) -> Any:
    codes = _EXITS(value if isinstance(value, list) else [value])
    return sorted(set(codes))


def _read_policy(value: Any) -> Any:
    if value in ("stop", "continue"):
        return value
    if isinstance(value, dict):
        return _TOLERATE(value)
    raise ValueError(f"must be stop, continue or {{tolerate: 0.05}}, not {found_kind(value)}")


def _read_science(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping, not {found_kind(value)}")
    return value


_EXITS = _read_with(list[Annotated[int, Field(ge=0, le=255)]])
_TOLERATE = _read_with(Tolerate)

_ANYWHERE = frozenset(
    {Scope.GLOBAL, Scope.SITE, Scope.CAMPAIGN, Scope.PAYLOAD, Scope.DEFINITION, Scope.STEP, Scope.DEFAULT}
)
_NOT_SITE = _ANYWHERE - {Scope.SITE}
_WHOLE = frozenset({Scope.DEFAULT, Scope.GLOBAL, Scope.CAMPAIGN, Scope.PAYLOAD})
_STEP = frozenset({Scope.DEFINITION, Scope.STEP})

_TABLE: tuple[tuple[str, Kind, frozenset[Scope], Callable[[Any], Any]], ...] = (
    ("requestMemory", Kind.EXECUTION, _ANYWHERE, _read_with(Mebibytes)),
    ("requestMemoryMax", Kind.EXECUTION, _ANYWHERE, _read_with(Mebibytes)),
    ("memoryMultiplier", Kind.EXECUTION, _ANYWHERE, _read_with(Annotated[float, Field(ge=1, le=100)])),
    ("requestCpus", Kind.EXECUTION, _ANYWHERE, _read_with(Annotated[int, Field(gt=0, le=100_000)])),
    ("requestDisk", Kind.EXECUTION, _ANYWHERE, _read_with(Mebibytes)),
    ("requestWalltime", Kind.EXECUTION, _ANYWHERE, _read_with(Seconds)),
    ("numberOfRetries", Kind.EXECUTION, _ANYWHERE, _read_with(Annotated[int, Field(ge=0, le=100)])),
    ("retryUnlessExit", Kind.EXECUTION, _ANYWHERE, _read_exits),
    ("retry", Kind.EXECUTION, _ANYWHERE, read_rules),
    ("queue", Kind.EXECUTION, _ANYWHERE, _read_with(Token)),
    ("accountingGroup", Kind.EXECUTION, _ANYWHERE, _read_with(Token)),
    ("onFailure", Kind.EXECUTION, _NOT_SITE, _read_policy),
    ("logs", Kind.EXECUTION, _ANYWHERE - _STEP, _read_with(Literal["all", "failed", "none"])),
    ("unexpected", Kind.EXECUTION, _WHOLE, _read_with(Literal["save", "drop"])),
    ("verify", Kind.EXECUTION, _WHOLE, _read_with(bool)),
    ("persist", Kind.EXECUTION, _WHOLE, _read_with(Persist)),
    ("sites", Kind.EXECUTION, _WHOLE, _read_with(Sites)),
    ("priority", Kind.EXECUTION, _WHOLE, _read_with(Annotated[int, Field(ge=-1_000_000, le=1_000_000)])),
    ("share", Kind.EXECUTION, _WHOLE, _read_with(Annotated[float, Field(gt=0, le=1000)])),
    ("breakpoint", Kind.EXECUTION, _STEP, _read_with(bool)),
    ("discover", Kind.RESULT, _STEP, _read_with(Name)),
    ("software", Kind.RESULT, _NOT_SITE, _read_with(Name)),
    ("config", Kind.RESULT, _NOT_SITE, _read_science),
)
KEYS: dict[str, Key] = {row[0]: Key(*row) for row in _TABLE}

_MAX_HINTS = 100

STEPS = "steps"
"""Beside its keys a layer may hold `steps`: step label -> keys that concern this step only."""


def read_values(values: Any, scope: Scope) -> tuple[dict[str, Any], list[Fault]]:
    """A layer's values as plain data, and everything that is wrong with them; null means that nothing is said."""
    if not isinstance(values, Mapping):
        return {}, [((), f"must be a mapping, not {found_kind(values)}")]
    found, faults = _read_flat({key: value for key, value in values.items() if key != STEPS}, scope, scope)
    by_step = values.get(STEPS)
    if by_step is None:
        return found, faults
    if scope in (Scope.STEP, Scope.DEFINITION):
        return found, [*faults, ((STEPS,), "a step's settings cannot hold settings of steps")]
    if not isinstance(by_step, Mapping):
        return found, [*faults, ((STEPS,), f"must be a mapping of steps, not {found_kind(by_step)}")]
    found[STEPS] = {}
    for label, inner in by_step.items():
        if not isinstance(inner, Mapping):
            faults.append(((STEPS, label), f"must be a mapping, not {found_kind(inner)}"))
            continue
        found[STEPS][label], wrong = _read_flat(inner, Scope.STEP, scope)
        faults.extend(((STEPS, label, *location), message) for location, message in wrong)
    return found, faults


def _read_flat(values: Mapping[str, Any], scope: Scope, layer: Scope) -> tuple[dict[str, Any], list[Fault]]:
    """Keys that may stand in this scope, inside a layer whose own scope may be a wider one."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in values.items():
        key = KEYS.get(name)
        if key is None:
            # looking for what was meant takes time, and nobody reads it a thousand times
            known = frozenset(KEYS) | {STEPS} if len(faults) < _MAX_HINTS else frozenset()
            faults.append(((name,), unknown_key(name, known)))
        elif scope not in key.scopes or (layer is Scope.SITE and key.kind is Kind.RESULT):
            faults.append(((name,), _misplaced(key, layer)))
        elif value is not None:
            try:
                found[name] = key.read(value)
            except Faults as error:
                faults.extend(((name, *location), message) for location, message in error.faults)
            except ValueError as error:
                faults.append(((name,), str(error)))
    most, least = found.get("requestMemoryMax"), found.get("requestMemory")
    if most is not None and least is not None and most < least:
        faults.append((("requestMemoryMax",), f"{most} MiB is less than requestMemory, {least} MiB"))
    return found, faults


def _misplaced(key: Key, layer: Scope) -> str:
    if layer is Scope.SITE and key.kind is Kind.RESULT:
        return f"{key.name} can change what comes out, so it cannot depend on the site"
    allowed = key.scopes - {Scope.DEFAULT, Scope.DEFINITION}
    return f"{key.name} cannot be set here; it belongs to {listing(allowed)}"
