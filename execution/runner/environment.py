"""The environment of a step's command: a minimal one, what the set-up lines make of it, and the job's variables."""

import os

from .launch import find_program, launch
from .streams import Stream, printable
from .trouble import Trouble
from .watch import Limits, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from .stop import Stop
    from .watch import Ended

INHERITED = ("PATH", "HOME", "LANG", "USER", "TMPDIR")
"""All that a command ever sees of the environment that the runner itself was started in."""

_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
_OF_THE_SHELL = ("_", "SHLVL", "PWD", "OLDPWD", "bps_status")
_SETUP_S = 600.0
_PROBE_S = 60.0
_VERSION_CHARACTERS = 4000
_ENVIRONMENT_BYTES = 8 << 20


class Shop:
    """Where set-up and probe run: their folder, the log their words go to, and what may stop them."""

    def __init__(self, directory: str, log: "BinaryIO", stop: "Stop") -> None:
        self.directory = directory
        self.log = log
        self.stop = stop


def minimal() -> "dict[str, str]":
    """The few names taken over from our own environment; nothing else of it reaches a command."""
    found = {name: os.environ[name] for name in INHERITED if name in os.environ}
    found.setdefault("PATH", _DEFAULT_PATH)
    return found


def set_up(lines: "Sequence[str]", base: "dict[str, str]", shop: Shop) -> "dict[str, str]":
    """Run the set-up lines once by bash (else sh) and return the environment they leave. Raises Trouble(setup)."""
    if not lines:
        return base
    shell = find_program("bash", base) or find_program("sh", base)
    tool = find_program("env", base)
    if not shell or not tool or "'" in tool:
        raise Trouble("setup", "neither bash and env nor sh and env were found in PATH")
    script = ["exec 3>&1 1>&2"]
    for line in lines:
        script += [line, "bps_status=$?; [ $bps_status -eq 0 ] || exit $bps_status"]
    script.append(f"exec '{tool}' -0 >&3")
    argv = [shell, *(["--noprofile", "--norc"] if shell.endswith("bash") else []), "-c", "\n".join(script)]
    found = _Result(argv, base, shop, "setup", _SETUP_S)
    if found.ended.exit != 0:
        raise Trouble("setup", f"the set-up lines failed ({_ending(found.ended)}): {found.message}")
    return _parse(found.stdout)


def probe(argv: "Sequence[str]", environment: "dict[str, str]", shop: Shop) -> str:
    """What the software says of itself (its stdout, else its stderr). Raises Trouble(software)."""
    if not argv:
        return ""
    found = _Result(argv, environment, shop, "probe", _PROBE_S)
    if found.ended.exit != 0:
        raise Trouble("software", f"the version probe failed ({_ending(found.ended)}): {found.message}")
    text = found.stdout.decode("utf-8", "replace").strip() or found.message
    return "\n".join(printable(line) for line in text.splitlines())[:_VERSION_CHARACTERS]


def recorded(names: "Sequence[str]", environment: "Mapping[str, str]") -> "dict[str, str]":
    """The allow-listed part that goes into the exit note."""
    return {name: environment[name] for name in names if name in environment}


class _Result:
    """A program that ran to its end: its stdout in full, the rest of its words in the log."""

    def __init__(
        self, argv: "Sequence[str]", environment: "Mapping[str, str]", shop: Shop, name: str, limit_s: float
    ) -> None:
        out = Stream(os.path.join(shop.directory, name + ".stdout"), _ENVIRONMENT_BYTES)
        os.fchmod(out.descriptor, 0o600)
        error = Stream(os.path.join(shop.directory, name + ".stderr"), _ENVIRONMENT_BYTES)
        try:
            pid = launch(argv, environment, "/", out.descriptor, error.descriptor)
        except OSError as failure:
            raise Trouble(
                "setup" if name == "setup" else "software", f"cannot start {argv[0]}: {failure.strerror}"
            ) from failure
        self.ended = Watch(pid, Limits(limit_s), (out, error)).wait(shop.stop)
        self.stdout = os.pread(out.descriptor, _ENVIRONMENT_BYTES, 0)
        self.message = error.last_line()
        error.bundle(shop.log)
        out.discard()
        if self.ended.killed == "cancelled":
            raise Trouble("cancelled", f"told to stop during the {name}")


def _ending(ended: "Ended") -> str:
    if ended.killed == "walltime":
        return "took too long"
    return f"signal {ended.signal}" if ended.signal else f"exit {ended.exit}"


def _parse(data: bytes) -> "dict[str, str]":
    entries = (os.fsdecode(entry).partition("=") for entry in data.split(b"\0") if entry)
    return {name: value for name, _, value in entries if name and name not in _OF_THE_SHELL}
