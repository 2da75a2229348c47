"""What a step instance may read: which inputs are there, whether they suffice, and the files that tell the program."""

import json
import os

from .files import is_inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def present(instance: "Mapping[str, Any]", directory: str, results: "Sequence[Mapping[str, Any]]") -> "list[int]":
    """Indices of the inputs that exist and are not empty; what a failed instance of this job left does not count."""
    found = []
    for index, entry in enumerate(instance["inputs"]):
        after = entry["after"]
        path = locate(entry, directory)
        if after is not None and (results[after]["outcome"] != "succeeded" or not is_inside(directory, path)):
            continue
        if _has_content(path):
            found.append(index)
    return found


def locate(entry: "Mapping[str, Any]", directory: str) -> str:
    """The absolute path of an input."""
    path: str = entry["path"]
    return path if entry["after"] is None else os.path.join(directory, path)


def shortage(instance: "Mapping[str, Any]", found: "Sequence[int]", directory: str) -> str:
    """Which type has too few present inputs, in words; empty when the instance can run."""
    entries = instance["inputs"]
    for name, least in instance["minimum"].items():
        have = sum(entries[index]["type"] == name for index in found)
        if have < least:
            absent = [i for i, entry in enumerate(entries) if entry["type"] == name and i not in found]
            first = f", the first missing is {locate(entries[absent[0]], directory)}" if absent else ""
            return f"{have} of {have + len(absent)} {name} present, at least {least} needed{first}"
    return ""


def inputs_document(
    instance: "Mapping[str, Any]", types: "Sequence[str]", found: "Sequence[int]", directory: str
) -> "dict[str, Any]":
    """The content of inputs.json: for each type a list, sorted by data ID, of what is there."""
    entries = instance["inputs"]
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in types}
    for name in [*instance["minimum"], *(entry["type"] for entry in entries)]:
        lists.setdefault(name, [])
    for index in found:
        entry = entries[index]
        lists[entry["type"]].append({"dataId": entry["dataId"], "path": locate(entry, directory)})
    for each in lists.values():
        each.sort(key=_order)
    return {"dataId": instance["dataId"], "inputs": lists}


def outputs_document(instance: "Mapping[str, Any]", directory: str) -> "dict[str, Any]":
    """The content of outputs.json: where the program is to write."""
    outputs: dict[str, Any] = {}
    for entry in instance["outputs"]:
        path = os.path.join(directory, entry["path"])
        outputs.setdefault(entry["type"], []).append({"dataId": entry["dataId"], "path": path})
    for entry in instance["many"]:
        outputs[entry["type"]] = {
            "many": entry["dimension"],
            "directory": os.path.join(directory, entry["directory"]),
            "suffix": entry["suffix"],
        }
    return {"outputs": outputs}


class Documents:
    """Fills the placeholders of a command; writes only the files that the command asks for."""

    def __init__(self, stem: str, contents: "Mapping[str, Any]") -> None:
        self._stem = stem
        self._contents = contents
        self._written: list[str] = []

    def fill(self, command: "Sequence[str]") -> "list[str]":
        """The command with `{inputs}`, `{outputs}` and `{config}` replaced by paths of JSON files."""
        argv = list(command)
        for name, content in self._contents.items():
            mark = "{" + name + "}"
            if any(mark in argument for argument in argv):
                path = f"{self._stem}.{name}.json"
                with open(path, "w") as target:
                    json.dump(content, target)
                self._written.append(path)
                argv = [argument.replace(mark, path) for argument in argv]
        return argv

    def discard(self) -> None:
        """Remove what was written; the job file can make it again."""
        for path in self._written:
            os.unlink(path)


def _order(entry: "Mapping[str, Any]") -> "list[Any]":
    """Data IDs in the order of their values: numbers by size, before texts by alphabet."""
    values = sorted(entry["dataId"].items())
    return [
        (name, isinstance(value, str), value if isinstance(value, (int, float)) else 0, str(value))
        for name, value in values
    ]


def _has_content(path: str) -> bool:
    try:
        return os.stat(path).st_size > 0
    except (OSError, ValueError):
        return False
