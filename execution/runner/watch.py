"""Waiting for a running program: its limits, its end, and what it cost."""

import os
import signal
import time

from . import measure
from .launch import signal_group

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .stop import Stop
    from .streams import Stream

_SAMPLE_S = 0.25
_TRIM_S = 1.0


class Limits:
    """What a program may use: 0 is no limit. After SIGTERM it has `grace_s` seconds until SIGKILL."""

    __slots__ = ("grace_s", "memory_mb", "walltime_s")

    def __init__(self, walltime_s: float = 0, memory_mb: float = 0, grace_s: float = 10) -> None:
        self.walltime_s = walltime_s
        self.memory_mb = memory_mb
        self.grace_s = grace_s


class Ended:
    """How a program ended. `killed` is our reason for having killed it: walltime, memory, cancelled or nothing."""

    __slots__ = ("cpu_s", "exit", "killed", "memory_mb", "read_bytes", "signal", "write_bytes")

    def __init__(self, exit_code: "int | None", number: "int | None", killed: str = "") -> None:
        self.exit = exit_code
        self.signal = number
        self.killed = killed
        self.cpu_s = 0.0
        self.memory_mb = 0.0
        self.read_bytes = 0
        self.write_bytes = 0


class Watch:
    """One program from its start to its end."""

    def __init__(self, pid: int, limits: Limits, streams: "Sequence[Stream]") -> None:
        self._pid = pid
        self._limits = limits
        self._streams = streams
        self._begun = time.monotonic()
        self._killed = ""
        self._kill_at = 0.0
        self._peak_bytes = 0

    def wait(self, stop: "Stop") -> Ended:
        """Block until the program and the rest of its group are gone; enforces the limits and passes a stop on."""
        try:
            self._look_after(stop)
        except BaseException:
            self._signal_all(signal.SIGKILL)
            raise
        return self._reap()

    def _look_after(self, stop: "Stop") -> None:
        while not self._has_ended():
            now = time.monotonic()
            reason = "" if self._killed else self._reason(now, stop)
            if reason:
                self._killed = reason
                self._kill_at = now + self._limits.grace_s
                self._signal_all(signal.SIGTERM)
            elif self._killed and now >= self._kill_at:
                self._signal_all(signal.SIGKILL)
                self._kill_at = now + 1.0
            stop.wait(self._pause_s(now))

    def _has_ended(self) -> bool:
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def _reason(self, now: float, stop: "Stop") -> str:
        if stop.signal:
            return "cancelled"
        if self._limits.walltime_s and now >= self._begun + self._limits.walltime_s:
            return "walltime"
        for stream in self._streams:
            stream.trim()
        if self._limits.memory_mb and self._memory_mb() > self._limits.memory_mb:
            return "memory"
        return ""

    def _memory_mb(self) -> float:
        """Resident memory of all the program's processes; the dearer exact figure is asked only when it matters."""
        members = measure.family(self._pid, measure.processes())
        total = sum(each.rss_bytes for each in members)
        if total > self._limits.memory_mb * 1048576:
            total = measure.memory_bytes(members)
        self._peak_bytes = max(self._peak_bytes, total)
        return total / 1048576

    def _signal_all(self, number: int) -> None:
        """The group, and what the program started in groups of their own."""
        strays = measure.family(self._pid, measure.processes())
        signal_group(self._pid, number)
        for each in strays:
            if each.group != self._pid:
                try:
                    os.kill(each.pid, number)
                except OSError:
                    continue

    def _pause_s(self, now: float) -> float:
        pauses = [_SAMPLE_S if self._limits.memory_mb else _TRIM_S]
        if self._killed:
            pauses = [self._kill_at - now]
        elif self._limits.walltime_s:
            pauses.append(self._begun + self._limits.walltime_s - now)
        return max(min(pauses), 0.0)

    def _reap(self) -> Ended:
        """The program is a zombie now: its account is still there, and its number cannot be used again yet."""
        traffic = measure.traffic(self._pid)
        signal_group(self._pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        by_signal = os.WIFSIGNALED(status)
        ended = Ended(
            None if by_signal else os.WEXITSTATUS(status), os.WTERMSIG(status) if by_signal else None, self._killed
        )
        ended.cpu_s = usage.ru_utime + usage.ru_stime
        ended.memory_mb = max(usage.ru_maxrss / 1024, self._peak_bytes / 1048576)
        ended.read_bytes, ended.write_bytes = traffic or (usage.ru_inblock * 512, usage.ru_oublock * 512)
        return ended
