"""The exit note: the last thing a runner writes, whole or not at all."""

import json
import os
import sys

from .files import write_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1
SUCCEEDED, SOME_FAILED, TROUBLE = 0, 1, 2
"""The exit codes of a runner, the same in its note and for the batch system."""


class Note:
    """What is known of an attempt so far."""

    def __init__(self, token: str, started_at: float) -> None:
        self.content: dict[str, Any] = {
            "format": FORMAT,
            "token": token,
            "host": os.uname().nodename,
            "pid": os.getpid(),
            "started_at": round(started_at, 3),
            "ended_at": None,
            "exit": TROUBLE,
            "cause": None,
            "message": "",
            "runner": version(),
            "python": "{}.{}.{}".format(*sys.version_info[:3]),
            "version": "",
            "environment": {},
            "instances": [],
        }

    def write(self, workdir: str, ended_at: float) -> None:
        """Put the note into the outbox of the site."""
        self.content["ended_at"] = round(ended_at, 3)
        folder = os.path.join(workdir, "outbox")
        os.makedirs(folder, exist_ok=True)
        write_atomically(os.path.join(folder, self.content["token"] + ".json"), json.dumps(self.content).encode())


def version() -> str:
    """The content hash in the archive's name, `source` outside an archive."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    name = os.path.basename(folder)
    if name.startswith("runner-") and name.endswith(".pyz"):
        return name[len("runner-") : -len(".pyz")]
    return "source"
