"""Streams of attempts: the bytes asked for, from plain files below the log folder or the attempt's, nowhere else."""

import json
import os
from pathlib import Path

import pytest

from bpsportal.web.errors import Missing
from execution import logs as logs_of
from execution.core.states import JobState
from execution.logs import Stream
from execution.models import Attempt, Site
from provenance.models import LogFile
from tests.factories import job_of, make_attempt, set_job
from tests.integration.execution_pages.conftest import STDERR, STDOUT, World, keep_log

pytestmark = pytest.mark.django_db


def body(attempt: Attempt, stream: Stream, instance: int | None = None, **part: int) -> bytes:
    return logs_of.read(logs_of.source_of(attempt, stream, instance), **part).body


def test_a_stream_is_cut_out_of_the_bundle(world: World) -> None:
    assert body(world.attempt, Stream.STDOUT) == STDOUT
    assert body(world.attempt, Stream.STDERR) == STDERR
    assert body(world.attempt, Stream.LOG) == STDOUT + STDERR


def test_a_step_instance_has_its_own_part(world: World) -> None:
    assert body(world.attempt, Stream.STDOUT, world.instance.pk) == STDOUT
    assert body(world.attempt, Stream.LOG, world.instance.pk) == STDOUT + STDERR
    with pytest.raises(Missing):
        body(world.attempt, Stream.STDOUT, world.instance.pk + 1)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"offset": 0, "limit": 4}, b"bias"),
        ({"offset": 5, "limit": 10}, b"subtracted"),
        ({"offset": -8, "limit": 99}, b"divided\n"),
        ({"offset": 10_000, "limit": 9}, b""),
        ({"offset": -10_000, "limit": 4}, b"bias"),
        ({"offset": 0, "limit": 0}, b""),
        ({"offset": 0, "limit": -1}, b""),
    ],
)
def test_part_of_a_stream(world: World, part: dict[str, int], expected: bytes) -> None:
    assert body(world.attempt, Stream.STDOUT, **part) == expected


def test_a_piece_says_where_it_lies(world: World) -> None:
    source = logs_of.source_of(world.attempt, Stream.STDOUT)
    first = logs_of.read(source, 0, 4)
    assert (first.offset, first.end, first.size, first.is_last, first.complete) == (0, 4, len(STDOUT), False, True)
    rest = logs_of.read(source, first.end)
    assert first.body + rest.body == STDOUT
    assert rest.is_last


def test_one_answer_is_never_larger_than_a_mebibyte(world: World, logs: Path) -> None:
    keep_log(logs, world.attempt, b"x" * (3 << 20))
    assert len(body(world.attempt, Stream.LOG, limit=5 << 20)) == 1 << 20


def test_a_whole_stream_comes_in_chunks(world: World, logs: Path) -> None:
    keep_log(logs, world.attempt, b"x" * 200_000)
    chunks = list(logs_of.read_all(logs_of.source_of(world.attempt, Stream.LOG)))
    assert sum(map(len, chunks)) == 200_000
    assert max(map(len, chunks)) == 65_536


def test_a_bundle_that_is_shorter_than_its_offsets_say_is_read_as_far_as_it_goes(world: World, logs: Path) -> None:
    keep_log(logs, world.attempt, STDOUT[:5])
    assert body(world.attempt, Stream.STDOUT) == STDOUT[:5]
    assert body(world.attempt, Stream.STDERR) == b""


def test_a_bundle_that_is_gone_is_missing(world: World, logs: Path) -> None:
    keep_log(logs, world.attempt, b"").unlink()
    with pytest.raises(Missing):
        body(world.attempt, Stream.STDOUT)


def test_an_attempt_that_ran_nothing_still_shows_its_bundle(world: World, logs: Path) -> None:
    job = job_of(world.workflow, 2)
    attempt = make_attempt(job, world.site, is_open=False, outcome="failed", cause="setup")
    keep_log(logs, attempt, b"activate: not found\n")
    assert body(attempt, Stream.LOG) == b"activate: not found\n"
    with pytest.raises(Missing, match="nothing of it ran"):
        body(attempt, Stream.STDOUT)


