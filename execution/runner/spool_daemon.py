"""The spool's daemon: starts what is queued as slots allow, sees what ended, and keeps all it knows in the store."""

import os
import sqlite3
import sys
import time

from . import measure, spool_wake
from .claim import is_claimed
from .files import remove, write_atomically
from .note import TROUBLE
from .spool_children import Child, Gate, boot_id
from .spool_store import CANCELLED, EXITED, KILLED, LOST, QUEUED, RUNNING, Store
from .stop import Stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_ADOPTED_S = 0.1
_TROUBLE_S = 1.0
_LOG_BYTES = 1 << 20


def serve(root: str, inherited_lock: "int | None" = None) -> int:
    """Be the daemon of `root` until there has been nothing to do for a while; 0 also when another one is at work."""
    folder = os.path.join(root, "spool")
    lock = inherited_lock if inherited_lock is not None else spool_wake.lock(folder)
    if lock is None:
        return 0
    os.set_inheritable(lock, False)
    _shorten(os.path.join(folder, "log"))
    with Stop() as stop:
        Daemon(root, lock).work(stop)
    return 0


class _End:
    """That a runner ended, and how: by exit code, by signal, or nobody knows (both None)."""

    __slots__ = ("at", "child", "exit_code", "signal")

    def __init__(self, child: Child, status: "int | None") -> None:
        self.child = child
        self.at = time.time()
        self.signal = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
        self.exit_code = os.WEXITSTATUS(status) if status is not None and self.signal is None else None


