"""Keeps the portal's processes running: starts them in order, restarts what dies, stops all, cleans up
after a crash.
"""

import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from bpsportal.processes import Child, Identity, Part, end_group, members

_LOOK_S = 0.2
_LOG_LIMIT = 50 * 1024 * 1024
_LOG_CHECK_S = 60.0
_KILL_WAIT_S = 5.0
_AT_ONCE = 2
"""So many signals mean: now."""


class AlreadyRunning(Exception):
    """Another supervisor works on this data folder."""


class Supervisor:
    """Children, started in the order of `parts`. State: `run/NAME.pid`, `run/portal.json`; logs:
    `log/NAME.log`.
    """

    def __init__(self, data: Path) -> None:
        self.run_folder, self.log_folder = data / "run", data / "log"
        self.children: list[Child] = []
        self.facts: dict[str, Any] = {}
        self._asked = 0
        self._wake = threading.Event()
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Become the one supervisor of the data folder and end what a crashed one left; AlreadyRunning when there is
        one.
        """
        self.run_folder.mkdir(parents=True, exist_ok=True)
        lock = (self.run_folder / "portal.lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise AlreadyRunning(f"The portal already runs on {self.run_folder.parent} as process {holder}.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        self._end_left_over()

    def compose(self, parts: Sequence[Part], facts: Mapping[str, Any] | None = None) -> None:
        """Say what to run, in the order of starting, and what else `portal.json` should tell its readers."""
        self.children = [Child(part, self.log_folder / f"{part.name}.log", os.environ) for part in parts]
        self.facts = dict(facts or {})

    def start(self, ready: Mapping[str, Callable[[], bool]] | None = None, patience_s: float = 30.0) -> None:
        """Start the children in order, each after those before it say they are ready; TimeoutError names one that
        never does.
        """
        checks = ready or {}
        for child in self.children:
            child.start()
            self._write_state()
            check = checks.get(child.part.name)
            if check is not None:
                self._await(child, check, patience_s)

    def watch(self) -> None:
        """Restart what dies until a signal asks to stop."""
        next_log_check = 0.0
        while not self._asked:
            for child in self.children:
                self._look_after(child)
            if time.monotonic() > next_log_check:
                self._turn_logs()
                next_log_check = time.monotonic() + _LOG_CHECK_S
            self._wake.wait(_LOOK_S)

    def stop(self) -> None:
        """Stop the children, those that others lean on last, gently until their grace is over; asked again, at once."""
        for leaned_on in (False, True):
            wave = [child for child in self.children if child.part.leaned_on is leaned_on]
            began = time.monotonic()
            for child in wave:
                child.send(signal.SIGTERM)
            for child in wave:
                while not child.ended() and time.monotonic() < began + child.part.grace_s and self._asked < _AT_ONCE:
                    time.sleep(0.05)
                child.kill()
        for child in self.children:
            (self.run_folder / f"{child.part.name}.pid").unlink(missing_ok=True)
        (self.run_folder / "portal.json").unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def listen(self) -> None:
        """Let SIGINT, SIGTERM and a closed terminal ask for the end; the second one for a quick end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1
        self._wake.set()

    def _look_after(self, child: Child) -> None:
        """Notice a child's end, say so, start it again when its back-off is over."""
        status = child.look()
        if status is not None:
            delay = max(0.0, child.next_start - time.monotonic())
            say(f"{child.part.name} ended with status {status}; next start in {delay:.1f} s; its log: {child.log}")
        if child.process is None and time.monotonic() >= child.next_start and not self._asked:
            child.start()
            self._write_state()

    def _await(self, child: Child, check: Callable[[], bool], patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while not check():
            if child.look() is not None:
                raise ChildProcessError(f"{child.part.name} ended while starting; see {child.log}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{child.part.name} is not ready after {patience_s:.0f} s; see {child.log}")
            if self._asked:
                return
            time.sleep(0.05)

    def _write_state(self) -> None:
        """Write the pid files and, for the clean-up after a crash, who exactly those processes are."""
        identities = {}
        for child in self.children:
            if child.pid and (identity := Identity.of(child.pid)):
                identities[child.part.name] = {"pid": identity.pid, "started": identity.started}
                _replace(self.run_folder / f"{child.part.name}.pid", f"{child.pid}\n")
        content = {**self.facts, "pid": os.getpid(), "boot": _boot(), "parts": identities}
        _replace(self.run_folder / "portal.json", json.dumps(content, indent=1))

    def _end_left_over(self) -> None:
        """End what a supervisor that was killed left behind; Linux has told its children already, this makes sure."""
        try:
            state = json.loads((self.run_folder / "portal.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if state.get("boot") == _boot():
            end_sessions(Identity(**entry) for entry in state.get("parts", {}).values())
        for path in self.run_folder.glob("*.pid"):
            path.unlink()

    def _turn_logs(self) -> None:
        """Keep each log below its limit, one older piece beside it; the children append, so the file itself stays."""
        for child in self.children:
            with suppress(OSError):
                if child.log.stat().st_size > _LOG_LIMIT:
                    child.log.with_suffix(".log.1").write_bytes(child.log.read_bytes())
                    os.truncate(child.log, 0)


def end_sessions(leaders: Iterable[Identity], patience_s: float = _KILL_WAIT_S) -> None:
    """End the sessions that these processes lead or led, gently first; a number that belongs to another process now
    is left alone.
    """
    ours = []
    for leader in leaders:
        now = Identity.of(leader.pid)
        if now is None or now == leader:
            ours.append(leader.pid)
    for number in (pid for session in ours for pid in members(session)):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    for session in _wait_for_end(ours, patience_s):
        end_group(session)
    _wait_for_end(ours, patience_s)


def _wait_for_end(sessions: Sequence[int], patience_s: float) -> list[int]:
    """Return the sessions that still have processes when the patience is over."""
    deadline = time.monotonic() + patience_s
    while (left := [session for session in sessions if members(session)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def _boot() -> str:
    """Return what tells this boot of the machine from an earlier one, when process numbers meant others."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new content."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
