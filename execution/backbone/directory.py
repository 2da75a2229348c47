"""A backbone that is a directory tree on a file system that the portal and its jobs share."""

import errno
import hashlib
import os
import shutil
from pathlib import Path

from execution.backbone.base import Mismatch


class Directory:
    """Publishes by renaming, so that a dataset appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def publish(self, source: Path, path: str, *, size_bytes: int, sha256: str, check: bool) -> None:
        target = self.path(path)
        if not source.exists():
            if self.holds(path, size_bytes=size_bytes, sha256=sha256, check=True):
                return
            raise Mismatch(f"{source.name} is gone from the attempt's folder and was not published")
        if source.is_symlink() or not source.is_file():
            raise Mismatch(f"{source.name} is not a plain file")
        _compare(source, size_bytes, sha256 if check else "")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(source, target)
        except OSError as trouble:
            if trouble.errno != errno.EXDEV:  # the site's work folder lies on another file system
                raise
            partial = target.with_name(f".{target.name}.part")
            shutil.copyfile(source, partial)
            _compare(partial, size_bytes, sha256)
            os.replace(partial, target)
            source.unlink()

    def holds(self, path: str, *, size_bytes: int, sha256: str, check: bool) -> bool:
        try:
            _compare(self.path(path), size_bytes, sha256 if check else "")
        except (Mismatch, OSError):
            return False
        return True

    def remove(self, path: str) -> None:
        self.path(path).unlink(missing_ok=True)

    def path(self, path: str) -> Path:
        """Absolute path of a dataset; refuses one that would leave the root."""
        target = (self.root / path).resolve()
        if not target.is_relative_to(self.root.resolve()):
            raise Mismatch(f"{path!r} lies outside the backbone")
        return target


def _compare(file: Path, size_bytes: int, sha256: str) -> None:
    size = file.stat().st_size
    if size != size_bytes:
        raise Mismatch(f"{file.name} has {size} bytes instead of {size_bytes}")
    if sha256:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != sha256:
            raise Mismatch(f"{file.name} has checksum {found[:12]}… instead of {sha256[:12]}…")