class Daemon:
    """`_running` by pid; `_ended` was seen to end but is not in the store yet."""

    def __init__(self, root: str, lock: int) -> None:
        self._root = root
        self._lock = lock
        self._store = Store(root)
        self._bell = spool_wake.open_bell(self._store.folder)
        self._boot = boot_id()
        self._running: dict[int, Child] = {}
        self._ended: list[_End] = []
        self._slots = 1
        self._idle_s = self._grace_s = 60.0
        self._must_reread = True
        self._queue_may_hold_more = True
        self._used_at = time.monotonic()

    def work(self, stop: Stop) -> None:
        """Do everything that can be done now, then sleep until a child ends, somebody rings or a time has come."""
        _say("started")
        pid_file = os.path.join(self._store.folder, "daemon.pid")
        write_atomically(pid_file, b"%d\n" % os.getpid())
        while not stop.signal and not self._store.is_replaced():
            try:
                self._pass()
                pause = self._pause_s()
            except (sqlite3.Error, OSError) as error:
                self._store.rollback()
                self._must_reread = True
                _say(f"trouble: {error}")
                pause = _TROUBLE_S
            if pause <= 0 and self._may_leave():
                break
            stop.wait(max(pause, 0), (self._bell,))
        remove(pid_file)
        _say(f"ended; still running: {len(self._running)}")

    def _pass(self) -> None:
        if spool_wake.silence(self._bell) or self._must_reread:
            self._must_reread = True
            self._reread()
            self._must_reread = False
            self._queue_may_hold_more = True
        self._reap()
        for child in self._running.values():
            child.press()
        if self._ended or (self._queue_may_hold_more and self._free() > 0):
            self._turn_over()

    def _reread(self) -> None:
        """What commands may have changed: settings, wishes to cancel, a newer runner; after trouble also what runs."""
        store = self._store
        self._slots = max(int(store.setting("slots", "1")), 1)
        self._idle_s = float(store.setting("idle_s", "60"))
        self._grace_s = float(store.setting("grace_s", "30"))
        asked = "SELECT id, token, cpus, pid, start_ticks, boot, cancel_at FROM jobs WHERE word = 'running'"
        for number, token, cpus, pid, ticks, boot, cancel_at in store.rows(asked):
            child = self._running.get(pid)
            if child is None and not any(end.child.number == number for end in self._ended):
                child = self._find_again(Child(number, token, cpus, pid, ticks), boot)
            if child is not None and cancel_at is not None:
                child.ask_to_stop(self._grace_s)
        newest = store.setting("runner")
        if newest and newest != spool_wake.own_archive() and os.path.isfile(newest) and not self._ended:
            self._become(newest)

    def _find_again(self, child: Child, boot: str) -> "Child | None":
        """A runner that an earlier daemon started: taken over when it still runs, else its end is put down as lost."""
        found = measure.process(child.pid) if boot == self._boot else None
        same = found is not None and found.start == child.start_ticks
        child.ours = same and found is not None and found.parent == os.getpid()
        if child.ours or (same and child.is_alive()):
            self._running[child.pid] = child
            _say(f"found {child.token} again as process {child.pid}")
            return child
        if boot == self._boot:
            child.sweep()
        self._ended.append(_End(child, None))
        return None

    def _become(self, archive: str) -> "NoReturn":
        """Go on as a newer version in the same process: the runners stay our children, the lock stays ours."""
        _say(f"going on as {archive}")
        self._store.close()
        os.set_inheritable(self._lock, True)
        words = [*spool_wake.command(archive), "spool", "serve", "--root", self._root, "--lock", str(self._lock)]
        os.execv(words[0], words)  # noqa: S606

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            child = self._running.pop(pid, None)
            if child is not None:
                if os.WIFSIGNALED(status):
                    child.sweep()
                self._ended.append(_End(child, status))
        for child in [each for each in self._running.values() if not each.ours and not each.is_alive()]:
            del self._running[child.pid]
            child.sweep()
            self._ended.append(_End(child, None))

    def _turn_over(self) -> None:
        """One transaction: what ended is put down, its slots are filled; the new runners start once that is safe."""
        gate = Gate()
        try:
            self._store.begin()
            for end in self._ended:
                self._put_down(end)
            started = self._start(gate, self._free())
            self._store.commit()
            self._ended.clear()
            self._running.update((child.pid, child) for child in started)
            gate.open()
        finally:
            gate.close()
        self._used_at = time.monotonic()

    def _put_down(self, end: _End) -> None:
        number = end.child.number
        if end.exit_code is None and end.signal is None and not is_claimed(self._root, end.child.token):
            _say(f"{end.child.token} was never begun: queued again")
            self._store.change(
                "UPDATE jobs SET word = CASE WHEN cancel_at IS NULL THEN ? ELSE ? END, pid = NULL, started_at = NULL,"
                " ended_at = CASE WHEN cancel_at IS NULL THEN NULL ELSE ? END WHERE id = ? AND word = ?",
                (QUEUED, CANCELLED, end.at, number, RUNNING),
            )
            self._queue_may_hold_more = True
            return
        word = KILLED if end.signal is not None else EXITED if end.exit_code is not None else LOST
        by_wish = word != EXITED or end.exit_code == TROUBLE
        self._store.change(
            "UPDATE jobs SET word = CASE WHEN ? AND cancel_at IS NOT NULL THEN ? ELSE ? END,"
            " exit_code = ?, signal = ?, ended_at = ? WHERE id = ? AND word = ?",
            (by_wish, CANCELLED, word, end.exit_code, end.signal, end.at, number, RUNNING),
        )

    def _start(self, gate: Gate, free: int) -> "list[Child]":
        """Fork runners for the first jobs of the queue. One that needs more than is free waits, and all behind it."""
        started = []
        self._queue_may_hold_more = False
        for number, token, directory, cpus in self._store.rows(
            "SELECT id, token, directory, cpus FROM jobs WHERE word = 'queued'"
            " ORDER BY priority DESC, rank, id LIMIT ?",
            (free + 1,),
        ):
            needed = min(cpus, self._slots)
            if needed > free:
                self._queue_may_hold_more = True
                break
            pid, ticks = gate.fork(directory, (self._lock, self._bell))
            self._store.change(
                "UPDATE jobs SET word = ?, started_at = ?, pid = ?, start_ticks = ?, boot = ? WHERE id = ?",
                (RUNNING, time.time(), pid, ticks, self._boot, number),
            )
            started.append(Child(number, token, cpus, pid, ticks))
            free -= needed
        return started

    def _free(self) -> int:
        return self._slots - sum(min(child.cpus, self._slots) for child in self._running.values())

    def _pause_s(self) -> float:
        """Seconds until something is due that nobody will wake us for; 0 or less when there is no more to do."""
        now = time.monotonic()
        if not self._running and not self._ended:
            return self._used_at + self._idle_s - now
        pauses = [max(child.press_at - now, 0.001) for child in self._running.values() if child.press_at is not None]
        if any(not child.ours for child in self._running.values()):
            pauses.append(_ADOPTED_S)
        return min(pauses, default=self._idle_s)

    def _may_leave(self) -> bool:
        """Unhook the bell first: who comes now starts another daemon; then look whether somebody came just before."""
        os.close(self._bell)
        if not self._store.rows("SELECT 1 FROM jobs WHERE word IN ('queued', 'running') LIMIT 1"):
            return True
        self._bell = spool_wake.open_bell(self._store.folder)
        self._must_reread = True
        self._used_at = time.monotonic()
        return False


def _say(text: str) -> None:
    sys.stderr.write("{} {} {}\n".format(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), os.getpid(), text))
    sys.stderr.flush()


def _shorten(path: str) -> None:
    try:
        if os.path.getsize(path) > _LOG_BYTES:
            os.truncate(path, 0)
    except OSError:
        pass
