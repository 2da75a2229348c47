"""Selections: a small language over data IDs, `exposure in (1..24, 30) and not (detector >= 9 or band = 'u')`.

    or          := and { "or" and }
    and         := not { "and" not }
    not         := "not" not | "(" or ")" | comparison
    comparison  := operand ( "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand
                 | name [ "not" ] "in" ( "(" items ")" | "[" items "]" | range )
                 | name "is" [ "not" ] "null"
    items       := item { "," item } ;  item := range | value
    range       := number ".." number [ ":" step ]            both ends belong to it
    operand     := name | value ;  value := number | 'text' | "text" | true | false

A comparison with a missing value is neither true nor false, as in SQL: such a row is not selected, by the comparison
or by its negation. A number and a text are different (`!=`), and none is the smaller one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.core.predicate import All, Among, Compare, Literal, Missing, Name, Node, Not, Range, bind, names_of
from campaigns.core.problem import did_you_mean, listing
from campaigns.core.tokens import Kind, SelectionError, Token, tokens_of

MAX_DEPTH = 40
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_CLOSING = {"(": ")", "[": "]"}

__all__ = ["Selection", "SelectionError", "parse"]


@dataclass(frozen=True, slots=True)
class Selection:
    """A parsed selection; equal texts are equal selections."""

    text: str
    tree: Node = field(compare=False, repr=False)

    def columns(self) -> frozenset[str]:
        """Dimensions and metadata columns that the selection asks for."""
        return frozenset(name.name for name in names_of(self.tree))

    def unknown(self, known: Iterable[str]) -> tuple[str, ...]:
        """One message for each name that is no known column, with its position and what was perhaps meant."""
        columns = frozenset(known)
        seen: dict[str, str] = {}
        for name in names_of(self.tree):
            if name.name not in columns and name.name not in seen:
                hint = did_you_mean(name.name, columns) or f"; known are {listing(columns)}"
                seen[name.name] = f"at character {name.position}: there is no column {name.name}{hint}"
        return tuple(seen.values())

    def bind(self, columns: Sequence[str], *, lenient: bool = False) -> Callable[[Sequence[Any]], bool]:
        """The test of rows with these columns in this order; a column that is not there counts as missing.

        Strictly, a row passes if the selection is true for it; leniently, unless it is false for it.
        """
        if not lenient:
            return bind(self.tree, columns, False)
        refuses = bind(self.tree, columns, True)
        return lambda row: not refuses(row)


def parse(text: str) -> Selection:
    """The selection that a text says; SelectionError with the position and what was expected instead."""
    parser = _Parser(tokens_of(text))
    tree = parser.alternatives()
    parser.expect_end()
    return Selection(text, tree)


class _Parser:
    """Recursive descent over tokens, at most MAX_DEPTH deep."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def alternatives(self) -> Node:
        """Parses `or`."""
        parts = [self._conjunction()]
        while self._take(Kind.WORD, "or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Not(All(tuple(Not(part) for part in parts)))

    def expect_end(self) -> None:
        """SelectionError if anything is left."""
        if self._next.kind is not Kind.END:
            raise self._unexpected("and, or, or the end")

    def _conjunction(self) -> Node:
        parts = [self._negation()]
        while self._take(Kind.WORD, "and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negation(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SelectionError(f"nested deeper than {MAX_DEPTH} levels", self._next.position)
        try:
            if self._take(Kind.WORD, "not"):
                return Not(self._negation())
            if self._take(Kind.SIGN, "("):
                inner = self.alternatives()
                self._expect(Kind.SIGN, ")", "')'")
                return inner
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Node:
        left = self._operand("a name, a value, '(' or not")
        if self._next.kind is Kind.SIGN and self._next.value in _COMPARISONS:
            sign = self._advance()
            right = self._operand(f"a name or a value after {sign.value!r}")
            if self._next.kind is Kind.SIGN and self._next.value == "..":
                raise SelectionError("a range stands after in: exposure in 1..24", self._next.position)
            return Compare(left, str(sign.value), right)
        if not isinstance(left, Name):
            raise self._unexpected("a comparison (=, !=, <, <=, >, >=)")
        if self._take(Kind.WORD, "is"):
            negated = self._take(Kind.WORD, "not")
            self._expect(Kind.WORD, "null", "null")
            return Not(Missing(left)) if negated else Missing(left)
        negated = self._take(Kind.WORD, "not")
        if not self._take(Kind.WORD, "in"):
            raise self._unexpected("in" if negated else "a comparison (=, !=, <, <=, >, >=), in, or is null")
        among = self._among(left)
        return Not(among) if negated else among

    def _operand(self, expected: str) -> Name | Literal:
        token = self._next
        if token.kind is Kind.NAME:
            self._advance()
            return Name(str(token.value), token.position)
        return Literal(self._value(expected))

    def _value(self, expected: str) -> int | float | str | bool:
        token = self._next
        if token.kind in (Kind.NUMBER, Kind.TEXT):
            return self._advance().value
        if token.kind is Kind.WORD and token.value in ("true", "false"):
            return self._advance().value == "true"
        raise self._unexpected(expected)

    def _among(self, name: Name) -> Among:
        opening = self._next
        if opening.kind is not Kind.SIGN or opening.value not in _CLOSING:
            if opening.kind is not Kind.NUMBER:
                raise self._unexpected("'(' or a range such as 1..24 after in")
            item = self._item()
            if not isinstance(item, Range):
                raise self._unexpected("'..'; a single value is compared with =")
            return Among(name, frozenset(), (item,))
        self._advance()
        items = [self._item()]
        while self._take(Kind.SIGN, ","):
            items.append(self._item())
        closing = _CLOSING[str(opening.value)]
        self._expect(Kind.SIGN, closing, f"',' or '{closing}'")
        values = frozenset(item for item in items if not isinstance(item, Range))
        return Among(name, values, tuple(item for item in items if isinstance(item, Range)))

    def _item(self) -> Range | int | float | str | bool:
        token = self._next
        first = self._value(f"a value, such as 7, 'r' or 1..24{_quotes(token)}")
        if not self._take(Kind.SIGN, ".."):
            return first
        last = self._number("a number after '..'")
        if isinstance(first, str):
            raise SelectionError("a range needs numbers on both sides", token.position)
        step = 0
        if self._take(Kind.SIGN, ":"):
            sign = self._next
            number = self._number("a step after ':'")
            if not all(isinstance(part, int) for part in (first, last, number)) or number < 1:
                raise SelectionError("a step is a whole number of 1 or more, between whole numbers", sign.position)
            step = int(number)
        if last < first:
            raise SelectionError(f"the range {first}..{last} is empty; the smaller number comes first", token.position)
        return Range(first, last, step)

    def _number(self, expected: str) -> int | float:
        if self._next.kind is not Kind.NUMBER:
            raise self._unexpected(expected)
        value = self._advance().value
        assert not isinstance(value, str)  # noqa: S101 - tokens of kind NUMBER hold numbers
        return value

    def _advance(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _take(self, kind: Kind, value: str) -> bool:
        if self._next.kind is kind and self._next.value == value:
            self._at += 1
            return True
        return False

    def _expect(self, kind: Kind, value: str, expected: str) -> None:
        if not self._take(kind, value):
            raise self._unexpected(expected)

    def _unexpected(self, expected: str) -> SelectionError:
        return SelectionError(f"expected {expected}, found {self._next.shown()}", self._next.position)


def _quotes(token: Token) -> str:
    """A hint for a bare word where a text was meant."""
    return f"; write '{token.value}' in quotes if it is a text" if token.kind is Kind.NAME else ""
