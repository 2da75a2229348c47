"""One step instance from its inputs to its outcome."""

import os
import signal
import time

from . import inputs, measure, outputs
from .files import empty, fresh_folder
from .launch import launch
from .streams import Stream, printable
from .watch import Limits, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, BinaryIO

    from .outputs import Made, Surprises
    from .stop import Stop
    from .watch import Ended

_NOT_FOUND = 127
_KILLED_IN_A_SHELL = 128 + 9
_NEARLY = 0.95
_KILL_MESSAGES = {
    "walltime": "ran longer than its {walltime_s:g} s",
    "memory": "used more than its {memory_mb:g} MB of memory",
    "cancelled": "told to stop",
}


class Bench:
    """What all instances of an attempt share."""

    def __init__(
        self,
        directory: str,
        job: "Mapping[str, Any]",
        environment: "Mapping[str, str]",
        log: "BinaryIO",
        surprises: "Surprises",
    ) -> None:
        self.directory = directory
        self.job = job
        self.environment = environment
        self.log = log
        self.surprises = surprises
        self.oom_kills = measure.oom_kills()


def run(bench: Bench, index: int, results: "list[dict[str, Any]]", stop: "Stop") -> "dict[str, Any]":
    """Run instance `index` of the job after those in `results`; its part of the exit note."""
    instance = bench.job["instances"][index]
    result = _blank(instance)
    found = inputs.present(instance, bench.directory, results)
    result["inputs"] = found
    short = inputs.shortage(instance, found, bench.directory)
    if short:
        return dict(result, outcome="skipped", cause="input", message=short)
    step = bench.job["steps"][instance["step"]]
    stem = os.path.join(bench.directory, "run", str(index))
    outputs.make_room(instance, bench.directory)
    documents = inputs.Documents(
        stem,
        {
            "inputs": inputs.inputs_document(instance, step["inputs"], found, bench.directory),
            "outputs": inputs.outputs_document(instance, bench.directory),
            "config": step["config"],
        },
    )
    limit = bench.job["logLimit"]
    streams = Stream(stem + ".stdout", limit), Stream(stem + ".stderr", limit)
    try:
        _execute(bench, step, documents.fill(step["command"]), streams, result, stop)
    finally:
        result["stdout"], result["stderr"] = [each.bundle(bench.log) for each in streams]
        bench.log.flush()
        documents.discard()
    if result["outcome"] == "succeeded":
        _judge_outputs(outputs.collect(instance, bench.directory), result)
    result["unexpected"] = bench.surprises.look()
    return result


def _execute(
    bench: Bench,
    step: "Mapping[str, Any]",
    argv: "Sequence[str]",
    streams: "tuple[Stream, Stream]",
    result: "dict[str, Any]",
    stop: "Stop",
) -> None:
    """Run the program in a scratch folder of its own and fill in how it ended and what it cost."""
    scratch = fresh_folder(os.path.join(bench.directory, "scratch"))
    limits = Limits(step["walltime_s"], step["memory_mb"] if bench.job["memoryLimit"] else 0, bench.job["graceSeconds"])
    begun = time.monotonic()
    try:
        pid = launch(argv, bench.environment, scratch, streams[0].descriptor, streams[1].descriptor)
    except OSError as error:
        message = f"cannot start {argv[0]}: {error.strerror}"
        result.update(exit=_NOT_FOUND, cause="payload", message=printable(message))
    else:
        ended = Watch(pid, limits, streams).wait(stop)
        result.update(
            exit=ended.exit,
            signal=ended.signal,
            cpu_s=round(ended.cpu_s, 3),
            memory_mb=round(ended.memory_mb, 1),
            read_bytes=ended.read_bytes,
            write_bytes=ended.write_bytes,
        )
        _judge_ending(ended, step, streams[1].last_line(), bench, result)
    finally:
        result["wall_s"] = round(time.monotonic() - begun, 3)
        result["ended_at"] = round(result["started_at"] + result["wall_s"], 3)
        empty(scratch)


def _judge_ending(
    ended: "Ended", step: "Mapping[str, Any]", last_line: str, bench: Bench, result: "dict[str, Any]"
) -> None:
    """Our own kill names its reason; else exit 0 is success so far and the rest the payload's doing, or memory's."""
    if ended.killed:
        result.update(cause=ended.killed, message=_KILL_MESSAGES[ended.killed].format(**step))
    elif ended.exit == 0:
        result["outcome"] = "succeeded"
    elif _ran_out_of_memory(ended, step["memory_mb"], last_line, bench):
        result.update(cause="memory", message=last_line or f"killed at {ended.memory_mb:.0f} MB of memory")
    elif ended.signal:
        what = f"killed by {_signal_name(ended.signal)}"
        result.update(cause="payload", message=f"{what}: {last_line}" if last_line else what)
    else:
        result.update(cause="payload", message=last_line or f"exit code {ended.exit} without a message")


def _ran_out_of_memory(ended: "Ended", memory_mb: float, last_line: str, bench: Bench) -> bool:
    """Only on evidence: the program says so, the kernel counted a kill, or it was killed at the size it asked for."""
    if "MemoryError" in last_line.split(":")[0] or "std::bad_alloc" in last_line:
        return True
    if ended.signal != signal.SIGKILL and ended.exit != _KILLED_IN_A_SHELL:
        return False
    before, bench.oom_kills = bench.oom_kills, measure.oom_kills()
    if before is not None and bench.oom_kills is not None and bench.oom_kills > before:
        return True
    return 0 < memory_mb * _NEARLY <= ended.memory_mb


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def _judge_outputs(made: "Made", result: "dict[str, Any]") -> None:
    """Exit 0 without every required output is a failure."""
    result.update(outputs=made.outputs, missing=made.missing)
    if made.lacking:
        message = "required output missing or empty: {}".format(", ".join(made.lacking))
        result.update(outcome="failed", cause="output", message=printable(message))


def _blank(instance: "Mapping[str, Any]") -> "dict[str, Any]":
    now = round(time.time(), 3)
    return {
        "id": instance["id"],
        "outcome": "failed",
        "exit": None,
        "signal": None,
        "cause": None,
        "message": "",
        "started_at": now,
        "ended_at": now,
        "wall_s": 0.0,
        "cpu_s": 0.0,
        "memory_mb": 0.0,
        "read_bytes": 0,
        "write_bytes": 0,
        "inputs": [],
        "outputs": [],
        "missing": list(range(len(instance["outputs"]))),
        "unexpected": [],
        "stdout": [0, 0],
        "stderr": [0, 0],
    }
