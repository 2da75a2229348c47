"""The whole of an attempt: claim, job file, set-up, one step instance after the other, exit note."""

import json
import os
import sys
import time

from . import environment, instance, job
from .claim import claim, is_token
from .files import remove, write_atomically
from .note import SOME_FAILED, SUCCEEDED, TROUBLE, Note
from .outputs import Surprises
from .stop import Stop
from .streams import printable
from .trouble import Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(directory: str) -> int:
    """Run the attempt as a program of its own: catches SIGTERM, returns the exit code."""
    with Stop() as stop:
        return run(directory, stop)


def run(directory: str, stop: Stop) -> int:
    """Run the attempt in `directory` unless another runner has claimed it; returns the runner's exit code.

    The note is always written, unless the claim is another's, the folder is no attempt's, or the disk refuses.
    """
    directory = os.path.realpath(directory)
    token = os.path.basename(directory)
    shelf, prefix = os.path.split(os.path.dirname(directory))
    workdir, attempts = os.path.split(shelf)
    if attempts != "attempts" or not is_token(token) or prefix != token[:2] or not os.path.isdir(directory):
        sys.stderr.write(f"{directory} is not an attempt directory (…/attempts/xx/token)\n")
        return TROUBLE
    if not claim(workdir, token):
        return SUCCEEDED
    note = Note(token, time.time())
    try:
        _work(directory, workdir, note.content, stop)
    except Trouble as trouble:
        note.content.update(exit=TROUBLE, cause=trouble.cause, message=printable(trouble.message))
    except OSError as error:
        note.content.update(exit=TROUBLE, cause="node", message=printable(f"{error}"))
    except Exception as error:
        message = f"the runner itself failed: {type(error).__name__}: {error}"
        note.content.update(exit=TROUBLE, cause="node", message=printable(message))
    try:
        note.write(workdir, time.time())
    except OSError as error:
        sys.stderr.write(f"the exit note of {token} could not be written: {error}\n")
        return TROUBLE
    remove(os.path.join(directory, "now.json"))
    exit_code: int = note.content["exit"]
    return exit_code


def _work(directory: str, workdir: str, content: "dict[str, Any]", stop: Stop) -> None:
    """Fill `content` with what happens; whatever was known before a Trouble stays in it."""
    asked = job.load(directory, content["token"])
    if os.path.realpath(asked.get("workdir", workdir)) != workdir:
        raise Trouble("node", "the job file is for the work directory {!r}".format(asked["workdir"]))
    os.makedirs(os.path.join(directory, "run"), exist_ok=True)
    with open(os.path.join(directory, "log"), "ab") as log:
        shop = environment.Shop(os.path.join(directory, "run"), log, stop)
        found = environment.set_up(asked["setup"], environment.minimal(), shop)
        found.update(asked["variables"])
        content["environment"] = environment.recorded(asked["environment"], found)
        content["version"] = environment.probe(asked["software"]["probe"], found, shop)
        bench = instance.Bench(directory, asked, found, log, Surprises(directory, asked["instances"]))
        results: list[dict[str, Any]] = content["instances"]
        for index in range(len(asked["instances"])):
            if stop.signal:
                break
            _tell(directory, content, asked["instances"], index)
            results.append(instance.run(bench, index, results, stop))
    if len(results) < len(asked["instances"]) or any(each["cause"] == "cancelled" for each in results):
        raise Trouble("cancelled", f"told to stop by signal {stop.signal}")
    done = all(each["outcome"] == "succeeded" for each in results)
    content["exit"] = SUCCEEDED if done else SOME_FAILED


def _tell(directory: str, content: "dict[str, Any]", instances: "list[dict[str, Any]]", index: int) -> None:
    """Say in now.json what is running."""
    now = {
        "format": content["format"],
        "token": content["token"],
        "host": content["host"],
        "pid": content["pid"],
        "started_at": content["started_at"],
        "instance": index,
        "id": instances[index]["id"],
        "since": round(time.time(), 3),
        "total": len(instances),
    }
    write_atomically(os.path.join(directory, "now.json"), json.dumps(now).encode())
