"""Starting a program in a process group of its own, without a shell."""

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

_DEFAULTED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
"""What Python or we have changed and a program may expect untouched."""


def launch(
    argv: "Sequence[str]", environment: "Mapping[str, str]", directory: str, stdout: int, stderr: int
) -> int:
    """Start `argv` with nothing on stdin and return its pid, which is also its process group.

    Its session stays ours, so that whoever started us finds all our processes. Raises OSError when it cannot be started.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(argv, environment, directory, (stdout, stderr), writer)
    os.close(writer)
    failure = os.read(reader, 16)
    os.close(reader)
    if failure:
        os.waitpid(pid, 0)
        number = int(failure)
        raise OSError(number, os.strerror(number), argv[0])
    return pid


def _become(
    argv: "Sequence[str]", environment: "Mapping[str, str]", directory: str, streams: "tuple[int, int]", writer: int
) -> "NoReturn":
    """In the child: turn into the program; the pipe closes by itself when exec succeeds."""
    try:
        os.setpgid(0, 0)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(streams[0], 1)
        os.dup2(streams[1], 2)
        for number in _DEFAULTED:
            signal.signal(number, signal.SIG_DFL)
        os.chdir(directory)
        os.execvpe(argv[0], list(argv), dict(environment))
    except OSError as error:
        os.write(writer, str(error.errno or 5).encode())
    except BaseException:
        os.write(writer, b"5")
    os._exit(127)


def signal_group(group: int, number: int) -> None:
    """Send a signal to every process of a group; an empty group is fine."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass
