"""A document: YAML or JSON text into plain data that knows the line of every value, or all that is wrong with the text.

Built from the parser's events, so nothing is constructed that was not asked for: no aliases, no tags beyond the core
schema, no recursion. JSON is read as the YAML that it nearly is; where it is not, the JSON reader has the last word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from campaigns.core import scalars
from campaigns.core.json_text import read_json
from campaigns.core.problem import Location, Problem, path_text

MAX_BYTES = 1 << 20
MAX_DEPTH = 40
_MAX_PROBLEMS = 100
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) and the lines, from 1, at which its values stand."""

    data: Any
    lines: Mapping[Location, int] = field(default_factory=dict)

    def line(self, location: Location) -> int | None:
        """The line of a value, or of the closest one around it; None where lines are not known."""
        for length in range(len(location), -1, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return None

    def has(self, location: Location) -> bool:
        """Whether there is something at a place."""
        value: Any = self.data
        for part in location:
            is_there = part in value if isinstance(value, dict) else isinstance(part, int) and _has_entry(value, part)
            if not is_there:
                return False
            value = value[part]
        return True


def _has_entry(value: Any, at: int) -> bool:
    return isinstance(value, list) and at < len(value)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one text; with any problem there is no document to rely on."""

    documents: tuple[Document, ...] = ()
    problems: tuple[Problem, ...] = ()


def load(source: bytes | str, *, limit_bytes: int = MAX_BYTES) -> Loaded:
    """The one document of a text, or every problem that its reading finds. Never raises."""
    loaded = load_many(source, limit_bytes=limit_bytes)
    if loaded.problems or len(loaded.documents) == 1:
        return loaded
    if not loaded.documents:
        return Loaded(problems=(Problem("", "the document is empty"),))
    line = loaded.documents[1].line(())
    return Loaded(problems=(Problem("", "one document is expected; a second one begins here", line=line),))


def load_many(source: bytes | str, *, limit_bytes: int = MAX_BYTES) -> Loaded:
    """All documents of a text, separated by `---`; empty ones are left out. Never raises."""
    text = _decode(source, limit_bytes)
    if isinstance(text, Problem):
        return Loaded(problems=(text,))
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        if text.lstrip()[:1] in ("{", "["):
            return _from_json(text, _syntax(error))
        builder.problems.append(_syntax(error))
    except _Refused as refused:
        builder.problems.append(refused.problem)
    if builder.problems:
        return Loaded(problems=tuple(builder.problems))
    return Loaded(documents=tuple(builder.documents))


class _Refused(Exception):
    """Reading cannot go on after this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    """A list or mapping under construction; `key` is the pending key of a mapping and `key_line` its line."""

    data: Any
    location: Location
    key: str | None = None
    key_line: int = 0

    def next_location(self) -> Location:
        """Where the value goes that comes next."""
        if isinstance(self.data, list):
            return (*self.location, len(self.data))
        return self.location if self.key is None else (*self.location, self.key)


class _Builder:
    """Takes the parser's events one by one and keeps a stack of open lists and mappings."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._lines: dict[Location, int] = {}
        self._root: Any = None

    def take(self, event: yaml.Event) -> None:
        """Moves on by one event; _Refused when it makes no sense to go on."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._root, self._lines = None, {}
        elif isinstance(event, yaml.DocumentEndEvent):
            if self._root is not None:
                self.documents.append(Document(self._root, self._lines))
        elif isinstance(event, yaml.AliasEvent):
            self._complain(event, "aliases (*name) are not accepted; write the value out")
            self._place(None, event)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, _OPENING):
            self._open(event)
        elif isinstance(event, _CLOSING):
            self._stack.pop()

    def _open(self, event: Any) -> None:
        self._check_marks(event, event.tag is None or event.tag in scalars.CONTAINER_TAGS)
        if len(self._stack) >= MAX_DEPTH:
            raise _Refused(_at(event, f"nested deeper than {MAX_DEPTH} levels"))
        data: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if self._awaits_key():
            raise _Refused(_at(event, "a key must be a word, not a list or mapping"))
        location = self._place(data, event)
        self._stack.append(_Frame(data, location))

    def _scalar(self, event: Any) -> None:
        is_plain = event.implicit[0]
        self._check_marks(event, event.tag is None or event.tag in scalars.BY_TAG)
        fault = scalars.text_fault(event.value)
        if fault:
            self._complain(event, fault)
        if self._awaits_key():
            self._take_key(event, is_plain)
            return
        try:
            read = scalars.plain if is_plain else scalars.BY_TAG.get(event.tag or "!", str)
            value = read(event.value)
        except ValueError as error:
            self._complain(event, str(error))
            value = None
        self._place(value, event)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].data, dict) and self._stack[-1].key is None

    def _take_key(self, event: Any, is_plain: bool) -> None:
        frame, key = self._stack[-1], event.value
        if is_plain and key == "<<":
            self._complain(event, "merge keys (<<) are not accepted; write the values out")
        elif not key:
            self._complain(event, "a key cannot be empty")
        elif key in frame.data:
            first = self._lines.get((*frame.location, key))
            self._complain(event, f"the key {key[:80]!r} stands twice (first in line {first})", (*frame.location, key))
        frame.key, frame.key_line = key, event.start_mark.line + 1

    def _place(self, value: Any, event: Any) -> Location:
        """Puts a value where it belongs and notes its line; of doubled keys the first value stays."""
        if not self._stack:
            self._root = value
            self._lines[()] = event.start_mark.line + 1
            return ()
        frame = self._stack[-1]
        location = frame.next_location()
        if isinstance(frame.data, list):
            frame.data.append(value)
            line = event.start_mark.line + 1
        else:
            frame.data.setdefault(frame.key, value)
            frame.key, line = None, frame.key_line
        self._lines.setdefault(location, line)
        return location

    def _check_marks(self, event: Any, tag_is_known: bool) -> None:
        if event.anchor is not None:
            self._complain(event, "anchors (&name) are not accepted; write the value out")
        if not tag_is_known:
            self._complain(event, f"the tag {event.tag[:80]!r} is not accepted; only plain data is")

    def _complain(self, event: Any, message: str, location: Location | None = None) -> None:
        if len(self.problems) >= _MAX_PROBLEMS:
            raise _Refused(_at(event, "reading stopped here: too many problems"))
        if location is None:
            location = self._stack[-1].next_location() if self._stack else ()
        self.problems.append(_at(event, message, location))


