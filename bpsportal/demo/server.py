"""The demo's portal: the supervisor as a child process, or the one that an earlier demo left running."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from bpsportal.demo import Trouble

START_S = 180.0
STOP_S = 40.0
_LOOK_S = 0.2
_OK = 200


class Server:
    """A portal that answers at `url`; `child` is None when it was running already."""

    def __init__(self, url: str, child: "subprocess.Popen[bytes] | None", log: Path) -> None:
        self.url, self.child, self.log = url, child, log

    def check(self) -> None:
        """Raise Trouble when the portal has ended by itself."""
        if self.child is not None and self.child.poll() is not None:
            said = _tail(self.log)
            raise Trouble(f"the portal ended with status {self.child.returncode}; it said:\n{said}\n({self.log})")

    def stop(self) -> None:
        """End what this demo started, gently first."""
        if self.child is None or self.child.poll() is not None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def running(data: Path) -> str:
    """The address of a portal that works on this data folder and answers, "" when there is none."""
    try:
        facts = json.loads((data / "run" / "portal.json").read_text(encoding="utf-8"))
        url = str(facts["url"]).rstrip("/")
        return url if httpx.get(f"{url}/readyz", timeout=3).status_code == _OK else ""
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return ""


def start(manage: Path, data: Path, port: int | None) -> Server:
    """Start the portal and wait until it is ready; one that runs on this data folder already is taken as it is.

    Without a port it takes the usual one or the next that is free. Trouble when the wanted port is taken, when the
    portal ends, or when it does not get ready in START_S seconds.
    """
    if found := running(data):
        if port is not None and not found.endswith(f":{port}"):
            other = found.rpartition(":")[2]
            raise Trouble(f"a portal runs on {data} already, at {found}; stop it or use it: make demo PORT={other}")
        return Server(found, None, data / "log")
    log = data / "log" / "demo-portal.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(manage), "portal", *(["--port", str(port)] if port is not None else [])]
    environment = {key: value for key, value in os.environ.items() if key != "BPS_URL"}
    with log.open("wb") as out:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    server = Server("", child, log)
    try:
        server.url = _await(server, data)
    except BaseException:
        server.stop()
        raise
    return server


def _await(server: Server, data: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        server.check()
        if url := running(data):
            return url
        time.sleep(_LOOK_S)
    raise Trouble(f"the portal is not ready after {START_S:.0f} s; it said:\n{_tail(server.log)}\n({server.log})")


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
