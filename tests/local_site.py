"""A work directory of a test's own: attempts made by hand, runner and spool as the real archive runs them."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

DEADLINE_S = 30.0
_numbers = itertools.count()

Json = dict[str, Any]


def wait_for(what: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """Ask again and again until the answer is true; fails after the deadline."""
    until = time.monotonic() + deadline_s
    while not (answer := what()):
        assert time.monotonic() < until, f"still not: {what}"
        time.sleep(0.01)
    return answer


def step(*command: str, **more: Any) -> Json:
    """A step of a job file."""
    return {"command": list(command), "config": {}, "walltime_s": 60, "memory_mb": 0, **more}


def instance(number: int = 1, label: str = "isr", **more: Any) -> Json:
    """A step instance of a job file without inputs and outputs."""
    plain = {"dataId": {"exposure": number}, "inputs": [], "minimum": {}, "outputs": [], "many": []}
    return {"id": number, "step": label, **plain, **more}


def output(name: str, *, required: bool = True) -> Json:
    """An output of the type that the name begins with."""
    return {"type": name.split(".")[0], "dataId": {}, "path": f"out/{name}", "required": required}


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class LocalSite:
    """A work directory `root` and the runner's archive."""

    def __init__(self, root: Path, archive: Path, python: str = sys.executable) -> None:
        self.root = root.resolve()
        self.archive = archive
        self.python = python
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(root), "LANG": "C.UTF-8"}

    def token(self) -> str:
        """A new token."""
        return f"t{next(_numbers):019d}"

    def attempt(self, steps: Mapping[str, Json], instances: Sequence[Json] | None = None, **more: Any) -> str:
        """Make an attempt directory with its job file; returns the token."""
        token = self.token()
        job = {
            "format": 1,
            "token": token,
            "job": "test/1",
            "workdir": str(self.root),
            "setup": [],
            "software": {"name": "", "kind": "", "probe": []},
            "environment": [],
            "variables": {},
            "steps": dict(steps),
            "instances": [instance()] if instances is None else list(instances),
            **more,
        }
        self.directory(token).mkdir(parents=True)
        (self.directory(token) / "job.json").write_text(json.dumps(job))
        return token

    def shell(self, script: str, **more: Any) -> str:
        """An attempt with one instance that is a shell script."""
        return self.attempt({"isr": step("sh", "-c", script)}, **more)

    def directory(self, token: str) -> Path:
        """The attempt's directory."""
        return self.root / "attempts" / token[:2] / token

    def words(self, *words: str) -> list[str]:
        """The command line of the runner."""
        return [self.python, "-I", "-S", str(self.archive), *words]

    def run(self, token: str) -> int:
        """Run the attempt to its end; returns the runner's exit code."""
        return subprocess.run(
            self.words("run", str(self.directory(token))), env=self.environment, check=False
        ).returncode

    def start(self, token: str) -> subprocess.Popen[bytes]:
        """Start the runner on the attempt."""
        return subprocess.Popen(self.words("run", str(self.directory(token))), env=self.environment)

    def note(self, token: str) -> Any:
        """The exit note; None when there is none."""
        path = self.root / "outbox" / f"{token}.json"
        return json.loads(path.read_bytes()) if path.exists() else None

    def result(self, token: str, index: int = 0) -> Any:
        """What the note says of one instance, after running the attempt."""
        self.run(token)
        return self.note(token)["instances"][index]

    def stream(self, token: str, span: Sequence[int]) -> bytes:
        """A part of the attempt's log."""
        offset, size = span
        return (self.directory(token) / "log").read_bytes()[offset : offset + size]

    # the spool

    def call(self, verb: str, *words: str, stdin: Any = None) -> subprocess.CompletedProcess[bytes]:
        """Run a verb of the spool."""
        data = b"" if stdin is None else json.dumps(stdin).encode()
        return subprocess.run(
            [*self.words("spool", verb), "--root", str(self.root), *words],
            input=data, capture_output=True, env=self.environment, check=False, timeout=DEADLINE_S,
        )  # fmt: skip

    def ask(self, verb: str, *words: str, stdin: Any = None) -> Any:
        """The answer of a verb that must succeed."""
        done = self.call(verb, *words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def submit(self, *tokens: str, slots: int = 2, idle: float = 30, grace: float = 30, **more: Any) -> list[str]:
        """Submit attempts; returns their ids."""
        jobs = [{"token": token, "directory": str(self.directory(token)), **more} for token in tokens]
        options = ("--slots", str(slots), "--idle", str(idle), "--grace", str(grace))
        ids: list[str] = self.ask("submit", *options, stdin=jobs)
        return ids

    def words_of(self, ids: Sequence[str]) -> list[str]:
        """The spool's word for each job, in order."""
        words = {row[0]: row[2] for row in self.ask("history", stdin=list(ids))}
        return [words[each] for each in ids]

    def wait_until(self, ids: Sequence[str], *words: str) -> list[str]:
        """Wait until every job bears one of these words."""
        found: list[str] = wait_for(lambda: (now := self.words_of(ids)) if {*self.words_of(ids)} <= {*words} else None)
        return found

    def daemon(self) -> int | None:
        """The daemon's pid if it runs."""
        with suppress(OSError, ValueError):
            pid = int((self.root / "spool" / "daemon.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if str(self.root).encode() in command and alive(pid):
                return pid
        return None

    def runners(self) -> list[int]:
        """Pids of everything that works below this work directory, the daemon apart."""
        daemon = self.daemon()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) not in (daemon, os.getpid()):
                with suppress(OSError):
                    if os.readlink(entry / "cwd").startswith(f"{self.root}/") and alive(int(entry.name)):
                        found.append(int(entry.name))
        return found

    def kill_daemon(self) -> None:
        """kill -9, and wait until it is gone."""
        pid = wait_for(self.daemon)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not alive(pid))

    def close(self) -> None:
        """End everything that this site started."""
        for pid in [self.daemon(), *self.runners()]:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
