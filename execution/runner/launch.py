"""Starting a program in a process group of its own, without a shell."""

import contextlib
import errno
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_DEFAULTED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
"""What Python or we have changed and a program may expect untouched."""


def launch(argv: "Sequence[str]", environment: "Mapping[str, str]", directory: str, stdout: int, stderr: int) -> int:
    """Start `argv` with nothing on stdin and return its pid, which is also its process group.

    Its session stays ours, so that whoever started us finds all our processes. We change to `directory` ourselves, the
    only way to have posix_spawn (Python 3.8) start it there: a third of the cost of a fork.
    Raises OSError when it cannot be started.
    """
    os.chdir(directory)
    path = find_program(argv[0], environment)
    if not path:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        start = _spawn if hasattr(os, "posix_spawn") else _fork
        return start(path, argv, environment, (nothing, stdout, stderr))
    finally:
        os.close(nothing)


def find_program(name: str, environment: "Mapping[str, str]") -> str:
    """The path of a program, searched in the PATH of `environment` when it has no slash; empty when there is none."""
    if "/" in name:
        return name
    for folder in environment.get("PATH", os.defpath).split(":"):
        path = os.path.join(folder or ".", name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return ""


def _spawn(path: str, argv: "Sequence[str]", environment: "Mapping[str, str]", streams: "tuple[int, int, int]") -> int:
    moves = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate(streams)]
    return os.posix_spawn(path, list(argv), environment, file_actions=moves, setpgroup=0, setsigdef=_DEFAULTED)


def _fork(path: str, argv: "Sequence[str]", environment: "Mapping[str, str]", streams: "tuple[int, int, int]") -> int:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(path, argv, environment, streams, writer)
    os.close(writer)
    failure = os.read(reader, 16)
    os.close(reader)
    if failure:
        os.waitpid(pid, 0)
        number = int(failure)
        raise OSError(number, os.strerror(number), argv[0])
    return pid


def _become(
    path: str,
    argv: "Sequence[str]",
    environment: "Mapping[str, str]",
    streams: "tuple[int, int, int]",
    writer: int,
) -> "NoReturn":
    """In the child: turn into the program; the pipe closes by itself when exec succeeds."""
    try:
        os.setpgid(0, 0)
        for target, source in enumerate(streams):
            os.dup2(source, target)
        for number in _DEFAULTED:
            signal.signal(number, signal.SIG_DFL)
        os.execve(path, list(argv), dict(environment))  # noqa: S606
    except OSError as error:
        os.write(writer, str(error.errno or errno.EIO).encode())
    except BaseException:
        os.write(writer, str(errno.EIO).encode())
    os._exit(127)


def signal_group(group: int, number: int) -> None:
    """Send a signal to every process of a group; an empty group is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
