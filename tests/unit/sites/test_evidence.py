"""What may be concluded from sightings, and reading exit notes that come from machines that are not ours."""

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest

from execution.core.errors import Unreadable
from execution.core.evidence import cause_of, next_phase
from execution.core.note import parse_note
from execution.core.sighting import BatchId, Cause, Phase, Sighting
from execution.core.states import JobState

GRACE = timedelta(seconds=60)
S = JobState
NOTE = {
    "format": 1, "token": "t0000000000000000001", "host": "node1", "pid": 7, "started_at": 1700000000.5,
    "ended_at": 1700000060.5, "exit": 1, "cause": None, "message": "", "runner": "abc", "python": "3.6.8",
    "version": "demo 1", "environment": {"PATH": "/bin"},
    "instances": [
        {
            "id": 5, "outcome": "failed", "exit": None, "signal": 9, "cause": "memory", "message": "too big",
            "started_at": 1700000001, "ended_at": 1700000002, "wall_s": 1.0, "cpu_s": 0.5, "memory_mb": 100.5,
            "read_bytes": 10, "write_bytes": 20, "inputs": [0, 2],
            "outputs": [
                {"type": "x", "dataId": {"exposure": 1, "band": "r"}, "path": "out/x", "size": 3, "sha256": "a" * 64},
            ],
            "missing": [1], "unexpected": ["out/y"], "stdout": [0, 5], "stderr": [5, 6],
        }
    ],
}  # fmt: skip


def seen(phase, **more):
    return Sighting(BatchId("1"), "t", phase, str(phase), **more)


def said(state, sighting, unseen_s=0.0):
    return next_phase(state, sighting, unseen_for=timedelta(seconds=unseen_s), grace=GRACE)


@pytest.mark.parametrize(
    ("state", "phase", "target"),
    [
        (S.QUEUED, Phase.RUNNING, S.RUNNING), (S.QUEUED, Phase.HELD, S.HELD), (S.QUEUED, Phase.ENDED, S.ENDED),
        (S.RUNNING, Phase.QUEUED, S.QUEUED), (S.RUNNING, Phase.HELD, S.HELD), (S.RUNNING, Phase.ENDED, S.ENDED),
        (S.HELD, Phase.QUEUED, S.QUEUED), (S.HELD, Phase.RUNNING, S.RUNNING), (S.HELD, Phase.ENDED, S.ENDED),
        (S.CANCELLING, Phase.ENDED, S.ENDED),
    ],
)  # fmt: skip
def test_a_sighting_moves_a_job_to_what_was_seen(state, phase, target):
    assert said(state, seen(phase)) is target


@pytest.mark.parametrize("state", [S.QUEUED, S.RUNNING, S.HELD, S.CANCELLING])
def test_an_unknown_word_says_nothing(state):
    assert said(state, seen(Phase.UNKNOWN), unseen_s=10_000) is None


@pytest.mark.parametrize("state", [S.QUEUED, S.RUNNING, S.HELD, S.CANCELLING])
def test_absence_is_not_an_outcome_before_the_grace_time(state):
    assert said(state, None, unseen_s=0) is None
    assert said(state, None, unseen_s=59.9) is None


@pytest.mark.parametrize("state", [S.QUEUED, S.RUNNING, S.HELD, S.CANCELLING])
def test_absence_beyond_the_grace_time_means_only_that_it_left_the_queue(state):
    assert said(state, None, unseen_s=60) is S.ENDED


@pytest.mark.parametrize("phase", [Phase.QUEUED, Phase.RUNNING, Phase.HELD])
def test_a_kill_is_not_done_until_the_batch_system_says_so(phase):
    assert said(S.CANCELLING, seen(phase)) is None


@pytest.mark.parametrize(
    "state", [S.ENDED, S.SUCCEEDED, S.FAILED, S.CANCELLED, S.WAITING, S.READY, S.PRUNED, S.ACCEPTED]
)
@pytest.mark.parametrize("phase", [*Phase, None])
def test_late_news_moves_no_job_that_is_not_in_the_queue(state, phase):
    assert said(state, seen(phase) if phase else None, unseen_s=10_000) is None


def test_the_accounting_knows_why_better_than_a_bare_code():
    note = parse_note(json.dumps(NOTE).encode())
    for cause in (Cause.MEMORY, Cause.WALLTIME, Cause.NODE, Cause.PREEMPTED, Cause.CANCELLED):
        assert cause_of(note, seen(Phase.ENDED, cause=cause)) is cause
        assert cause_of(None, seen(Phase.ENDED, cause=cause)) is cause


