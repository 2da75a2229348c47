"""Command line of the spool, a batch system for one machine: `spool VERB --root W`, lists on stdin, JSON on stdout."""

import json
import os
import sqlite3
import sys

from . import spool_outbox, spool_queue, spool_wake
from .spool_store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

BAD_USAGE = 64
"""The words or what came on stdin are refused; the same again will be refused again (EX_USAGE)."""
TRY_LATER = 75
"""The spool's files cannot be used now (EX_TEMPFAIL)."""

_STDIN_BYTES = 256 << 20


class _Words:
    """The options and the positional words of a command line."""

    def __init__(self, words: "Sequence[str]", allowed: "Sequence[str]") -> None:
        self.positional: list[str] = []
        self.options: dict[str, str] = {}
        rest = iter(words)
        for word in rest:
            if not word.startswith("--"):
                self.positional.append(word)
            elif word[2:] not in allowed and word != "--root":
                raise spool_queue.Refused(f"unknown option {word}")
            elif word == "--clean":
                self.options["clean"] = "yes"
            else:
                self.options[word[2:]] = next(rest, "")
        self.root = os.path.realpath(self.options.get("root") or self._missing("--root"))

    def number(self, name: str, default: "float | None" = None) -> float:
        """A numeric option."""
        try:
            value = self.options.get(name)
            return float(value) if value is not None else default if default is not None else self._missing("--" + name)
        except ValueError:
            raise spool_queue.Refused(f"--{name} {self.options[name]!r} is not a number") from None

    def _missing(self, name: str) -> "Any":
        raise spool_queue.Refused(f"{name} is missing")


def main(words: "Sequence[str]") -> int:
    """Run one verb; returns the exit code."""
    if not words or words[0] not in _VERBS:
        sys.stderr.write("spool verbs: {}\n".format(", ".join(sorted(_VERBS))))
        return BAD_USAGE
    act, allowed = _VERBS[words[0]]
    try:
        return act(_Words(words[1:], allowed)) or 0
    except spool_queue.Refused as error:
        sys.stderr.write(f"{error}\n")
        return BAD_USAGE
    except (sqlite3.Error, OSError) as error:
        sys.stderr.write(f"spool: {error}\n")
        return TRY_LATER


def _serve(words: _Words) -> int:
    from . import spool_daemon

    lock = words.options.get("lock")
    return spool_daemon.serve(words.root, int(lock) if lock else None)


def _submit(words: _Words) -> None:
    jobs = _json(sys.stdin.buffer.read(_STDIN_BYTES))
    settings = {}
    for name, setting in (("slots", "slots"), ("idle", "idle_s"), ("grace", "grace_s")):
        if name in words.options:
            value = words.number(name)
            settings[setting] = str(int(value) if name == "slots" else value)
    _use(words, lambda store: spool_queue.submit(store, jobs, settings), changes=True)


def _status(words: _Words) -> None:
    ids = _ids(optional=True)
    _use(words, lambda store: spool_queue.status(store, ids))


def _history(words: _Words) -> None:
    ids = _ids()
    _use(words, lambda store: spool_queue.history(store, ids))


def _find(words: _Words) -> None:
    if len(words.positional) != 1:
        raise spool_queue.Refused("find needs one token")
    _use(words, lambda store: spool_queue.find(store, words.positional[0]))


def _cancel(words: _Words) -> None:
    ids = _ids()
    _use(words, lambda store: spool_queue.cancel(store, ids), changes=True)


def _priority(words: _Words) -> None:
    ids = _ids()
    priority = int(words.number("priority"))
    _use(words, lambda store: spool_queue.prioritise(store, ids, priority))


def _hold(words: _Words) -> None:
    ids = _ids()
    _use(words, lambda store: spool_queue.hold(store, ids))


def _release(words: _Words) -> None:
    ids = _ids()
    _use(words, lambda store: spool_queue.release(store, ids), changes=True)


def _nodes(words: _Words) -> None:
    _use(words, lambda store: [spool_queue.node(store)])


def _purge(words: _Words) -> None:
    days = words.number("keep-days")
    _use(words, lambda store: spool_queue.purge(store, days))


def _notes(words: _Words) -> None:
    settled = _ids(optional=True)
    if settled:
        spool_outbox.acknowledge(words.root, settled, "clean" in words.options)
    spool_outbox.write_notes(words.root, int(words.number("limit", 200)), sys.stdout.buffer)


def _ack(words: _Words) -> None:
    tokens = _ids()
    _answer(spool_outbox.acknowledge(words.root, tokens, "clean" in words.options))


_VERBS: "dict[str, tuple[Callable[[_Words], int | None], tuple[str, ...]]]" = {
    "submit": (_submit, ("slots", "idle", "grace")),
    "status": (_status, ()),
    "history": (_history, ()),
    "find": (_find, ()),
    "cancel": (_cancel, ()),
    "priority": (_priority, ("priority",)),
    "hold": (_hold, ()),
    "release": (_release, ()),
    "nodes": (_nodes, ()),
    "purge": (_purge, ("keep-days",)),
    "notes": (_notes, ("limit", "clean")),
    "ack": (_ack, ("clean",)),
    "serve": (_serve, ("lock",)),
}


def _use(words: _Words, act: "Callable[[Store], Any]", changes: bool = False) -> None:
    """Open the store, act, answer; when there is work, see to it that a daemon runs and hears of changes now."""
    store = Store(words.root)
    try:
        answer = act(store)
        needed = spool_queue.has_work(store)
    finally:
        store.close()
    if needed:
        spool_wake.ensure(words.root, store.folder, changes)
    _answer(answer)


def _answer(value: "Any") -> None:
    json.dump(value, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")
    sys.stdout.flush()


def _json(data: bytes) -> "Any":
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise spool_queue.Refused(f"stdin is not JSON: {error}") from error


def _ids(optional: bool = False) -> "list[str]":
    data = sys.stdin.buffer.read(_STDIN_BYTES)
    if optional and not data:
        return []
    ids = _json(data)
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise spool_queue.Refused("expected a list of texts on stdin")
    return ids
