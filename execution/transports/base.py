"""What carries words and files to one host; it knows no batch system."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from execution.core.command import Output


class Transport(Protocol):
    """Every method raises Unreachable when the host cannot be reached in time, Rejected when it refuses for good."""

    @property
    def python(self) -> str:
        """The interpreter on that host that runs the runner."""
        ...

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60) -> Output:
        """Run a command to its end, `timeout` seconds at most."""
        ...

    def write(self, files: Mapping[Path, bytes]) -> None:
        """Write files (absolute path: content) with their folders, under other names first: whole or not at all."""
        ...

    def read(self, paths: Sequence[Path], *, limit: int, offset: int = 0) -> Mapping[Path, bytes | None]:
        """At most `limit` bytes of each file from `offset` on (negative: counted from its end).

        None for what does not exist, is no regular file, may not be read, or lies outside the site's folders.
        """
        ...

    def close(self) -> None:
        """Let go of the host."""
        ...
