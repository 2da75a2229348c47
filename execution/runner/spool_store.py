"""The spool's memory: one SQLite file that survives a kill at any point, one row a job."""

import contextlib
import os
import random
import sqlite3
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

QUEUED, HELD, RUNNING = "queued", "held", "running"
EXITED, KILLED, CANCELLED, LOST = "exited", "killed", "cancelled", "lost"
"""The words of the spool: three for jobs in its queue, four for how one ended; `lost` without telling its exit code."""

_SCHEMA_VERSION = 1
_BUSY_S = 20.0
_CHUNK = 500
_DIGITS = 18
"""Longer numbers do not fit into SQLite's integers."""
_SCHEMA = (
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, directory TEXT NOT NULL,
        priority INTEGER NOT NULL, rank INTEGER NOT NULL, cpus INTEGER NOT NULL,
        memory_mb INTEGER NOT NULL, walltime_s INTEGER NOT NULL, word TEXT NOT NULL, submitted_at REAL NOT NULL,
        started_at REAL, ended_at REAL, pid INTEGER, start_ticks INTEGER, boot TEXT,
        exit_code INTEGER, signal INTEGER, cancel_at REAL)""",
    "CREATE INDEX jobs_next ON jobs (priority DESC, rank, id) WHERE word = 'queued'",
    "CREATE INDEX jobs_word ON jobs (word, ended_at)",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
_SEEN = "id, token, word, exit_code, signal, started_at, ended_at"


class Store:
    """An open spool database. Ids at the outside read `<name of the spool>.<number>`: a spool made anew has another
    name, so an id of the old one is never mistaken for one of its own."""

    def __init__(self, root: str) -> None:
        self.folder = os.path.join(root, "spool")
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.folder, 0o700)
        self._path = os.path.join(self.folder, "spool.db")
        self._link = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        self._patiently("PRAGMA journal_mode = WAL")
        self._link.execute("PRAGMA synchronous = NORMAL")
        if self._version() != _SCHEMA_VERSION:
            self._create()
        self.name = self.setting("name")
        self._inode = os.stat(self._path).st_ino

    def close(self) -> None:
        """Close the file."""
        self._link.close()

    def is_replaced(self) -> bool:
        """Whether somebody removed the file under us: what we write now would be read by nobody."""
        try:
            return os.stat(self._path).st_ino != self._inode
        except FileNotFoundError:
            return True

    def begin(self) -> None:
        """Start a transaction that excludes all other writers."""
        self._link.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """End the transaction, all of it kept."""
        self._link.execute("COMMIT")

    def rollback(self) -> None:
        """End the transaction, if there is one, nothing of it kept."""
        if self._link.in_transaction:
            self._link.execute("ROLLBACK")

    def __enter__(self) -> "Store":
        self.begin()
        return self

    def __exit__(self, kind: "Any", *_: "object") -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()

    def rows(self, statement: str, values: "Sequence[Any]" = ()) -> "list[tuple[Any, ...]]":
        """All rows of a query."""
        return self._link.execute(statement, values).fetchall()

    def change(self, statement: str, values: "Sequence[Any]" = ()) -> int:
        """Run a statement; the number of rows it changed."""
        return self._link.execute(statement, values).rowcount

    def setting(self, name: str, default: str = "") -> str:
        """A setting that the last submission left."""
        found = self.rows("SELECT value FROM settings WHERE name = ?", (name,))
        return str(found[0][0]) if found else default

    def set(self, name: str, value: str) -> None:
        """Keep a setting."""
        self.change("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))

    def outside(self, number: int) -> str:
        """The id of a job as others know it."""
        return f"{self.name}.{number}"

    def inside(self, ids: "Iterable[str]") -> "list[int]":
        """The row numbers of ids; ids of another spool are left out."""
        split = (each.rpartition(".") for each in ids)
        return [
            int(number) for name, _, number in split if name == self.name and number.isdigit() and len(number) < _DIGITS
        ]

    def chunks(self, numbers: "Sequence[int]") -> "Iterable[tuple[str, Sequence[int]]]":
        """Portions small enough for one statement, each with its text for `IN (…)`."""
        for start in range(0, len(numbers), _CHUNK):
            part = numbers[start : start + _CHUNK]
            yield ",".join("?" * len(part)), part

    def seen(self, where: str, values: "Sequence[Any]" = ()) -> "list[list[Any]]":
        """Jobs as the outside sees them: [id, token, word, exit code, signal, started at, ended at]."""
        found = self.rows(f"SELECT {_SEEN} FROM jobs WHERE {where}", values)  # noqa: S608
        return [[self.outside(number), *rest] for number, *rest in found]

    def _version(self) -> int:
        return int(self.rows("PRAGMA user_version")[0][0])

    def _create(self) -> None:
        with self:
            if self._version() == _SCHEMA_VERSION:
                return
            for statement in _SCHEMA:
                self.change(statement)
            letters = "abcdefghijkmnpqrstuvwxyz23456789"
            self.set("name", "s" + "".join(random.SystemRandom().choice(letters) for _ in range(6)))
            self.change(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def _patiently(self, statement: str) -> None:
        """Changing the journal mode does not wait for others by itself."""
        deadline = time.monotonic() + _BUSY_S
        while True:
            try:
                self._link.execute(statement)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
