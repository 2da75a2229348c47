"""The demo's portal: the supervisor as a child process, or the one that an earlier demo left running."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

from bpsportal.demo import Trouble

START_S = 120.0
STOP_S = 30.0
_LOOK_S = 0.2
_OK = 200


class Server:
    """A portal that answers at `url`; `child` is None when it was running already."""

    def __init__(self, url: str, child: "subprocess.Popen[bytes] | None", log: Path) -> None:
        self.url, self.child, self.log = url, child, log

    def check(self) -> None:
        """Raise Trouble when the portal has ended by itself."""
        if self.child is not None and self.child.poll() is not None:
            raise Trouble(
                f"the portal ended with status {self.child.returncode}:\n{_tail(self.log)}\nIts log is {self.log}"
            )

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


def start(manage: Path, data: Path, port: int) -> Server:
    """Start the portal at this port and wait until it is ready; the one that runs already is taken as it is.

    Trouble when the port is taken, when a child dies, or when it does not get ready in START_S seconds.
    """
    if found := running(data):
        if not found.endswith(f":{port}"):
            raise Trouble(
                f"a portal runs on {data} already, at {found}; stop it, or use its port: make demo PORT={found.rpartition(':')[2]}"
            )
        return Server(found, None, data / "log")
    refuse_taken(port)
    url = f"http://127.0.0.1:{port}"
    log = data / "log" / "demo-portal.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        command = [sys.executable, str(manage), "portal", "--host", "127.0.0.1", "--port", str(port)]
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "BPS_URL": url},
        )  # fmt: skip
    server = Server(url, child, log)
    try:
        _await(server)
    except BaseException:
        server.stop()
        raise
    return server


def refuse_taken(port: int) -> None:
    """Raise Trouble when something else listens at the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Trouble(
                f"port {port} cannot be used ({error.strerror}): take another one, make demo PORT={port + 1}"
            ) from None


def _await(server: Server) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        server.check()
        with suppress(httpx.HTTPError):
            if httpx.get(f"{server.url}/readyz", timeout=5).status_code == _OK:
                return
        time.sleep(_LOOK_S)
    raise Trouble(f"the portal is not ready after {START_S:.0f} s:\n{_tail(server.log)}\nIts log is {server.log}")


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
