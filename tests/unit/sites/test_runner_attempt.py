"""An attempt as a whole: claim, job file, note, exit code."""

import json
import os
import signal

import pytest

from tests.local_site import alive, instance, step, wait_for


def test_the_note_of_a_success_says_so(site):
    token = site.attempt({"isr": step("true")})
    assert site.run(token) == 0
    note = site.note(token)
    assert (note["format"], note["token"], note["exit"], note["cause"], note["message"]) == (1, token, 0, None, "")
    assert (note["host"], note["instances"][0]["outcome"]) == (os.uname().nodename, "succeeded")
    assert (
        note["started_at"] <= note["instances"][0]["started_at"] <= note["instances"][0]["ended_at"] <= note["ended_at"]
    )


def test_a_failed_instance_gives_exit_1_and_does_not_stop_the_others(site):
    steps = {"isr": step("sh", "-c", "echo working; echo no such star >&2; exit 3"), "measure": step("true")}
    token = site.attempt(steps, [instance(1, "isr"), instance(2, "measure")])
    assert site.run(token) == 1
    first, second = site.note(token)["instances"]
    assert (first["outcome"], first["exit"], first["cause"], first["message"]) == (
        "failed",
        3,
        "payload",
        "no such star",
    )
    assert (second["outcome"], second["exit"], second["cause"]) == ("succeeded", 0, None)


def test_a_claimed_attempt_is_left_alone(site):
    token = site.shell("touch $HOME/ran")
    (site.root / "claims" / token).mkdir(parents=True)
    assert site.run(token) == 0
    assert site.note(token) is None
    assert not (site.root / "ran").exists()
    assert [path.name for path in site.directory(token).iterdir()] == ["job.json"]


def test_a_second_runner_changes_nothing(site):
    token = site.shell("echo once >> $HOME/ran")
    site.run(token)
    before = site.note(token)
    assert site.run(token) == 0
    assert site.note(token) == before
    assert (site.root / "ran").read_text() == "once\n"


def test_two_runners_at_once_run_it_once(site):
    token = site.shell("echo once >> $HOME/ran")
    runners = [site.start(token) for _ in range(4)]
    assert [runner.wait(timeout=30) for runner in runners] == [0, 0, 0, 0]
    assert (site.root / "ran").read_text() == "once\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the job file cannot be read"),
        (b"\xff\xfe", "the job file cannot be read"),
        (b"[" * 100_000, "the job file cannot be read"),
        (b"[]", "it must be a mapping"),
        (b'{"format": 2}', "format is 2, this runner knows 1"),
        (b'{"format": 1, "token": "other"}', "token is 'other'"),
    ],
)
def test_a_broken_job_file_is_told_in_the_note(site, text, message):
    token = site.attempt({})
    (site.directory(token) / "job.json").write_bytes(text)
    assert site.run(token) == 2
    note = site.note(token)
    assert (note["exit"], note["cause"], note["instances"]) == (2, "node", [])
    assert message in note["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": "flat"}, "instances[0].step 'flat' is not among the steps"),
        ({"outputs": [{"type": "x", "path": "../x"}]}, "instances[0].outputs[0].path '../x' leaves"),
        ({"outputs": [{"type": "x", "path": "/etc/x"}]}, "leaves"),
        ({"outputs": [{"type": "x", "path": "out/../../x"}]}, "leaves"),
        ({"outputs": [{"type": "x", "path": "log"}]}, "leaves"),
        ({"many": [{"type": "x", "dimension": "d", "directory": "out/../.."}]}, "leaves"),
        ({"inputs": [{"type": "x", "path": "relative"}]}, "is not an absolute path"),
        ({"inputs": [{"type": "x", "path": "out/x", "after": 0}]}, "is not an earlier instance"),
        ({"inputs": [{"type": "x", "path": "out/x", "after": True}]}, "must be a whole number"),
        ({"minimum": {"x": -1}}, "must be a number that is not negative"),
        ({"id": "1"}, "instances[0].id must be a whole number"),
    ],
)
def test_a_job_file_that_asks_for_the_impossible_is_refused_whole(site, change, message):
    token = site.attempt({"isr": step("touch", str(site.root / "ran"))}, [instance(**change)])
    assert site.run(token) == 2
    assert message in site.note(token)["message"]
    assert not (site.root / "ran").exists()


def test_a_job_file_of_another_work_directory_is_refused(site, tmp_path):
    token = site.attempt({"isr": step("true")}, workdir=str(tmp_path / "other"))
    assert site.run(token) == 2
    assert "for the work directory" in site.note(token)["message"]


def test_a_folder_that_is_no_attempt_gets_neither_claim_nor_note(site):
    folder = site.root / "attempts" / "t0" / "elsewhere"
    folder.mkdir(parents=True)
    assert site.start("elsewhere").wait() == 2
    assert sorted(path.name for path in site.root.iterdir()) == ["attempts"]


def test_the_note_appears_under_its_name_only_when_complete(site):
    token = site.attempt({"isr": step("true")})
    site.run(token)
    assert [path.name for path in (site.root / "outbox").iterdir()] == [f"{token}.json"]


def test_what_is_running_now_is_told_while_it_runs(site):
    token = site.attempt({"isr": step("true"), "wait": step("sleep", "60")}, [instance(7), instance(8, "wait")])
    runner = site.start(token)
    path = site.directory(token) / "now.json"
    now = wait_for(lambda: path.exists() and (found := json.loads(path.read_text()))["id"] == 8 and found)
    assert (now["token"], now["instance"], now["total"]) == (token, 1, 2)
    runner.terminate()
    runner.wait(timeout=30)
    assert not path.exists()


def test_a_runner_told_to_stop_stops_its_program_and_says_what_it_knows(site):
    script = "trap 'echo stopping >&2; exit 9' TERM; echo $$ > $HOME/pid; while :; do sleep 0.05; done"
    steps = {"isr": step("true"), "long": step("sh", "-c", script)}
    token = site.attempt(steps, [instance(1), instance(2, "long"), instance(3)])
    runner = site.start(token)
    wait_for(lambda: (site.root / "pid").exists() and (site.root / "pid").read_text())
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(timeout=30) == 2
    note = site.note(token)
    assert (note["exit"], note["cause"]) == (2, "cancelled")
    assert [(each["id"], each["outcome"], each["cause"]) for each in note["instances"]] == [
        (1, "succeeded", None),
        (2, "failed", "cancelled"),
    ]
    assert not alive(int((site.root / "pid").read_text()))


def test_a_killed_runner_leaves_no_note(site):
    """An exit trap would say 0 here."""
    token = site.attempt({"isr": step("sleep", "60")})
    runner = site.start(token)
    wait_for(lambda: (site.directory(token) / "run" / "0.stdout").exists())
    runner.kill()
    runner.wait()
    assert site.note(token) is None
    assert (site.root / "claims" / token).is_dir()


def test_a_disk_that_refuses_is_trouble_of_the_node(site):
    token = site.attempt({"isr": step("true")})
    (site.directory(token) / "run").write_text("in the way")
    assert site.run(token) == 2
    assert (site.note(token)["cause"], site.note(token)["exit"]) == ("node", 2)
