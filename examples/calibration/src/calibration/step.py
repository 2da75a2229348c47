"""The frame that every step runs in: reads the documents of a step instance, turns errors into one clear line."""

import difflib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class StepError(Exception):
    """The step cannot do its work; the message says why and what to do, and becomes the last line of stderr."""


@dataclass(frozen=True, slots=True)
class Item:
    """One dataset handed to a step or asked of it: its data ID and its path."""

    data_id: dict[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Work:
    """What one step instance is given: its data ID, datasets by type, settings with the defaults filled in."""

    data_id: dict[str, Any]
    inputs: dict[str, list[Item]]
    outputs: dict[str, Any]
    config: dict[str, Any]

    def all(self, dataset_type: str) -> list[Item]:
        """Every input of the type, perhaps none."""
        return self.inputs.get(dataset_type, [])

    def maybe(self, dataset_type: str) -> Item | None:
        """The input of the type, or None when there is none; more than one is an error."""
        items = self.all(dataset_type)
        if len(items) > 1:
            raise StepError(f"expected one {dataset_type}, got {len(items)}")
        return items[0] if items else None

    def one(self, dataset_type: str) -> Item:
        """The one input of the type; none is an error."""
        item = self.maybe(dataset_type)
        if item is None:
            raise StepError(f"input {dataset_type} is missing")
        return item

    def least(self, dataset_type: str, number: int = 1) -> list[Item]:
        """Every input of the type; fewer than `number` is an error."""
        items = self.all(dataset_type)
        if len(items) < number:
            raise StepError(f"{len(items)} {dataset_type} are too few, at least {number} are needed")
        return items

    def output(self, dataset_type: str) -> Path:
        """Where to write the output of the type; one that was not asked for is an error."""
        items = self.outputs.get(dataset_type)
        if not items:
            raise StepError(f"no path was given for the output {dataset_type}")
        return Path(items[0]["path"])

    def many(self, dataset_type: str, value: int | str) -> Path:
        """Where to write the output of the type for one value of the dimension that the step finds by itself."""
        target = self.outputs.get(dataset_type)
        if not isinstance(target, Mapping) or "directory" not in target:
            raise StepError(f"no directory was given for the outputs {dataset_type}")
        return Path(target["directory"]) / f"{value}{target.get('suffix', '')}"


def run(name: str, process: Callable[[Work], str], defaults: Mapping[str, Any]) -> None:
    """Run `process` on the documents named by the command line (INPUTS OUTPUTS CONFIG) and end the program.

    `process` returns one line that says what was done. Exit status 0: success, 1: the work failed, 2: wrong usage.
    """
    if len(sys.argv) != 4:
        _end(f"usage: python -m calibration.{name} INPUTS.json OUTPUTS.json CONFIG.json", 2)
    try:
        print(f"{name}: {process(load_work(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), defaults))}")
    except StepError as error:
        _end(f"{name}: {error}", 1)
    except OSError as error:
        _end(f"{name}: {error.filename or 'file'}: {error.strerror or error}", 1)


def load_work(inputs: Path, outputs: Path, config: Path, defaults: Mapping[str, Any]) -> Work:
    """The step instance that the three documents describe."""
    given, asked = read_json(inputs), read_json(outputs)
    if not isinstance(given.get("dataId"), dict):
        raise StepError(f"{inputs}: the data ID of the instance is missing")
    items = {
        name: [Item(entry["dataId"], Path(entry["path"])) for entry in entries]
        for name, entries in given.get("inputs", {}).items()
    }
    return Work(given["dataId"], items, asked.get("outputs", {}), settings(read_json(config), defaults))


def settings(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults overridden by what was given; an unknown name or a value of the wrong type is an error."""
    for name, value in given.items():
        if name not in defaults:
            near = difflib.get_close_matches(name, defaults, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(defaults)) or 'none'}"
            raise StepError(f"unknown setting {name}: {hint}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise StepError(f"setting {name} must be a number, not {value!r}")
    return {**defaults, **given}


def read_json(path: Path) -> dict[str, Any]:
    """The mapping in a JSON file; anything else is an error that names the file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise StepError(f"{path}: not a JSON document: {error}") from error
    if not isinstance(content, dict):
        raise StepError(f"{path}: must hold a mapping")
    return content


def write_json(path: Path, content: Any, *, indent: int | None = 1) -> None:
    """Write a JSON file, whole or not at all; keys keep their order, so equal content gives equal bytes."""
    with whole(path) as draft:
        text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
        draft.write_text(f"{text}\n", encoding="utf-8")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A draft path beside `path` that takes its place when the block ends well and disappears when it does not."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _end(message: str, status: int) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(status)
