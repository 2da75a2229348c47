"""What a step instance made: which outputs are really there, their checksums, and what nobody asked for."""

import hashlib
import os
import stat

from .files import is_inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_CHUNK_BYTES = 1 << 20
_MOST_UNEXPECTED = 1000


def make_room(instance: "Mapping[str, Any]", directory: str) -> None:
    """Make the folders that the program is to write into."""
    folders = {os.path.dirname(entry["path"]) for entry in instance["outputs"]}
    folders.update(entry["directory"] for entry in instance["many"])
    for folder in folders:
        os.makedirs(os.path.join(directory, folder), exist_ok=True)


class Made:
    """The outputs of one instance: described, missing (indices of `outputs`), and the required types that lack."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.missing: list[int] = []
        self.lacking: list[str] = []


def collect(instance: "Mapping[str, Any]", directory: str) -> Made:
    """Look at every declared output; an empty file counts as missing, and so does a link out of the attempt."""
    made = Made()
    for index, entry in enumerate(instance["outputs"]):
        described = _describe(entry, entry["path"], entry["dataId"], directory)
        if described:
            made.outputs.append(described)
        else:
            made.missing.append(index)
            if entry["required"]:
                made.lacking.append(entry["path"])
    for entry in instance["many"]:
        found = _collect_many(entry, instance["dataId"], directory)
        made.outputs.extend(found)
        if entry["required"] and not found:
            made.lacking.append(entry["directory"])
    return made


def _collect_many(entry: "Mapping[str, Any]", data_id: "Mapping[str, Any]", directory: str) -> "list[dict[str, Any]]":
    """One output for each file of the folder with the suffix; its stem is the value of the dimension, as text."""
    suffix = entry["suffix"]
    try:
        names = sorted(os.listdir(os.path.join(directory, entry["directory"])))
    except OSError:
        return []
    found = []
    for name in names:
        stem = name[: len(name) - len(suffix)]
        if stem and name.endswith(suffix) and not name.startswith(".") and _is_text(name):
            values = dict(data_id, **entry["dataId"])
            values[entry["dimension"]] = stem
            found.append(_describe(entry, entry["directory"] + "/" + name, values, directory))
    return [each for each in found if each]


def _describe(
    entry: "Mapping[str, Any]", path: str, data_id: "Mapping[str, Any]", directory: str
) -> "dict[str, Any] | None":
    """Type, data ID, path, size and SHA-256 of a regular file that is not empty; None for anything else."""
    full = os.path.join(directory, path)
    if not is_inside(directory, full):
        return None
    try:
        descriptor = os.open(full, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or not found.st_size:
            return None
        size, sha256 = _checksum(descriptor, found.st_size)
    finally:
        os.close(descriptor)
    return {"type": entry["type"], "dataId": data_id, "path": path, "size": size, "sha256": sha256}


def _checksum(descriptor: int, size: int) -> "tuple[int, str]":
    """Size and SHA-256 of what is really read."""
    digest = hashlib.sha256()
    buffer = bytearray(min(_CHUNK_BYTES, size + 1))
    view = memoryview(buffer)
    total = 0
    while True:
        count = os.readv(descriptor, [buffer])
        if not count:
            return total, digest.hexdigest()
        total += count
        digest.update(view[:count])


class Surprises:
    """Finds files under out/ that no instance declared, each told once."""

    def __init__(self, directory: str, instances: "Iterable[Mapping[str, Any]]") -> None:
        self._directory = directory
        self._known: set[str] = set()
        self._folders: dict[str, list[str]] = {}
        for instance in instances:
            self._known.update(os.path.normpath(entry["path"]) for entry in instance["outputs"])
            for entry in instance["many"]:
                self._folders.setdefault(os.path.normpath(entry["directory"]), []).append(entry["suffix"])

    def look(self) -> "list[str]":
        """Paths relative to the attempt directory, sorted, at most a thousand."""
        found = []
        for folder, folders, names in os.walk(os.path.join(self._directory, "out")):
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            below = os.path.relpath(folder, self._directory)
            for name in names + links:
                path = below + "/" + name
                if path not in self._known and _is_text(path) and not self._is_one_of_many(below, name):
                    found.append(path)
        self._known.update(found)
        return sorted(found)[:_MOST_UNEXPECTED]

    def _is_one_of_many(self, folder: str, name: str) -> bool:
        return not name.startswith(".") and any(name.endswith(suffix) for suffix in self._folders.get(folder, ()))


def _is_text(name: str) -> bool:
    """Whether a file name can be told in a note: no bytes that are not UTF-8, no control characters."""
    return name.isprintable()
