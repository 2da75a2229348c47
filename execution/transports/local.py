"""The transport to the portal's own machine: child processes in a clean environment, files by rename."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from execution.core.command import Output
from execution.core.errors import Rejected, Unreachable

_KEPT = ("PATH", "HOME", "LANG", "USER", "TMPDIR")
"""Nothing else of the portal's environment, where its secrets are, reaches a command."""

_FOR_GOOD = (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError, ValueError)
"""Trouble with writing that the same files will have again; anything else, a full disk say, may pass."""


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """A Transport. Files are written and read below `root` only, links resolved."""

    root: Path
    python: str = sys.executable

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60) -> Output:
        """Run in a session of its own; when the time is over, all of it that has not detached itself is killed."""
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise Rejected(f"cannot run {argv[0]!r}: {error}") from None
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{argv[0]!r} did not answer within {timeout:g} s") from None
        finally:
            if process.returncode is None:
                _kill(process)
        return Output(process.returncode, stdout, stderr)

    def write(self, files: Mapping[Path, bytes]) -> None:
        """All contents are on disk under hidden names before the first one gets its own."""
        ready: list[tuple[str, Path]] = []
        done: list[Path] = []
        try:
            for path, content in files.items():
                ready.append((self._put_aside(path, content), path))
            for temporary, path in ready:
                fresh = not os.path.lexists(path)
                os.rename(temporary, path)
                if fresh:
                    done.append(path)
        except (OSError, ValueError) as error:
            for leftover in [*(Path(temporary) for temporary, _ in ready), *done]:
                with suppress(OSError):
                    os.unlink(leftover)
            kind = Rejected if isinstance(error, _FOR_GOOD) else Unreachable
            raise kind(f"cannot write below {self.root}: {error}") from None

    def read(self, paths: Sequence[Path], *, limit: int, offset: int = 0) -> Mapping[Path, bytes | None]:
        """See Transport."""
        return {path: self._read(path, limit, offset) for path in paths}

    def close(self) -> None:
        """Nothing is kept open."""

    def _put_aside(self, path: Path, content: bytes) -> str:
        folder, name = path.parent, path.name
        self._check(folder)
        os.makedirs(folder, exist_ok=True)
        self._check(folder)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:100]}.", dir=folder)
        try:
            with os.fdopen(descriptor, "wb", 0) as target:
                view = memoryview(content)
                while view:
                    view = view[target.write(view) :]
                os.fchmod(target.fileno(), 0o644)
        except OSError:
            os.unlink(temporary)
            raise
        return temporary

    def _check(self, path: Path) -> None:
        if not self._is_inside(path):
            raise ValueError(f"{str(path)!r} lies outside")

    def _is_inside(self, path: Path) -> bool:
        root = os.path.realpath(self.root)
        return os.path.isabs(path) and f"{os.path.realpath(path)}/".startswith(f"{root}/")

    def _read(self, path: Path, limit: int, offset: int) -> bytes | None:
        try:
            if not self._is_inside(path):
                return None
            descriptor = os.open(os.path.realpath(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except (OSError, ValueError):
            return None
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return None
            start = offset if offset >= 0 else max(found.st_size + offset, 0)
            return os.pread(descriptor, max(min(limit, found.st_size - start), 0), start)
        finally:
            os.close(descriptor)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(OSError):
                stream.close()
    process.wait()
