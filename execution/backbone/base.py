"""What the portal asks of the Data Backbone."""

from pathlib import Path
from typing import Protocol


class Mismatch(Exception):
    """A file is not what it was said to be; the message says how."""


class Backbone(Protocol):
    """Paths are relative to its root. Nothing is visible under its path before it is there whole."""

    def publish(self, source: Path, path: str, *, size_bytes: int, sha256: str, check: bool) -> None:
        """Take over the file `source` under `path`, replacing what is there; `source` is gone afterwards.

        A source that is gone already while `path` holds just that content has been published before: that is success.
        Raises Mismatch when the content is not as said (the size always, the checksum when `check`), OSError when the
        storage fails.
        """

    def holds(self, path: str, *, size_bytes: int, sha256: str, check: bool) -> bool:
        """Whether the content is there, by size, and by checksum when `check`."""

    def remove(self, path: str) -> None:
        """Delete it; gone already is fine."""
