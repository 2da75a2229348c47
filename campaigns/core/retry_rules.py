"""Retry rules: which failures are tried again, how often and with what changes; the first rule that fits decides."""

import re
import warnings
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from campaigns.core.complaints import Faults, Part, found_kind, validate
from campaigns.core.fields import Delay, Text

Cause = Literal[
    "payload",
    "memory",
    "walltime",
    "node",
    "site",
    "lost",
    "preempted",
    "transfer",
    "setup",
    "software",
    "input",
    "output",
]
MAX_RULES = 50
MAX_PATTERN = 500
_FACTOR = re.compile(r"x([0-9]{1,3}(?:\.[0-9]{1,3})?)")


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _factor(value: object) -> float:
    """A factor from `x2` or `x1.5`, more than 1."""
    match = _FACTOR.fullmatch(value) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 1:
        raise ValueError(f"must be a factor of more than 1 such as x2, not {found_kind(value)}")
    return float(match[1])


def _pattern(value: object) -> object:
    if isinstance(value, str):
        if not 0 < len(value) <= MAX_PATTERN:
            raise ValueError(f"a pattern has 1 to {MAX_PATTERN} characters, this one {len(value)}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"is not a regular expression: {error}") from None
    return value


Factor = Annotated[float, BeforeValidator(_factor), WithJsonSchema({"type": "string", "pattern": "^x[0-9.]+$"})]


class When(Part):
    """What must be so for a rule to fit: all that is said. An empty one fits every failure."""

    cause: Annotated[list[Cause], BeforeValidator(_as_list)] | None = None
    exit: Annotated[list[Annotated[int, Field(ge=0, le=255)]], BeforeValidator(_as_list)] | None = None
    stderr: Annotated[str, BeforeValidator(_pattern)] | None = None


class Then(Part):
    """What is done: `retry` so often, `fail` at once, or `hold` for a person with a reason."""

    retry: Annotated[int, Field(gt=0, le=100)] | None = None
    memory: Factor | None = None
    walltime: Factor | None = None
    elsewhere: bool | None = None
    delay: Delay | None = None
    fail: Literal[True] | None = None
    hold: Text | None = None


class Rule(Part):
    """One rule; a passive one only says what it would have done."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"when", "then"})

    when: When | None = None
    then: Then | None = None
    passive: bool | None = None


class Rules(Part):
    """The list of rules as a model of its own, for its JSON schema."""

    retry: Annotated[list[Rule | None], Field(max_length=MAX_RULES)] | None = None


def read_rules(value: Any) -> list[dict[str, Any]]:
    """Rules as plain data: causes and exit codes as lists, factors as numbers, delays in seconds; Faults otherwise."""
    rules, found = validate(Rules, {"retry": value})
    faults = [(location[1:], message) for location, message in found]
    if rules is None or rules.retry is None:
        raise Faults(faults or [((), "must be a list of rules")])
    for at, rule in enumerate(rules.retry):
        is_whole = not any(location[:2] == (at, "then") for location, _ in faults)
        if rule is not None and rule.then is not None and is_whole:
            faults.extend(((at, "then"), message) for message in _then_faults(rule.then))
    if faults:
        raise Faults(faults)
    return [rule.model_dump(by_alias=True, exclude_none=True) for rule in rules.retry if rule is not None]


def _then_faults(then: Then) -> list[str]:
    said = [name for name in ("retry", "fail", "hold") if getattr(then, name) is not None]
    found = []
    if len(said) != 1:
        found.append(f"say one of retry, fail and hold, not {' and '.join(said) or 'none of them'}")
    extra = [name for name in ("memory", "walltime", "elsewhere", "delay") if getattr(then, name) is not None]
    if extra and "retry" not in said:
        found.append(f"{' and '.join(extra)} need retry beside them")
    return found
