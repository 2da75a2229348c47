"""Words to run at a site, tied to the pure function that reads their answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Output:
    """What a finished command left; `exit_code` is negative when a signal ended it."""

    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def trouble(self) -> str:
        """The last non-empty line of stderr, at most 500 characters: what to show when the exit code is not 0."""
        lines = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip()[:500] if lines else f"exit code {self.exit_code} without a message"


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """`parse` raises a SiteError when the answer is none; `stdin` carries long lists, which argv has no room for."""

    argv: tuple[str, ...]
    parse: Callable[[Output], T]
    stdin: bytes = b""
