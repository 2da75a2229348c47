"""What evidence says of a job: the table of what may be concluded from a listing, an accounting line and an exit note.

| seen | said |
|---|---|
| any trouble talking to the site | nothing (the caller gets an exception and comes no further) |
| queued, running, held | that |
| ended | `ended` |
| a word the driver does not know | nothing |
| no sighting in queue and accounting, shorter than the grace time | nothing |
| the same, longer | `ended` |
| accounting names a cause | failed for that; it outranks the note's bare code |
| exit note | what it says of each step instance |
| no note, accounting says 0 | failed: lost (nobody vouches for the outputs) |
| no note, no accounting | failed: lost |
"""

from datetime import timedelta

from execution.core.note import Note
from execution.core.sighting import Cause, Phase, Sighting
from execution.core.states import JOB, JobState

SAID = {
    Phase.QUEUED: JobState.QUEUED,
    Phase.RUNNING: JobState.RUNNING,
    Phase.HELD: JobState.HELD,
    Phase.ENDED: JobState.ENDED,
}

OUTRANKING = frozenset({Cause.MEMORY, Cause.WALLTIME, Cause.NODE, Cause.PREEMPTED, Cause.CANCELLED})
"""Causes that a batch system knows better than the job itself."""


def next_phase(
    state: JobState, sighting: Sighting | None, *, unseen_for: timedelta, grace: timedelta
) -> JobState | None:
    """The state a job at the site goes to, or None when the evidence says nothing new.

    `unseen_for`: since how long no listing has shown it. A move that the table of states does not know is old news.
    """
    silent = JobState.ENDED if unseen_for >= grace else None
    target = SAID.get(sighting.phase) if sighting else silent
    if target is None or not JOB.allows(state, target):
        return None
    return target


def cause_of(note: Note | None, accounting: Sighting | None) -> Cause | None:
    """Why an ended attempt as a whole did not succeed, or None when the note tells of each instance by itself."""
    if accounting is not None and accounting.cause in OUTRANKING and (note is None or note.exit != 0):
        return accounting.cause
    if note is None:
        return Cause.LOST
    return Cause(note.cause) if note.cause else None
