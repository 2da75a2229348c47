"""The job file: what the portal asks a runner to do, checked before anything of it is used."""

import json
import os

from .trouble import Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1
LOG_LIMIT_BYTES = 64 << 20
GRACE_S = 10.0
_WORDS = {"dict": "a mapping", "list": "a list", "str": "a text", "bool": "true or false", "int": "a whole number"}


def load(directory: str, token: str) -> "dict[str, Any]":
    """Read and check `job.json`. Raises Trouble(node) that names the offending place."""
    path = os.path.join(directory, "job.json")
    try:
        with open(path, "rb") as source:
            job = json.loads(source.read().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Trouble("node", f"the job file cannot be read: {error}") from error
    try:
        _check(job, token)
    except (TypeError, ValueError, KeyError) as error:
        raise Trouble("node", f"the job file is not valid: {error}") from error
    return job  # type: ignore[no-any-return]


def relative(path: str) -> bool:
    """Whether `path` stays below the folder it is relative to, judged by its text alone."""
    return bool(path) and not path.startswith("/") and "\0" not in path and ".." not in path.split("/")


def _check(job: "Any", token: str) -> None:
    _is(job, dict, "it")
    if job.get("format") != FORMAT:
        raise ValueError("format is {!r}, this runner knows {}".format(job.get("format"), FORMAT))
    if job.get("token") != token:
        raise ValueError("token is {!r}, the folder says {!r}".format(job.get("token"), token))
    for key, kind in _TOP.items():
        _is(job.setdefault(key, kind()), kind, key)
    _texts(job["setup"], "setup")
    _texts(job["environment"], "environment")
    _texts(list(job["variables"].values()), "variables")
    _texts(job["software"].setdefault("probe", []), "software.probe")
    _amount(job.setdefault("logLimit", LOG_LIMIT_BYTES), "logLimit")
    _amount(job.setdefault("graceSeconds", GRACE_S), "graceSeconds")
    for name, step in job["steps"].items():
        _check_step(_is(step, dict, "steps." + name), "steps." + name)
    for index, instance in enumerate(job["instances"]):
        _check_instance(_is(instance, dict, f"instances[{index}]"), index, job["steps"])


_TOP = {
    "setup": list,
    "environment": list,
    "variables": dict,
    "software": dict,
    "steps": dict,
    "instances": list,
    "memoryLimit": bool,
}


def _check_step(step: "dict[str, Any]", where: str) -> None:
    if not _texts(step.get("command"), where + ".command"):
        raise ValueError(f"{where}.command is empty")
    _is(step.setdefault("config", {}), dict, where + ".config")
    _texts(step.setdefault("inputs", []), where + ".inputs")
    _amount(step.setdefault("walltime_s", 0), where + ".walltime_s")
    _amount(step.setdefault("memory_mb", 0), where + ".memory_mb")


def _check_instance(instance: "dict[str, Any]", index: int, steps: "dict[str, Any]") -> None:
    where = f"instances[{index}]"
    _is(instance.get("id"), int, where + ".id")
    if instance.get("step") not in steps:
        raise ValueError("{}.step {!r} is not among the steps".format(where, instance.get("step")))
    _is(instance.setdefault("dataId", {}), dict, where + ".dataId")
    for name, least in _is(instance.setdefault("minimum", {}), dict, where + ".minimum").items():
        _amount(least, f"{where}.minimum.{name}")
    for key in ("inputs", "outputs", "many"):
        for number, entry in enumerate(_is(instance.setdefault(key, []), list, where + "." + key)):
            place = f"{where}.{key}[{number}]"
            _is(_is(entry, dict, place).get("type"), str, place + ".type")
            _is(entry.setdefault("dataId", {}), dict, place + ".dataId")
            _ENTRIES[key](entry, place, index)


def _check_input(entry: "dict[str, Any]", place: str, index: int) -> None:
    after = entry.setdefault("after", None)
    path = _is(entry.get("path"), str, place + ".path")
    if after is None:
        if not path.startswith("/") or "\0" in path:
            raise ValueError(f"{place}.path {path!r} is not an absolute path")
        return
    if not 0 <= _is(after, int, place + ".after") < index:
        raise ValueError(f"{place}.after {after} is not an earlier instance")
    _below(path, place + ".path")


def _check_output(entry: "dict[str, Any]", place: str, index: int) -> None:
    del index
    _below(_is(entry.get("path"), str, place + ".path"), place + ".path", "out/")
    _is(entry.setdefault("required", True), bool, place + ".required")


def _check_many(entry: "dict[str, Any]", place: str, index: int) -> None:
    del index
    _is(entry.get("dimension"), str, place + ".dimension")
    _below(_is(entry.get("directory"), str, place + ".directory"), place + ".directory", "out/")
    _is(entry.setdefault("suffix", ""), str, place + ".suffix")
    _is(entry.setdefault("required", False), bool, place + ".required")


_ENTRIES = {"inputs": _check_input, "outputs": _check_output, "many": _check_many}


def _below(path: str, where: str, start: str = "") -> None:
    if not relative(path) or not path.startswith(start):
        raise ValueError("{} {!r} leaves the attempt's {}folder".format(where, path, start and "out "))


def _is(value: "Any", kind: type, where: str) -> "Any":
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{where} must be {_WORDS.get(kind.__name__, kind.__name__)}")
    return value


def _texts(value: "Any", where: str) -> "list[str]":
    texts: list[str] = _is(value, list, where)
    for each in texts:
        if "\0" in _is(each, str, where):
            raise ValueError(f"{where} holds a NUL character")
    return texts


def _amount(value: "Any", where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1 << 53:
        raise TypeError(f"{where} must be a number that is not negative")
