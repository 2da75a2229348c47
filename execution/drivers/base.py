"""What every batch system's driver offers: pure words, no I/O, no clock; and the alphabets those words must keep."""

import re
from collections.abc import Sequence
from typing import Protocol

from execution.core.command import Command
from execution.core.errors import Rejected
from execution.core.script import Batch, BatchJob, Place
from execution.core.sighting import BatchId, NodeSighting, Sightings

_ALPHABETS = {
    "token": re.compile(r"[a-z][a-z0-9]{19}"),
    "batch id": re.compile(r"[A-Za-z0-9][A-Za-z0-9._\[\]-]{0,99}"),
    "queue": re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}"),
    "account": re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}"),
    "user": re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,99}"),
    "node": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}"),
    "program": re.compile(r"[A-Za-z0-9/._+][A-Za-z0-9/._+@=,~ -]{0,1023}"),
    "path": re.compile(r"/[^\x00-\x1f\x7f\"'\\`$]{0,4095}"),
}
_MOST = 2**31


class Driver(Protocol):
    """One batch system's words. `parse` of every command raises SchedulerDown, Rejected or Unreadable.

    A batch is one job or an array: `submit` answers one id per job, in their order. Ids that a listing does
    not show are absent from the sightings: that is no end. Ids go over stdin where the batch system lets them.
    """

    def script(self, batch: Batch, place: Place) -> str:
        """The text that the batch system receives."""
        ...

    def submit(self, batch: Batch, place: Place) -> Command[list[BatchId]]:
        """Hand over a batch."""
        ...

    def status(self, ids: Sequence[BatchId]) -> Command[Sightings]:
        """The queue. With no ids: all jobs of ours."""
        ...

    def history(self, ids: Sequence[BatchId]) -> Command[Sightings]:
        """The accounting, for jobs that left the queue."""
        ...

    def find(self, token: str) -> Command[list[BatchId]]:
        """Was this attempt submitted? Empty: certainly not known there."""
        ...

    def cancel(self, ids: Sequence[BatchId]) -> Command[None]:
        """Take out of the queue or stop; gone already is fine. That it is gone, only a sighting says."""
        ...

    def prioritise(self, ids: Sequence[BatchId], priority: int) -> Command[None]:
        """Another priority for jobs that still wait; for others nothing happens."""
        ...

    def hold(self, ids: Sequence[BatchId]) -> Command[None]:
        """Keep waiting jobs from starting."""
        ...

    def release(self, ids: Sequence[BatchId]) -> Command[None]:
        """Let held jobs start."""
        ...

    def nodes(self) -> Command[list[NodeSighting]]:
        """The machines of the site."""
        ...


def check_word(kind: str, value: str) -> str:
    """`value` if it keeps the alphabet of its kind, else Rejected: no such word may reach a batch system or a shell."""
    if not _ALPHABETS[kind].fullmatch(value):
        raise Rejected(f"{kind} {value[:80]!r} has characters that are not allowed there, or begins with one")
    return value


def check_ids(ids: Sequence[BatchId]) -> Sequence[BatchId]:
    """The ids, each checked."""
    for each in ids:
        check_word("batch id", each)
    return ids


def check_place(place: Place) -> Place:
    """The place, every word of it checked."""
    check_word("path", place.workdir)
    check_word("path", place.runner)
    check_word("program", place.python)
    if place.user:
        check_word("user", place.user)
    return place


def check_batch(batch: Batch) -> Batch:
    """The batch, every word and number of it checked; the error names the attempt at fault."""
    if not batch.jobs:
        raise Rejected("a batch without jobs")
    for job in batch.jobs:
        try:
            _check_job(job)
        except Rejected as error:
            raise Rejected(f"{job.token[:40]!r}: {error}", tokens=(job.token,)) from None
    return batch


def _check_job(job: BatchJob) -> None:
    check_word("token", job.token)
    check_word("path", job.directory)
    if ".." in job.directory.split("/"):
        raise Rejected(f"directory {job.directory!r} is not in its plain form")
    for kind, values in (
        ("queue", (job.queue,) if job.queue else ()),
        ("account", (job.account,) if job.account else ()),
        ("node", (*job.avoid_nodes, *job.only_nodes)),
    ):
        for value in values:
            check_word(kind, value)
    for name, amount, least in (
        ("priority", job.priority, -_MOST),
        ("rank", job.rank, -_MOST),
        ("cpus", job.cpus, 1),
        ("memory_mb", job.memory_mb, 0),
        ("disk_mb", job.disk_mb, 0),
        ("walltime_s", job.walltime_s, 0),
    ):
        if not least <= amount <= _MOST:
            raise Rejected(f"{name} {amount} is not between {least} and {_MOST}")
