"""The runners of a spool: forked warm, found again by another daemon, told to stop, never started twice."""

import os
import signal
import sys
import time

from . import attempt, measure
from .note import TROUBLE
from .stop import Stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

_PRESS_S = 1.0


class Child:
    """One running runner. `start_ticks` tells its pid from a later process of the same number."""

    __slots__ = ("cpus", "kill_at", "number", "ours", "pid", "press_at", "start_ticks", "token")

    def __init__(self, number: int, token: str, cpus: int, pid: int, start_ticks: int) -> None:
        self.number = number
        self.token = token
        self.cpus = cpus
        self.pid = pid
        self.start_ticks = start_ticks
        self.ours = True
        self.kill_at = 0.0
        self.press_at: float | None = None

    def is_alive(self) -> bool:
        """Whether that very process still runs."""
        found = measure.process(self.pid)
        return found is not None and found.start == self.start_ticks and found.state not in ("Z", "X")

    def ask_to_stop(self, grace_s: float) -> None:
        """From now on `press`: SIGTERM, which the runner passes on; after `grace_s` seconds SIGKILL."""
        if self.press_at is None:
            self.press_at = time.monotonic()
            self.kill_at = self.press_at + grace_s

    def press(self) -> None:
        """Repeat the signal that is due, for a runner that was too young to hear it or too far gone."""
        now = time.monotonic()
        if self.press_at is None or now < self.press_at or not self.is_alive():
            return
        self.press_at = now + _PRESS_S
        if now < self.kill_at:
            os.kill(self.pid, signal.SIGTERM)
        else:
            everyone = measure.processes()
            _kill({each.pid for each in measure.family(self.pid, everyone)} | _session(self.pid, everyone))

    def sweep(self) -> None:
        """Kill what a runner that died by violence left behind in its session.

        The kernel gives its pid to nobody as long as that session has members, so a process that bears it now is either
        the runner's own zombie or a proof that nothing was left.
        """
        found = measure.process(self.pid)
        if found is None or found.start == self.start_ticks:
            _kill(_session(self.pid, measure.processes()) - {self.pid})


class Gate:
    """Holds forked runners back until their pids are written down; without a go they end and have done nothing."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._waiting = 0

    def fork(self, directory: str, unneeded: "Iterable[int]") -> "tuple[int, int]":
        """Fork a runner that waits here; its pid and start ticks. `unneeded` are the daemon's own descriptors."""
        pid = os.fork()
        if pid == 0:
            self._run(directory, unneeded)
        self._waiting += 1
        found = measure.process(pid)
        return pid, found.start if found else 0

    def open(self) -> None:
        """Let all of them go."""
        os.write(self._writer, b"!" * self._waiting)

    def close(self) -> None:
        """Those that were not let go end by themselves."""
        os.close(self._reader)
        os.close(self._writer)

    def _run(self, directory: str, unneeded: "Iterable[int]") -> "NoReturn":
        code = TROUBLE
        try:
            os.setsid()
            stop = Stop()
            stop.__enter__()
            for descriptor in (self._writer, *unneeded):
                os.close(descriptor)
            if os.read(self._reader, 1):
                os.close(self._reader)
                code = attempt.run(directory, stop)
        finally:
            sys.stderr.flush()
            os._exit(code)


def boot_id() -> str:
    """Which start of this machine pids and ticks belong to."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as source:
            return source.read().strip()
    except OSError:
        return ""


def _session(pid: int, everyone: "Iterable[measure.Process]") -> "set[int]":
    return {each.pid for each in everyone if each.session == pid}


def _kill(pids: "Iterable[int]") -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
