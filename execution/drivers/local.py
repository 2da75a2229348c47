"""The words of `local`: the spool that the runner's archive carries, on the machine that the transport reaches."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from execution.core.command import Command, Output
from execution.core.errors import Unreadable
from execution.core.outbox import answer_of, own_words
from execution.core.script import Batch, Place
from execution.core.sighting import BatchId, Cause, NodeSighting, Phase, Sighting, Sightings
from execution.drivers.base import check_batch, check_ids, check_place, check_word

T = TypeVar("T")

_PHASES = {
    "queued": Phase.QUEUED,
    "held": Phase.HELD,
    "running": Phase.RUNNING,
    "exited": Phase.ENDED,
    "killed": Phase.ENDED,
    "cancelled": Phase.ENDED,
    "lost": Phase.ENDED,
}
_CAUSES = {"cancelled": Cause.CANCELLED}
"""`lost` names no cause: the runner outlived the spool's daemon, its exit code is unknown, the exit note tells."""

_SENT = ("token", "directory", "priority", "rank", "cpus", "memory_mb", "walltime_s")


@dataclass(frozen=True, slots=True)
class LocalDriver:
    """A Driver. `place` says where the spool lives; nodes, queues and accounts mean nothing to it."""

    place: Place

    def script(self, batch: Batch, place: Place) -> str:
        """The list of jobs that the spool reads from stdin."""
        check_place(place)
        jobs = (
            {name: value for name, value in asdict(job).items() if name in _SENT} for job in check_batch(batch).jobs
        )
        return json.dumps(list(jobs), separators=(",", ":"))

    def submit(self, batch: Batch, place: Place) -> Command[list[BatchId]]:
        """Queue the jobs; a token that the spool knows keeps its id."""
        stdin = self.script(batch, place).encode()
        words = _words(place, "submit", "--slots", str(max(place.slots, 1)))
        return Command(words, lambda output: _batch_ids(output, len(batch.jobs)), stdin)

    def status(self, ids: Sequence[BatchId]) -> Command[Sightings]:
        """With ids just those, ended or not; without, the queue and what ended in the last minutes."""
        return Command(_words(self.place, "status"), _sightings, _list(check_ids(ids)) if ids else b"")

    def history(self, ids: Sequence[BatchId]) -> Command[Sightings]:
        """What the spool keeps of these jobs."""
        return Command(_words(self.place, "history"), _sightings, _list(check_ids(ids)))

    def find(self, token: str) -> Command[list[BatchId]]:
        """The id of an attempt, if the spool has it."""
        return Command(_words(self.place, "find", check_word("token", token)), _batch_ids)

    def cancel(self, ids: Sequence[BatchId]) -> Command[None]:
        """Queued jobs vanish at once; running ones get SIGTERM, later SIGKILL."""
        return Command(_words(self.place, "cancel"), _done, _list(check_ids(ids)))

    def prioritise(self, ids: Sequence[BatchId], priority: int) -> Command[None]:
        """Move waiting jobs in the queue."""
        return Command(_words(self.place, "priority", "--priority", str(int(priority))), _done, _list(check_ids(ids)))

    def hold(self, ids: Sequence[BatchId]) -> Command[None]:
        """Queued becomes held."""
        return Command(_words(self.place, "hold"), _done, _list(check_ids(ids)))

    def release(self, ids: Sequence[BatchId]) -> Command[None]:
        """Held becomes queued."""
        return Command(_words(self.place, "release"), _done, _list(check_ids(ids)))

    def nodes(self) -> Command[list[NodeSighting]]:
        """The one machine."""
        return Command(_words(self.place, "nodes"), _nodes)


def _words(place: Place, verb: str, *rest: str) -> tuple[str, ...]:
    return own_words(check_place(place), verb, *rest)


def _list(ids: Sequence[BatchId]) -> bytes:
    return json.dumps(list(ids)).encode()


def _answer(output: Output) -> Any:
    """The JSON value that the spool answered."""
    text = answer_of(output)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(f"the spool answered {output.stdout[:80]!r}") from None


def _reading(build: Callable[[Any], T], output: Output) -> T:
    """Build a value from the answer; one of another form is Unreadable."""
    answer = _answer(output)
    try:
        return build(answer)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise Unreadable(f"the spool's answer has not the expected form: {error}") from None


def _batch_ids(output: Output, expected: int | None = None) -> list[BatchId]:
    def build(answer: Any) -> list[BatchId]:
        if not isinstance(answer, list):
            raise TypeError("no list of ids")
        ids = [BatchId(check_word("batch id", each)) for each in answer]
        if expected is not None and len(ids) != expected:
            raise ValueError(f"{len(ids)} ids for {expected} jobs")
        return ids

    return _reading(build, output)


def _done(output: Output) -> None:
    _answer(output)


def _sightings(output: Output) -> Sightings:
    return _reading(lambda answer: {seen.batch_id: seen for seen in map(_sighting, answer)}, output)


def _sighting(row: Any) -> Sighting:
    batch_id, token, word, exit_code, signal, started_at, ended_at = row
    return Sighting(
        batch_id=BatchId(str(batch_id)),
        token=str(token),
        phase=_PHASES.get(word, Phase.UNKNOWN),
        word=str(word),
        exit_code=None if exit_code is None else int(exit_code),
        signal=None if signal is None else int(signal),
        cause=_CAUSES.get(word),
        started_at=_time(started_at),
        ended_at=_time(ended_at),
    )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _nodes(output: Output) -> list[NodeSighting]:
    return _reading(lambda answer: [_node(each) for each in answer], output)


def _node(each: Any) -> NodeSighting:
    return NodeSighting(
        name=str(each["name"]),
        word="up",
        usable=True,
        cpus=int(each["cpus"]),
        memory_mb=int(each["memory_mb"]),
        load=float(each["load"]),
        running=int(each["running"]),
    )
