"""How a command finds, wakes or starts the daemon: a named pipe, a lock, a double fork."""

import contextlib
import errno
import fcntl
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_LOCK_S = 10.0


def open_bell(folder: str) -> int:
    """The daemon's end of the pipe; as long as it is open, `ring` succeeds."""
    path = os.path.join(folder, "wake")
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


def silence(bell: int) -> bool:
    """Empty the pipe; whether anybody had rung."""
    rung = False
    try:
        while os.read(bell, 4096):
            rung = True
    except BlockingIOError:
        pass
    return rung


def ring(folder: str, aloud: bool = True) -> bool:
    """Wake the daemon (not `aloud`: just see whether it is there); False when there is none."""
    try:
        bell = os.open(os.path.join(folder, "wake"), os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return False
        raise
    try:
        if aloud:
            os.write(bell, b"!")
    except BlockingIOError:
        pass
    except BrokenPipeError:
        return False
    finally:
        os.close(bell)
    return True


def lock(folder: str) -> "int | None":
    """Become the one daemon of this spool: the locked descriptor, or None when another one is at work."""
    descriptor = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOCK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if ring(folder, aloud=False) or time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(0.01)


def own_archive() -> str:
    """The file (outside an archive the folder) that holds this very runner."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def command(archive: str) -> "list[str]":
    """The words that start the runner of an archive with our interpreter."""
    return [sys.executable, "-I", "-S", archive]


def ensure(root: str, folder: str, aloud: bool) -> None:
    """Wake the daemon, or start one that outlives us, our session and our terminal."""
    if ring(folder, aloud):
        return
    pid = os.fork()
    if pid == 0:
        _detach(root, folder)
    os.waitpid(pid, 0)


def _detach(root: str, folder: str) -> "NoReturn":
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        log = os.path.join(folder, "log")
        for target, path, flags in ((0, os.devnull, os.O_RDONLY), (1, log, _APPEND), (2, log, _APPEND)):
            os.dup2(os.open(path, flags, 0o600), target)
        words = command(own_archive())
        os.execv(words[0], [*words, "spool", "serve", "--root", root])  # noqa: S606
    finally:
        os._exit(1)


_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
