"""The outbox of a site: exit notes handed out in one stream, and cleared away once they are acknowledged."""

import json
import os
import threading

from .claim import is_token
from .files import read_regular, remove, remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

_NOTE_BYTES = 64 << 20
_STREAM_BYTES = 128 << 20
_THREADS = 8
"""Removing a folder waits for the kernel rather than the disk: several at once take hardly longer than one."""


def write_notes(root: str, limit: int, target: "BinaryIO") -> None:
    """Write up to `limit` notes, oldest first, then a closing line.

    Each is one line of JSON {"token", "size", "problem"} and then `size` bytes and a line feed. A note that cannot be
    read has a problem and no bytes. Closing line: {"more": whether there are others}.
    """
    waiting = _waiting(os.path.join(root, "outbox"))
    sent = sent_bytes = 0
    for _, token, path in waiting:
        if sent >= limit or sent_bytes >= _STREAM_BYTES:
            break
        data, problem = b"", ""
        try:
            data = read_regular(path, _NOTE_BYTES)
        except FileNotFoundError:
            continue
        except OSError as error:
            problem = f"{error}"
        head = {"token": token, "size": len(data), "problem": problem}
        target.write(json.dumps(head).encode() + b"\n" + data + b"\n")
        sent += 1
        sent_bytes += len(data)
    target.write(json.dumps({"more": sent < len(waiting)}).encode() + b"\n")


def acknowledge(root: str, tokens: "Iterable[str]", clean: bool) -> int:
    """Remove the notes of these tokens, with `clean` their attempt directories before them; how many notes went."""
    rest = sorted({token for token in tokens if is_token(token)})
    gone: list[str] = []

    def work() -> None:
        while rest:
            try:
                token = rest.pop()
            except IndexError:
                return
            if clean:
                remove_tree(os.path.join(root, "attempts", token[:2], token))
            path = os.path.join(root, "outbox", token + ".json")
            if os.path.lexists(path):
                gone.append(token)
                remove(path)
                remove_tree(path)

    threads = [threading.Thread(target=work) for _ in range(_THREADS if clean else 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(gone)


def _waiting(folder: str) -> "list[tuple[int, str, str]]":
    """(time of change in ns, token, path) of every note, oldest first; names that are none are passed over."""
    return sorted(_entries(folder))


def _entries(folder: str) -> "Iterator[tuple[int, str, str]]":
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                token = entry.name[: -len(".json")]
                if entry.name.endswith(".json") and is_token(token):
                    try:
                        yield entry.stat(follow_symlinks=False).st_mtime_ns, token, entry.path
                    except OSError:
                        continue
    except FileNotFoundError:
        return
