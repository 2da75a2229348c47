"""Tokens of the selection language: numbers, strings, names and signs, each with its position."""

import re
from enum import StrEnum
from typing import NamedTuple

MAX_TEXT = 20_000
_MAX_DIGITS = 18


class SelectionError(Exception):
    """A selection that cannot be understood; `position` counts characters from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"at character {position}: {message}")
        self.message = message
        self.position = position


class Kind(StrEnum):
    """What a token is; the values are the words of error messages."""

    NUMBER = "a number"
    TEXT = "a text"
    NAME = "a name"
    WORD = "a word of the language"
    SIGN = "a sign"
    END = "the end"


class Token(NamedTuple):
    """One token; `value` is a number, the text without quotes, the name, the word in lower case or the sign."""

    kind: Kind
    value: int | float | str
    position: int

    def shown(self) -> str:
        """The token as an error message names it."""
        return self.kind.value if self.kind is Kind.END else repr(self.value)


WORDS = frozenset({"and", "or", "not", "in", "is", "null", "true", "false"})

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>\.\.|==|!=|<>|<=|>=|[=<>(),:\[\]])
    """,
    re.VERBOSE,
)
_SAME_SIGN = {"==": "=", "<>": "!="}


def tokens_of(text: str) -> list[Token]:
    """The tokens of a selection, closed by an END token; SelectionError where no token can begin."""
    if len(text) > MAX_TEXT:
        raise SelectionError(f"the selection has {len(text)} characters; at most {MAX_TEXT} are accepted", MAX_TEXT)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise SelectionError(_strange(text[at]), at + 1)
        if match.lastgroup != "space":
            found.append(_token(match, at + 1))
        at = match.end()
    found.append(Token(Kind.END, "", len(text) + 1))
    return found


def _token(match: re.Match[str], position: int) -> Token:
    text = match[0]
    match match.lastgroup:
        case "number":
            return Token(Kind.NUMBER, _number(text, position), position)
        case "text":
            return Token(Kind.TEXT, text[1:-1].replace(text[0] * 2, text[0]), position)
        case "name" if text.lower() in WORDS:
            return Token(Kind.WORD, text.lower(), position)
        case "name":
            return Token(Kind.NAME, text, position)
        case _:
            return Token(Kind.SIGN, _SAME_SIGN.get(text, text), position)


def _number(text: str, position: int) -> int | float:
    if len(text) > _MAX_DIGITS + 1:
        raise SelectionError(f"a number of more than {_MAX_DIGITS} digits", position)
    if text.lstrip("-").isdigit():
        return int(text)
    number = float(text)
    if number - number != 0:
        raise SelectionError(f"{text} is too large for a number", position)
    return number


def _strange(character: str) -> str:
    if character in "'\"":
        return f"a text begins with {character} and does not end"
    if character in "&|!":
        return f"{character!r} is not understood; write and, or, not"
    return f"the character {character!r} is not understood"
