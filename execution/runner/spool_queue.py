"""What the commands of the spool do with its store; each changes all it is asked for or nothing."""

import os
import time

from . import spool_wake
from .claim import is_token
from .spool_store import CANCELLED, HELD, QUEUED, RUNNING, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_RECENT_S = 300.0
_MOST_RECENT = 10000
_MOST = 1 << 31
_AMOUNTS = (("priority", -_MOST, 0), ("rank", -_MOST, 0), ("cpus", 1, 1), ("memory_mb", 0, 0), ("walltime_s", 0, 0))
"""Name, least value, default."""


class Refused(Exception):
    """What was sent is not valid; the text is one line."""


def submit(store: Store, jobs: "Any", settings: "dict[str, str]") -> "list[str]":
    """Queue jobs and return their ids in order; a token that is known already keeps its id and is not queued again."""
    if not isinstance(jobs, list):
        raise Refused("expected a list of jobs")
    rows = [_row(store, job) for job in jobs]
    ids = []
    with store:
        for name, value in settings.items():
            store.set(name, value)
        archive = spool_wake.own_archive()
        if os.path.isfile(archive):
            store.set("runner", archive)
        now = time.time()
        for row in rows:
            store.change(
                "INSERT OR IGNORE INTO jobs (token, directory, priority, rank, cpus, memory_mb, walltime_s, word,"
                " submitted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, QUEUED, now),
            )
            ids.append(store.outside(store.rows("SELECT id FROM jobs WHERE token = ?", row[:1])[0][0]))
    return ids


def status(store: Store, ids: "Sequence[str]") -> "list[list[Any]]":
    """Without ids the whole queue and what ended in the last minutes, with ids just those, however they are."""
    if ids:
        return history(store, ids)
    active = store.seen("word IN (?, ?, ?)", (QUEUED, HELD, RUNNING))
    recent = store.seen(
        "word NOT IN (?, ?, ?) AND ended_at > ? ORDER BY ended_at DESC LIMIT ?",
        (QUEUED, HELD, RUNNING, time.time() - _RECENT_S, _MOST_RECENT),
    )
    return active + recent


def history(store: Store, ids: "Sequence[str]") -> "list[list[Any]]":
    """The jobs of these ids that are known."""
    found = []
    for marks, part in store.chunks(store.inside(ids)):
        found += store.seen(f"id IN ({marks})", part)
    return found


def find(store: Store, token: str) -> "list[str]":
    """The ids under which a token was submitted: one or none."""
    return [each[0] for each in store.seen("token = ?", (token,))]


def cancel(store: Store, ids: "Sequence[str]") -> int:
    """Take queued and held jobs out, have running ones stopped; how many were still there."""
    now = time.time()
    changed = 0
    with store:
        for marks, part in store.chunks(store.inside(ids)):
            changed += store.change(
                f"UPDATE jobs SET word = ?, ended_at = ?, cancel_at = ? WHERE word IN (?, ?) AND id IN ({marks})",  # noqa: S608 marks are ?,?
                (CANCELLED, now, now, QUEUED, HELD, *part),
            )
            changed += store.change(
                f"UPDATE jobs SET cancel_at = coalesce(cancel_at, ?) WHERE word = ? AND id IN ({marks})",  # noqa: S608
                (now, RUNNING, *part),
            )
    return changed


def prioritise(store: Store, ids: "Sequence[str]", priority: int) -> int:
    """Give waiting jobs another priority; how many were still waiting."""
    return _waiting(store, "priority = ?", (priority,), (QUEUED, HELD), ids)


def hold(store: Store, ids: "Sequence[str]") -> int:
    """Keep queued jobs from starting; how many."""
    return _waiting(store, "word = ?", (HELD,), (QUEUED, QUEUED), ids)


def release(store: Store, ids: "Sequence[str]") -> int:
    """Let held jobs start; how many."""
    return _waiting(store, "word = ?", (QUEUED,), (HELD, HELD), ids)


def purge(store: Store, keep_days: float) -> int:
    """Forget jobs that ended longer ago; how many. Their claims stay: forgetting never lets a job run again."""
    before = time.time() - keep_days * 86400
    with store:
        return store.change(
            "DELETE FROM jobs WHERE word NOT IN (?, ?, ?) AND ended_at < ?", (QUEUED, HELD, RUNNING, before)
        )


def node(store: Store) -> "dict[str, Any]":
    """This host: cpus, memory in MiB, one-minute load, running jobs, slots."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "name": os.uname().nodename,
        "cpus": os.cpu_count() or 1,
        "memory_mb": pages >> 20,
        "load": round(os.getloadavg()[0], 2),
        "running": store.rows("SELECT count(*) FROM jobs WHERE word = ?", (RUNNING,))[0][0],
        "slots": int(store.setting("slots", "1")),
    }


def has_work(store: Store) -> bool:
    """Whether a daemon is needed."""
    return bool(store.rows("SELECT 1 FROM jobs WHERE word IN (?, ?) LIMIT 1", (QUEUED, RUNNING)))


def _waiting(
    store: Store, assignment: str, values: "tuple[Any, ...]", words: "tuple[str, str]", ids: "Sequence[str]"
) -> int:
    changed = 0
    with store:
        for marks, part in store.chunks(store.inside(ids)):
            statement = f"UPDATE jobs SET {assignment} WHERE word IN (?, ?) AND id IN ({marks})"  # noqa: S608
            changed += store.change(statement, (*values, *words, *part))
    return changed


def _row(store: Store, job: "Any") -> "tuple[Any, ...]":
    token = job.get("token") if isinstance(job, dict) else None
    if not isinstance(token, str) or not is_token(token):
        raise Refused(f"token {token!r} is not 20 characters of a-z and 0-9 with a letter first")
    directory = job.get("directory")
    expected = os.path.join(os.path.dirname(store.folder), "attempts", token[:2], token)
    if not isinstance(directory, str) or "\0" in directory or os.path.realpath(directory) != expected:
        raise Refused(f"{token}: directory {directory!r} is not {expected!r}")
    return (token, expected, *(_amount(job, *each) for each in _AMOUNTS))


def _amount(job: "dict[str, Any]", name: str, least: int, default: int) -> int:
    value = job.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
        raise Refused("{}: {} {!r} is not a whole number of at least {}".format(job["token"], name, value, least))
    return value