@pytest.mark.parametrize("path", ["../secret", "/etc/hostname", "a/../../secret", "", "loop/x.log"])
def test_no_path_leads_out_of_the_log_folder(world: World, logs: Path, path: str) -> None:
    (logs.parent / "secret").write_text("canary")
    (logs / "loop").symlink_to(logs.parent)
    (logs.parent / "x.log").write_text("canary")
    LogFile.objects.update(path=path)
    with pytest.raises(Missing):
        body(world.attempt, Stream.LOG)


def test_a_symbolic_link_is_not_followed(world: World, logs: Path) -> None:
    secret = logs.parent / "secret"
    secret.write_text("canary")
    path = keep_log(logs, world.attempt, b"")
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(Missing):
        body(world.attempt, Stream.LOG)


def test_a_pipe_or_a_folder_is_no_log(world: World, logs: Path) -> None:
    path = keep_log(logs, world.attempt, b"")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(Missing, match="no plain file"):
        body(world.attempt, Stream.LOG)
    path.unlink()
    path.mkdir()
    with pytest.raises(Missing, match="no plain file"):
        body(world.attempt, Stream.LOG)


@pytest.fixture
def running(world: World, tmp_path: Path) -> Attempt:
    """An attempt that runs on this machine: its first step instance has ended, its second writes."""
    folder = tmp_path / "attempt"
    (folder / "run").mkdir(parents=True)
    job = job_of(world.workflow, 2)
    instance = set_job(job, JobState.RUNNING, site=world.site).pk
    (folder / "job.json").write_text(json.dumps({"instances": [{"id": 901}, {"id": 902}]}))
    (folder / "now.json").write_text(json.dumps({"instance": 1, "id": 902}))
    (folder / "log").write_bytes(b"first has ended\n")
    (folder / "run/1.stdout").write_bytes(b"second goes on\n")
    (folder / "run/1.stderr").write_bytes(b"oh\n")
    assert instance
    return make_attempt(job, world.site, directory=str(folder))


def test_a_running_attempt_is_read_where_it_runs(running: Attempt) -> None:
    assert body(running, Stream.STDOUT) == b"second goes on\n"
    assert body(running, Stream.STDERR) == b"oh\n"
    assert body(running, Stream.STDOUT, 902) == b"second goes on\n"
    assert body(running, Stream.LOG) == b"first has ended\n"


def test_a_running_stream_is_never_complete(running: Attempt) -> None:
    piece = logs_of.read(logs_of.source_of(running, Stream.STDOUT))
    assert piece.is_last
    assert not piece.complete


def test_what_has_ended_in_a_running_attempt_is_in_its_log(running: Attempt) -> None:
    with pytest.raises(Missing):
        body(running, Stream.STDOUT, 901)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"instance": "../../x"}', '{"instance": null}', "\x00"])
def test_a_broken_note_of_what_runs_now_is_no_way_out(running: Attempt, content: str) -> None:
    Path(running.directory, "now.json").write_text(content)
    with pytest.raises(Missing):
        body(running, Stream.STDOUT)


def test_a_link_planted_in_an_attempt_is_not_followed(running: Attempt, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    live = Path(running.directory, "run/1.stdout")
    live.unlink()
    live.symlink_to(tmp_path / "secret")
    with pytest.raises(Missing):
        body(running, Stream.STDOUT)


def test_a_stream_at_a_remote_site_comes_when_the_attempt_has_ended(running: Attempt) -> None:
    Site.objects.update(transport={"ssh": {"hosts": ["login1"]}})
    with pytest.raises(Missing, match="when the attempt has ended"):
        body(Attempt.objects.get(pk=running.pk), Stream.STDOUT)


def test_an_attempt_that_has_ended_without_a_log_says_so(world: World) -> None:
    attempt = make_attempt(job_of(world.workflow, 2), world.site, is_open=False)
    with pytest.raises(Missing, match="keeps none"):
        body(attempt, Stream.STDOUT)