def _at(event: Any, message: str, location: Location = ()) -> Problem:
    return Problem(path_text(location), message, line=event.start_mark.line + 1)


def _decode(source: bytes | str, limit_bytes: int) -> str | Problem:
    """The text without byte order mark, or why it is none."""
    if isinstance(source, str):
        fault = scalars.text_fault(source)
        if fault:
            return Problem("", fault)
        source = source.encode()
    if len(source) > limit_bytes:
        return Problem("", f"the text has {len(source)} bytes; at most {limit_bytes} are accepted")
    nul = source.find(b"\0")
    if nul >= 0:
        return Problem("", "the text contains a NUL character", line=source.count(b"\n", 0, nul) + 1)
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        return Problem("", f"the text is not UTF-8: byte {error.start} is {source[error.start]:#04x}", line=line)


def _from_json(text: str, otherwise: Problem) -> Loaded:
    """JSON that is no YAML (surrogate pairs, long keys), without lines; `otherwise` if it is no JSON either."""
    data, problems = read_json(text, MAX_DEPTH)
    if problems is None:
        return Loaded(problems=(otherwise,))
    return Loaded(problems=tuple(problems[:_MAX_PROBLEMS])) if problems else Loaded(documents=(Document(data),))


def _syntax(error: yaml.YAMLError) -> Problem:
    """The parser's words in one sentence."""
    mark = getattr(error, "problem_mark", None)
    words = [part for part in (getattr(error, "problem", None), getattr(error, "context", None)) if part]
    line = mark.line + 1 if mark is not None else None
    column = f" (column {mark.column + 1})" if mark is not None else ""
    return Problem("", f"this is not YAML: {', '.join(words) or str(error)[:200]}{column}", line=line)
