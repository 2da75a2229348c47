"""Fetching exit notes from a site in one stream, and acknowledging them, whatever its batch system."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from execution.core.command import Command, Output
from execution.core.errors import Rejected, SchedulerDown, Unreadable
from execution.core.script import Place

TRY_LATER = 75
"""Exit code of the runner's own commands when the site's files cannot be used now (EX_TEMPFAIL)."""


def notes(place: Place, most: int, settled: Sequence[str] = ()) -> Command[Mapping[str, bytes]]:
    """Up to `most` exit notes by token, oldest first; they stay in the outbox until acknowledged.

    Those of `settled` are acknowledged in the same go: one command a pass instead of two. A note that could not be read
    at all has no bytes, so that it is settled and acknowledged like any broken one.
    """
    words = own_words(place, "notes", "--limit", str(int(most)), "--clean")
    return Command(words, _notes, json.dumps(list(settled)).encode() if settled else b"")


def acknowledge(place: Place, tokens: Sequence[str]) -> Command[int]:
    """Remove these attempts' folders, then their notes; answers how many notes were still there."""
    return Command(own_words(place, "ack", "--clean"), _count, json.dumps(list(tokens)).encode())


def own_words(place: Place, verb: str, *rest: str) -> tuple[str, ...]:
    """The words of one of the runner's own commands."""
    return (place.python, "-I", "-S", place.runner, "spool", verb, "--root", place.workdir, *rest)


def answer_of(output: Output) -> bytes:
    """What such a command answered: what it refuses is Rejected, what it cannot do now is SchedulerDown."""
    if output.exit_code == TRY_LATER or output.exit_code < 0:
        raise SchedulerDown(output.trouble)
    if output.exit_code:
        raise Rejected(output.trouble)
    return output.stdout


def _notes(output: Output) -> Mapping[str, bytes]:
    """Read the stream: for each note a line of JSON and that many bytes, then a closing line."""
    stream = answer_of(output)
    found: dict[str, bytes] = {}
    position = 0
    while True:
        head, position = _head(stream, position)
        if "more" in head:
            return found
        token, size = head.get("token"), head.get("size")
        if (
            not isinstance(token, str)
            or not isinstance(size, int)
            or stream[position + size : position + size + 1] != b"\n"
        ):
            raise Unreadable(f"the stream of exit notes breaks off after {len(found)}")
        found[token] = stream[position : position + size]
        position += size + 1


def _head(stream: bytes, position: int) -> tuple[dict[str, Any], int]:
    """The line of JSON at `position`, and where it ends."""
    end = stream.find(b"\n", position)
    try:
        head = json.loads(stream[position:end]) if end >= 0 else None
    except ValueError:
        head = None
    if not isinstance(head, dict):
        raise Unreadable(f"the stream of exit notes breaks off at byte {position}")
    return head, end + 1


def _count(output: Output) -> int:
    try:
        return int(answer_of(output))
    except ValueError:
        raise Unreadable(f"expected a number, got {output.stdout[:80]!r}") from None
