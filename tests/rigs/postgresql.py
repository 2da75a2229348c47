"""A PostgreSQL server of the tests' own: made from Debian's packages in a temporary folder, on a Unix
socket, gone afterwards.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "bps"
_START_S = 30.0


class Absent(Exception):
    """PostgreSQL cannot be had here; says why."""


@contextmanager
def server() -> Iterator[str]:
    """Start a server and yield its DATABASE_URL; Absent says why there is none."""
    programs = _programs()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="bps-pg-", dir="/tmp"))
    try:
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        _run(
            [programs / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"], account
        )
        process = _start(programs, folder, account)
        try:
            _await(programs, folder, process)
            yield f"postgres://{USER}@/postgres?host={folder}"
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of the newest server's programs, installed first where that can be done."""
    if found := _newest():
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Absent("no initdb found; install the package postgresql")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "postgresql"]):
        done = subprocess.run(["apt-get", *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Absent(f"apt-get {' '.join(words)} failed: {done.stderr.strip()[-300:]}")
    if found := _newest():
        return found
    raise Absent("the package postgresql was installed but has no initdb")


def _newest() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    return max(versions, key=lambda path: float(path.parent.name), default=None)


def _account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: return whom to become, None when we are somebody already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Absent("running as root and there is neither the account postgres nor nobody")


def _become(account: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(argv: list[object], account: pwd.struct_passwd | None) -> None:
    words = [str(word) for word in argv]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/tmp", **_become(account))
    if done.returncode:
        raise Absent(f"{words[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def _start(programs: Path, folder: Path, account: pwd.struct_passwd | None) -> "subprocess.Popen[bytes]":
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "60",
        "shared_buffers": "64MB",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [str(programs / "postgres"), "-D", str(folder / "data"), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/tmp",
            start_new_session=True,
            **_become(account),
        )


def _await(programs: Path, folder: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_S
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            raise Absent(f"the server did not start: {(folder / 'server.log').read_text()[-300:]}")
        time.sleep(0.1)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """A fast shutdown (SIGINT), then none at all."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
