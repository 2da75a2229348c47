"""One child process of the portal: started in a process group of its own, dying with its parent, restarted with
back-off.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_BACK_OFF_S = (0.5, 1, 2, 4, 8, 16, 30)
_STEADY_S = 60.0
"""A child that ran this long starts the next time without delay."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a child is: name and command, the file descriptors it inherits, how long it may take to end.

    `leaned_on` parts are stopped after all others.
    """

    name: str
    argv: tuple[str, ...]
    fds: tuple[int, ...] = ()
    grace_s: float = 10.0
    leaned_on: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one of the same number."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Read it from /proc; None when there is no such process."""
        fields = stat_fields(pid)
        return cls(pid, fields[19]) if fields else None


def stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third (state) on, [] when there is no such process (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


class Child:
    """The running process of a part, or the wait before its next start."""

    def __init__(self, part: Part, log: Path, environment: Mapping[str, str]) -> None:
        self.part, self.log, self.environment = part, log, dict(environment)
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.next_start = 0.0
        self._began = 0.0

    @property
    def pid(self) -> int:
        """The process number, 0 when it does not run."""
        return self.process.pid if self.process is not None else 0

    def start(self) -> None:
        """Start it; what it prints is appended to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.part.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                pass_fds=self.part.fds,
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        self._began = time.monotonic()

    def look(self) -> int | None:
        """Return the exit status if it has ended since the last look, else None; then `next_start` says when to try
        again.
        """
        if self.process is None or (status := self.process.poll()) is None:
            return None
        end_group(self.process.pid)
        now = time.monotonic()
        self.failures = 0 if now - self._began > _STEADY_S else self.failures
        self.next_start = now + _BACK_OFF_S[min(self.failures, len(_BACK_OFF_S) - 1)]
        self.failures += 1
        self.process = None
        return status

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone; its own children are its own business until it is killed."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def ended(self) -> bool:
        """True when nothing of it runs any more."""
        if self.process is not None and self.process.poll() is not None:
            end_group(self.process.pid)
            self.process = None
        return self.process is None

    def kill(self) -> None:
        """End the whole group at once."""
        if self.process is not None:
            end_group(self.process.pid)
            self.process.wait()
            self.process = None


def end_group(group: int) -> None:
    """Kill what is left of a child's process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def members(session: int) -> list[int]:
    """Return the processes of a session (each child leads one)."""
    numbers = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in numbers if (fields := stat_fields(pid)) and fields[3] == str(session) and fields[0] != "Z"]


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what a child does before exec: ask Linux for a SIGTERM when the supervisor dies, however it dies."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
