"""Predicates: the tree of a selection, and its compilation into one closure that tests rows.

Negations are pushed down to the comparisons before compiling. What is left says yes or no of present values and no of
missing ones, which gives SQL's "is true" without a third truth value at run time.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Row = Sequence[Any]
Test = Callable[[Row], bool]
Value = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Name:
    """A column; `position` is where it stands in the text, from 1."""

    name: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written out."""

    value: Value


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from first to last, both included; every `step`-th whole number if step is not 0."""

    first: int | float
    last: int | float
    step: int = 0


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands and one of = != < <= > >=."""

    left: Name | Literal
    sign: str
    right: Name | Literal


@dataclass(frozen=True, slots=True)
class Among:
    """A column's value is one of the values or lies in one of the ranges."""

    column: Name
    values: frozenset[Value]
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A column has no value."""

    column: Name


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """All parts at once."""

    parts: tuple["Node", ...]


Node = Compare | Among | Missing | Not | All

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONTRARY = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_EITHER_KIND = {"=": False, "!=": True}
_NUMBERS = (int, float)


def names_of(node: Node) -> Iterator[Name]:
    """The columns of a tree in the order of the text, with repetitions."""
    match node:
        case Compare(left, _, right):
            yield from (part for part in (left, right) if isinstance(part, Name))
        case Among(column) | Missing(column):
            yield column
        case Not(part):
            yield from names_of(part)
        case All(parts):
            for part in parts:
                yield from names_of(part)


def bind(node: Node, columns: Row, negated: bool) -> Test:
    """The test whether a tree, or its contrary, is true for rows with these columns in this order."""
    match node:
        case Not(part):
            return bind(part, columns, not negated)
        case All(parts):
            tests = [bind(part, columns, negated) for part in parts]
            return _any(tests) if negated else _all(tests)
        case Compare(left, sign, right):
            return _compare(_place(left, columns), _CONTRARY[sign] if negated else sign, _place(right, columns))
        case Among(column, values, ranges):
            return _among(_place(column, columns), values, ranges, negated)
        case Missing(column):
            return _missing(_place(column, columns), negated)


def _place(operand: Name | Literal, columns: Row) -> int | Literal | None:
    """A column's index, a literal, or None for a column that these rows do not have."""
    if isinstance(operand, Literal):
        return operand
    return columns.index(operand.name) if operand.name in columns else None


def _missing(at: int | Literal | None, negated: bool) -> Test:
    if not isinstance(at, int):
        return _always(not negated)
    return (lambda row: row[at] is not None) if negated else (lambda row: row[at] is None)


def _always(answer: bool) -> Test:
    return lambda row: answer


def _all(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:  # noqa: PLR2004 - the commonest case, at half the cost
        first, second = tests
        return lambda row: first(row) and second(row)
    return lambda row: all(test(row) for test in tests)


def _any(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _compare(left: int | Literal | None, sign: str, right: int | Literal | None) -> Test:
    """A comparison of columns (by index) and literals; of different kinds only `!=` can be true."""
    if left is None or right is None:
        return _always(False)
    compare, otherwise = _OPERATORS[sign], _EITHER_KIND.get(sign, False)
    if isinstance(left, int) and isinstance(right, Literal):
        return _with_literal(left, compare, right.value, otherwise)

    def test(row: Row) -> bool:
        one = left.value if isinstance(left, Literal) else row[left]
        other = right.value if isinstance(right, Literal) else row[right]
        if one is None or other is None:
            return False
        return bool(compare(one, other)) if _alike(one, other) else otherwise

    return test


def _with_literal(at: int, compare: Callable[[Any, Any], bool], value: Value, otherwise: bool) -> Test:
    """The commonest comparison, with the literal's kind looked at only once."""
    kinds: tuple[type, ...] = (str,) if isinstance(value, str) else _NUMBERS

    def test(row: Row) -> bool:
        found = row[at]
        if isinstance(found, kinds):
            return compare(found, value)
        return otherwise and found is not None

    return test


def _alike(one: Any, other: Any) -> bool:
    return isinstance(one, str) is isinstance(other, str)


def _among(at: int | Literal | None, values: frozenset[Value], ranges: tuple[Range, ...], negated: bool) -> Test:
    if not isinstance(at, int):
        return _always(False)
    spans = tuple((part.first, part.last, part.step) for part in ranges)

    def within(found: Any) -> bool:
        if found in values:
            return True
        return not isinstance(found, str) and any(
            first <= found <= last and (not step or (found - first) % step == 0) for first, last, step in spans
        )

    if negated:
        return lambda row: row[at] is not None and not within(row[at])
    return lambda row: row[at] is not None and within(row[at])
