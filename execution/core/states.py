"""The states of jobs and step instances, as tables (architecture, States)."""

from enum import StrEnum

from execution.core.machine import Machine


class Wish(StrEnum):
    """What people want of a campaign, payload or workflow."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


class JobState(StrEnum):
    """`ended` means: left the queue, outcome not known yet. `held` is the batch system's hold only."""

    WAITING = "waiting"
    READY = "ready"
    SUBMITTING = "submitting"
    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    ENDED = "ended"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PRUNED = "pruned"
    CANCELLED = "cancelled"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class InstanceState(StrEnum):
    """A step instance waits until its job runs; its final states are its own, not its job's."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PRUNED = "pruned"
    CANCELLED = "cancelled"


_J = JobState
JOB = Machine(
    "job",
    {
        _J.WAITING: frozenset({_J.READY, _J.PRUNED, _J.CANCELLED}),
        _J.READY: frozenset({_J.SUBMITTING, _J.CANCELLED, _J.SUCCEEDED}),
        _J.SUBMITTING: frozenset({_J.QUEUED, _J.READY, _J.FAILED, _J.CANCELLING}),
        _J.QUEUED: frozenset({_J.RUNNING, _J.HELD, _J.ENDED, _J.CANCELLING}),
        _J.RUNNING: frozenset({_J.QUEUED, _J.HELD, _J.ENDED, _J.CANCELLING}),
        _J.HELD: frozenset({_J.QUEUED, _J.RUNNING, _J.ENDED, _J.CANCELLING}),
        _J.ENDED: frozenset({_J.SUCCEEDED, _J.FAILED, _J.READY, _J.CANCELLED}),
        _J.CANCELLING: frozenset({_J.CANCELLED, _J.ENDED, _J.READY}),
        _J.FAILED: frozenset({_J.READY, _J.ACCEPTED, _J.REJECTED}),
        _J.PRUNED: frozenset({_J.WAITING}),
        _J.SUCCEEDED: frozenset(),
        _J.CANCELLED: frozenset(),
        _J.ACCEPTED: frozenset(),
        _J.REJECTED: frozenset(),
    },
)
"""`ready -> succeeded` is a barrier: a job without instances, which no batch system sees.
`ended -> cancelled` is a job that ended by its own while its workflow was being stopped, unfinished."""

AT_SITE = (_J.SUBMITTING, _J.QUEUED, _J.RUNNING, _J.HELD, _J.ENDED, _J.CANCELLING)
"""Jobs that a site may know of."""

UNFINISHED = (_J.WAITING, _J.READY, *AT_SITE)
FINISHED = (_J.SUCCEEDED, _J.FAILED, _J.PRUNED, _J.CANCELLED, _J.ACCEPTED, _J.REJECTED)

_I = InstanceState
INSTANCE = Machine(
    "step instance",
    {
        _I.WAITING: frozenset({_I.RUNNING, _I.SUCCEEDED, _I.FAILED, _I.PRUNED, _I.CANCELLED}),
        _I.RUNNING: frozenset({_I.WAITING, _I.SUCCEEDED, _I.FAILED, _I.PRUNED, _I.CANCELLED}),
        _I.FAILED: frozenset({_I.WAITING}),
        _I.PRUNED: frozenset({_I.WAITING}),
        _I.SUCCEEDED: frozenset(),
        _I.CANCELLED: frozenset(),
    },
)
