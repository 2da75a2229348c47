"""Command line of the runner: `run ATTEMPT_DIR`, `spool VERB --root W …`."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE = "usage: runner run ATTEMPT_DIR | runner spool VERB --root DIR [options]\n"
_BAD_USAGE = 64
_STDERR = 2


def main(arguments: "Sequence[str]") -> int:
    """Run one verb; returns the exit code."""
    _occupy_standard_streams()
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if verb == "run" and len(rest) == 1:
        from . import attempt

        return attempt.main(rest[0])
    if verb == "spool":
        from . import spool

        return spool.main(rest)
    sys.stderr.write(_USAGE)
    return _BAD_USAGE


def _occupy_standard_streams() -> None:
    """A closed stdin, stdout or stderr must not be given to the first file we open."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= _STDERR:
        descriptor = os.dup(descriptor)
    os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