def test_without_a_note_nobody_vouches_for_anything():
    assert cause_of(None, None) is Cause.LOST
    assert cause_of(None, seen(Phase.ENDED, exit_code=0)) is Cause.LOST
    assert cause_of(None, seen(Phase.ENDED, exit_code=1)) is Cause.LOST


def test_with_a_note_each_instance_speaks_for_itself():
    note = parse_note(json.dumps(NOTE).encode())
    assert cause_of(note, None) is None
    assert cause_of(note, seen(Phase.ENDED, exit_code=1)) is None


@pytest.mark.parametrize("cause", ["setup", "software", "node", "cancelled"])
def test_trouble_of_the_job_as_a_whole_is_told_by_the_note(cause):
    note = parse_note(json.dumps({**NOTE, "exit": 2, "cause": cause}).encode())
    assert cause_of(note, None) == cause


def test_a_note_is_read_in_full():
    note = parse_note(json.dumps(NOTE).encode())
    one = note.instances[0]
    assert (note.token, note.host, note.exit, note.cause, note.version) == (
        "t0000000000000000001",
        "node1",
        1,
        "",
        "demo 1",
    )
    assert note.started_at == datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC)
    assert (one.id, one.outcome, one.exit_code, one.signal, one.cause) == (5, "failed", None, 9, "memory")
    assert (one.wall_s, one.cpu_s, one.memory_mb, one.read_bytes, one.write_bytes) == (1.0, 0.5, 100.5, 10, 20)
    assert (one.inputs, one.missing, one.unexpected, one.stdout, one.stderr) == ((0, 2), 1, ("out/y",), (0, 5), (5, 6))
    made = one.outputs[0]
    assert (made.type, made.data_id, made.path, made.size_bytes) == ("x", {"exposure": 1, "band": "r"}, "out/x", 3)


def changed(path, value):
    """The note with one value replaced, as bytes."""
    note = copy.deepcopy(NOTE)
    *parents, last = path
    place = note
    for key in parents:
        place = place[key]
    place[last] = value
    return json.dumps(note).encode()


ONE = ("instances", 0)
OUT = (*ONE, "outputs", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2), (("token",), 7), (("exit",), "0"), (("instances",), 3), (("instances",), [[]]),
        (("instances",), None), (("environment",), []), (("cause",), "weather"), ((*ONE, "id"), "5"),
        ((*ONE, "id"), None),        ((*ONE, "id"), 10**400), ((*ONE, "outcome"), "great"),
        ((*ONE, "exit"), 1.5), ((*ONE, "stdout"), [1]),
        ((*ONE, "stdout"), "ab"), ((*ONE, "inputs"), 7), ((*OUT, "path"), "/etc/passwd"),
        ((*OUT, "path"), "out/../../x"),        ((*OUT, "path"), "out/\0"), ((*OUT, "sha256"), "a"),
        ((*OUT, "sha256"), None), ((*OUT, "size"), "3"),
        ((*OUT, "dataId"), []), (("started_at",), 9e17), (("started_at",), 1e12), ((*ONE, "ended_at"), -1),
        (("host",), None),
    ],
)  # fmt: skip
def test_a_note_of_another_form_is_unreadable_and_nothing_worse(path, value):
    with pytest.raises(Unreadable):
        parse_note(changed(path, value))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        b"\xff\xfe",
        b"null",
        b"[]",
        b"7",
        b"[" * 200_000,
        b'{"format": 1',
        b"9" * 10_000,
        b'{"format": NaN}',
    ],
)
def test_bytes_that_are_no_note_are_unreadable_and_nothing_worse(raw):
    with pytest.raises(Unreadable):
        parse_note(raw)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, 10**400, -1, "much", [1]])
def test_measurements_that_cannot_be_are_unreadable_and_nothing_worse(value):
    with pytest.raises(Unreadable):
        parse_note(changed((*ONE, "cpu_s"), value))


def test_texts_are_made_fit_for_a_database():
    note = parse_note(changed((*ONE, "message"), "a\0b\ud800" + "x" * 100_000))
    message = note.instances[0].message
    assert message.startswith("a\ufffdb?xxx")
    assert len(message) == 1000
    message.encode()


def test_unknown_keys_are_passed_over():
    assert parse_note(json.dumps({**NOTE, "news": 1}).encode()).token == NOTE["token"]
