"""States of a campaign: which may follow which, which verbs lead there, what follows from wish and counters."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a campaign stands; terminated campaigns are failed (LDM-633 RUN1)."""

    DRAFT = "draft"
    READY = "ready"
    PLANNING = "planning"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ARCHIVED = "archived"


class Wish(StrEnum):
    """What an operator wants of a campaign, payload or workflow."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


class Verb(StrEnum):
    """What an operator can do to a campaign as a whole."""

    REVISE = "revise"
    SUBMIT = "submit"
    PAUSE = "pause"
    RESUME = "resume"
    TERMINATE = "terminate"
    RESTART = "restart"
    ARCHIVE = "archive"


CAMPAIGN: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.READY, State.ARCHIVED}),
    State.READY: frozenset({State.DRAFT, State.PLANNING, State.ARCHIVED}),
    State.PLANNING: frozenset({State.RUNNING, State.PAUSED, State.CANCELLING, State.READY}),
    State.RUNNING: frozenset({State.PAUSED, State.CANCELLING, State.SUCCEEDED, State.FAILED}),
    State.PAUSED: frozenset({State.RUNNING, State.PLANNING, State.CANCELLING}),
    State.CANCELLING: frozenset({State.FAILED}),
    State.SUCCEEDED: frozenset({State.PLANNING, State.ARCHIVED}),
    State.FAILED: frozenset({State.PLANNING, State.ARCHIVED}),
    State.ARCHIVED: frozenset(),
}
"""State -> states that may follow it. A campaign that was paused while it was planned goes back to planning."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a verb may be said, and where it leads."""

    sources: frozenset[State]
    target: State


VERBS: dict[Verb, Move] = {
    Verb.REVISE: Move(frozenset({State.READY}), State.DRAFT),
    Verb.SUBMIT: Move(frozenset({State.READY}), State.PLANNING),
    Verb.PAUSE: Move(frozenset({State.PLANNING, State.RUNNING}), State.PAUSED),
    Verb.RESUME: Move(frozenset({State.PAUSED}), State.RUNNING),
    Verb.TERMINATE: Move(frozenset({State.PLANNING, State.RUNNING, State.PAUSED}), State.CANCELLING),
    Verb.RESTART: Move(frozenset({State.SUCCEEDED, State.FAILED}), State.PLANNING),
    Verb.ARCHIVE: Move(frozenset({State.DRAFT, State.READY, State.SUCCEEDED, State.FAILED}), State.ARCHIVED),
}

FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.ARCHIVED})
"""Nothing runs and nothing will, unless somebody restarts the campaign."""

_ENDED_JOBS = frozenset({"succeeded", "failed", "accepted", "rejected", "pruned", "cancelled"})
_GOOD_JOBS = frozenset({"succeeded", "accepted"})


def legal_verbs(state: State) -> tuple[Verb, ...]:
    """The verbs that may be said in a state, in the order in which a page shows them."""
    return tuple(verb for verb, move in VERBS.items() if state in move.sources)


def sources_of(target: State) -> frozenset[State]:
    """The states from which a target may be reached: the WHERE of the update that sets it."""
    return frozenset(state for state, targets in CAMPAIGN.items() if target in targets)


def roll_up(wish: Wish, counters: Mapping[str, int], open_points: int, *, stopped: int = 0) -> State:
    """The state that follows from a wish, the jobs by state, the points still open and the workflows stopped by a
    failure policy. Jobs in a state that is not known to be an end count as running: nothing is claimed too early.

    A campaign whose jobs failed here and there has succeeded, with that in its report; it has failed if a policy
    stopped a workflow, or if jobs ended and none of them well.
    """
    unfinished = sum(count for state, count in counters.items() if state not in _ENDED_JOBS)
    if wish is Wish.STOP:
        return State.CANCELLING if unfinished else State.FAILED
    if wish is Wish.PAUSE:
        return State.PAUSED
    if unfinished or open_points:
        return State.RUNNING
    ended = sum(counters.values())
    good = sum(counters.get(state, 0) for state in _GOOD_JOBS)
    return State.FAILED if stopped or (ended and not good) else State.SUCCEEDED
