"""Builds the one file in which the runner is shipped to sites."""

import hashlib
import marshal
import os
import tempfile
import zipfile
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from typing import BinaryIO

_SOURCE = Path(__file__).parent / "runner"
_MAIN = b"import sys\n\nfrom runner.__main__ import main\n\nsys.exit(main(sys.argv[1:]))\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNCHECKED_HASH = (1).to_bytes(4, "little") + bytes(8)
"""PEP 552: compiled by hash and never compared with its source, which is in the same archive."""


def build(target_dir: Path) -> Path:
    """Make `runner-<12 hex digits of its content>.pyz` in `target_dir` unless it is there; returns its path.

    Same sources and same Python give the same name and bytes. The compiled code of the building Python goes along for
    speed: other versions ignore it and read the sources.
    """
    members = _members()
    digest = hashlib.sha256()
    for name, data in members:
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    path = target_dir / f"runner-{digest.hexdigest()[:12]}.pyz"
    if path.exists():
        return path
    target_dir.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".runner-", dir=target_dir)
    try:
        with os.fdopen(descriptor, "wb") as target:
            _write(target, members)
        os.chmod(temporary, 0o644)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path


def _members() -> list[tuple[str, bytes]]:
    """Archive names and contents, in order: each module as source and compiled."""
    sources = [("__main__.py", _MAIN)]
    sources += [(f"runner/{path.name}", path.read_bytes()) for path in sorted(_SOURCE.glob("*.py"))]
    members = []
    for name, data in sources:
        code = compile(data, name, "exec", dont_inherit=True, optimize=0)
        members += [(name, data), (f"{name}c", MAGIC_NUMBER + _UNCHECKED_HASH + marshal.dumps(code, 2))]
    return members


def _write(target: BinaryIO, members: list[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
