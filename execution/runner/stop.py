"""How a runner or daemon waits: until a child ends, somebody asks it to stop, or a time has come."""

import contextlib
import os
import select
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any


class Stop:
    """Catches SIGTERM and SIGINT as a flag and wakes the waiting process at once; use as a context manager."""

    SIGNALS = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self.signal = 0
        self._saved: dict[int, Any] = {}
        self._saved_wakeup = -1
        self._reader = self._writer = -1

    def __enter__(self) -> "Stop":
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._saved_wakeup = signal.set_wakeup_fd(self._writer)
        for number in self.SIGNALS:
            self._saved[number] = signal.signal(number, self._ask)
        self._saved[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _notice)
        return self

    def __exit__(self, *_: "object") -> None:
        signal.set_wakeup_fd(self._saved_wakeup)
        for number, handler in self._saved.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def _ask(self, number: int, frame: "FrameType | None") -> None:
        del frame
        self.signal = number

    def wait(self, timeout_s: "float | None", also: "Sequence[int]" = ()) -> None:
        """Return when a signal came, `also` has something to read, or the time is over; perhaps for no reason."""
        try:
            ready, _, _ = select.select([self._reader, *also], [], [], timeout_s)
        except InterruptedError:
            return
        if self._reader in ready:
            _drain(self._reader)


def _notice(number: int, frame: "FrameType | None") -> None:
    """A handler must exist for SIGCHLD to wake us; the waiting loop looks for itself."""
    del number, frame


def _drain(descriptor: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(descriptor, 4096):
            continue
