"""The spool as a batch system: submitting, order, listing, cancelling."""

import json
import os
import signal
import subprocess

import pytest

from tests.local_site import alive, step, wait_for


def ran(site):
    """What the attempts wrote when they ran, in order."""
    path = site.root / "ran"
    return path.read_text().split() if path.exists() else []


def speaking(site, word):
    """An attempt that writes a word when it runs."""
    return site.shell(f"echo {word} >> $HOME/ran")


def blocked(site, **more):
    """A running attempt that keeps a slot until its file appears, and that file."""
    gate = site.root / f"gate-{site.token()}"
    ids = site.submit(site.shell(f"until [ -e {gate} ]; do sleep 0.02; done"), **more)
    site.wait_until(ids, "running")
    return ids[0], gate


def test_what_is_submitted_runs_and_its_end_is_known(site):
    good, bad = site.shell("exit 0"), site.shell("exit 7")
    ids = site.submit(good, bad)
    assert site.wait_until(ids, "exited") == ["exited", "exited"]
    rows = {row[1]: row for row in site.ask("history", stdin=ids)}
    assert rows[good][3:5] == [0, None]
    assert rows[bad][3:5] == [1, None]
    assert rows[good][5] <= rows[good][6]
    assert site.note(bad)["instances"][0]["exit"] == 7


def test_a_token_is_queued_once_however_often_it_is_submitted(site):
    token = speaking(site, "x")
    first = site.submit(token)
    assert site.submit(token, token) == first * 2
    site.wait_until(first, "exited")
    assert site.submit(token) == first
    assert site.words_of(first) == ["exited"]
    assert ran(site) == ["x"]


def test_an_attempt_can_be_found_by_its_token(site):
    token, other = site.shell("exit 0"), site.token()
    ids = site.submit(token)
    assert site.ask("find", token) == ids
    assert site.ask("find", other) == []


def test_no_more_run_at_once_than_there_are_slots(site):
    script = "echo in >> $HOME/ran; sleep 0.1; echo out >> $HOME/ran"
    ids = site.submit(*[site.shell(script) for _ in range(6)], slots=2)
    site.wait_until(ids, "exited")
    level = highest = 0
    for word in ran(site):
        level += 1 if word == "in" else -1
        highest = max(highest, level)
    assert highest == 2


def test_a_job_takes_as_many_slots_as_it_has_cpus(site):
    script = "echo in >> $HOME/ran; sleep 0.05; echo out >> $HOME/ran"
    ids = site.submit(*[site.shell(script) for _ in range(4)], slots=2, cpus=2)
    site.wait_until(ids, "exited")
    assert ran(site) == ["in", "out"] * 4


def test_a_job_larger_than_the_machine_runs_alone(site):
    ids = site.submit(speaking(site, "x"), slots=2, cpus=64)
    site.wait_until(ids, "exited")
    assert ran(site) == ["x"]


def test_order_is_priority_then_rank_then_time(site):
    _, gate = blocked(site, slots=1)
    jobs = []
    for word, priority, rank in [("c", 0, 0), ("d", 0, 0), ("e", 0, 5), ("b", 9, 9), ("a", 9, 1), ("f", -1, 0)]:
        token = speaking(site, word)
        jobs.append({"token": token, "directory": str(site.directory(token)), "priority": priority, "rank": rank})
    ids = site.ask("submit", stdin=jobs)
    gate.touch()
    site.wait_until(ids, "exited")
    assert ran(site) == ["a", "b", "c", "d", "e", "f"]


def test_a_new_priority_moves_what_waits(site):
    running, gate = blocked(site, slots=1)
    ids = site.submit(speaking(site, "a"), speaking(site, "b"), slots=1)
    assert site.ask("priority", "--priority", "7", stdin=[ids[1], running]) == 1
    gate.touch()
    site.wait_until(ids, "exited")
    assert ran(site) == ["b", "a"]


def test_a_held_job_waits_until_it_is_released(site):
    _, gate = blocked(site, slots=1)
    ids = site.submit(speaking(site, "a"), speaking(site, "b"), slots=1)
    assert site.ask("hold", stdin=ids[:1]) == 1
    gate.touch()
    site.wait_until(ids[1:], "exited")
    assert site.words_of(ids) == ["held", "exited"]
    assert site.ask("release", stdin=ids) == 1
    site.wait_until(ids, "exited")
    assert ran(site) == ["b", "a"]


def test_a_queued_job_that_is_cancelled_never_runs(site):
    _, gate = blocked(site, slots=1)
    ids = site.submit(speaking(site, "a"), speaking(site, "b"), slots=1)
    site.ask("hold", stdin=ids[1:])
    assert site.ask("cancel", stdin=ids) == 2
    assert site.words_of(ids) == ["cancelled", "cancelled"]
    gate.touch()
    site.wait_until(site.submit(speaking(site, "c")), "exited")
    assert ran(site) == ["c"]


def test_a_running_job_that_is_cancelled_ends_with_all_its_processes(site):
    token = site.shell("sleep 600 & echo $! $$ > $HOME/pids; wait")
    ids = site.submit(token)
    wait_for(lambda: (site.root / "pids").exists() and (site.root / "pids").read_text())
    assert site.ask("cancel", stdin=ids) == 1
    assert site.wait_until(ids, "cancelled") == ["cancelled"]
    assert site.note(token)["cause"] == "cancelled"
    assert not any(alive(int(pid)) for pid in (site.root / "pids").read_text().split())


def test_a_job_deaf_to_cancelling_is_killed_after_the_grace_time(site):
    """The runner is stopped here, so that it cannot pass anything on."""
    token = site.shell("echo $PPID $$ > $HOME/pids; exec sleep 600")
    ids = site.submit(token, grace=0.3)
    wait_for(lambda: (site.root / "pids").exists() and (site.root / "pids").read_text())
    runner, program = map(int, (site.root / "pids").read_text().split())
    os.kill(runner, signal.SIGSTOP)
    site.ask("cancel", stdin=ids)
    assert site.wait_until(ids, "cancelled") == ["cancelled"]
    wait_for(lambda: not alive(program) and not alive(runner))
    assert site.ask("history", stdin=ids)[0][3:5] == [None, 9]
    assert site.note(token) is None


def test_cancelling_what_is_gone_is_fine(site):
    ids = site.submit(site.shell("exit 0"))
    site.wait_until(ids, "exited")
    assert site.ask("cancel", stdin=[*ids, "sabcdef.7", "17", "x"]) == 0
    assert site.words_of(ids) == ["exited"]


def test_a_job_that_ends_well_before_the_signal_reaches_it_is_not_called_cancelled(site):
    token = site.shell("trap '' TERM; echo up > $HOME/ran; sleep 0.5", graceSeconds=30)
    ids = site.submit(token)
    wait_for(lambda: ran(site))
    site.ask("cancel", stdin=ids)
    site.wait_until(ids, "cancelled", "exited")
    assert site.note(token)["instances"][0]["exit"] == 0
    assert site.note(token)["cause"] == "cancelled"


def test_the_listing_without_ids_shows_the_queue_and_what_ended_lately(site):
    done = site.submit(site.shell("exit 0"), slots=1)
    site.wait_until(done, "exited")
    running, gate = blocked(site, slots=1)
    queued, held = site.submit(site.shell("exit 0"), site.shell("exit 0"), slots=1)
    site.ask("hold", stdin=[held])
    found = {row[0]: row[2] for row in site.ask("status")}
    assert found == {done[0]: "exited", running: "running", queued: "queued", held: "held"}
    gate.touch()


def test_the_listing_with_ids_shows_just_those(site):
    ids = site.submit(site.shell("exit 0"), site.shell("exit 0"))
    site.wait_until(ids, "exited")
    assert [row[0] for row in site.ask("status", stdin=ids[1:])] == ids[1:]
    assert (
        site.ask("status", stdin=["sabcdef.1", "nonsense", "1", f"{ids[0].split('.')[0]}.99999999999999999999"]) == []
    )


def test_many_ids_at_once(site):
    tokens = [site.shell("exit 0") for _ in range(3)]
    ids = site.submit(*tokens)
    name = ids[0].split(".")[0]
    assert len(site.ask("status", stdin=[f"{name}.{n}" for n in range(5000)])) == 3


def test_a_spool_made_anew_knows_no_id_of_the_old_one(site):
    ids = site.submit(site.shell("exit 0"), idle=0)
    site.wait_until(ids, "exited")
    wait_for(lambda: site.daemon() is None)
    for path in (site.root / "spool").iterdir():
        path.unlink()
    again = site.submit(site.shell("exit 0"))
    assert again != ids
    assert site.ask("history", stdin=ids) == []


def test_the_node_is_this_machine(site):
    _, gate = blocked(site, slots=3)
    node = site.ask("nodes")[0]
    gate.touch()
    assert (node["name"], node["cpus"], node["slots"], node["running"]) == (os.uname().nodename, os.cpu_count(), 3, 1)
    assert node["memory_mb"] > 100
    assert node["load"] >= 0


def test_purging_forgets_what_ended_and_nothing_else(site):
    ids = site.submit(speaking(site, "a"), slots=1)
    site.wait_until(ids, "exited")
    running, gate = blocked(site, slots=1)
    assert site.ask("purge", "--keep-days", "1") == 0
    assert site.ask("purge", "--keep-days", "0") == 1
    assert [row[0] for row in site.ask("status")] == [running]
    gate.touch()


def test_a_forgotten_job_that_is_submitted_again_does_not_run_again(site):
    token = speaking(site, "a")
    site.wait_until(site.submit(token), "exited")
    site.ask("purge", "--keep-days", "0")
    site.wait_until(site.submit(token), "exited")
    assert ran(site) == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"token": "../../etc/passwd"}, {"token": "-t00000000000000000"}, {"token": None}, {"directory": "/etc"},
        {"directory": None}, {"directory": "/w\0"}, {"cpus": 0}, {"cpus": True}, {"priority": "high"},
        {"priority": 1e300}, {"walltime_s": -1},
    ],
)  # fmt: skip
def test_one_bad_job_refuses_the_whole_batch_and_says_why(site, change):
    good, bad = site.shell("exit 0"), site.shell("exit 0")
    jobs = [{"token": token, "directory": str(site.directory(token))} for token in (good, bad)]
    jobs[1] |= change
    done = site.call("submit", stdin=jobs)
    assert (done.returncode, done.stdout) == (64, b"")
    assert len(done.stderr.splitlines()) == 1
    assert site.ask("status") == []


@pytest.mark.parametrize(
    "words",
    [
        ("find",),
        ("find", "a", "b"),
        ("priority",),
        ("purge",),
        ("purge", "--keep-days", "soon"),
        ("status", "--all"),
        ("dance",),
    ],
)
def test_words_that_are_not_understood_are_refused(site, words):
    done = site.call(*words, stdin=[])
    assert (done.returncode, done.stdout) == (64, b"")
    assert done.stderr


@pytest.mark.parametrize("stdin", [b"", b"{", b"\xff", b"[" * 100_000, b"{}", b"[1]", b"null"])
def test_ids_that_are_no_list_of_texts_are_refused(site, stdin):
    words = [*site.words("spool", "cancel"), "--root", str(site.root)]
    done = subprocess.run(words, input=stdin, capture_output=True, check=False)
    assert done.returncode == 64
    assert len(done.stderr.splitlines()) == 1


def test_a_work_directory_may_be_reached_through_a_link(site, tmp_path):
    (tmp_path / "link").symlink_to(site.root)
    token = site.shell("exit 0", workdir=str(tmp_path / "link"))
    jobs = [{"token": token, "directory": f"{tmp_path}/link/attempts/{token[:2]}/{token}"}]
    words = [*site.words("spool", "submit"), "--root", f"{tmp_path}/link"]
    done = subprocess.run(words, input=json.dumps(jobs).encode(), capture_output=True, env=site.environment, check=True)
    assert site.wait_until(json.loads(done.stdout), "exited") == ["exited"]
    assert site.note(token)["exit"] == 0


def test_a_work_directory_that_is_not_there_means_try_later(site, tmp_path):
    site.root = tmp_path / "unmounted"
    assert site.call("status").returncode == 75
    assert not site.root.exists()


def test_a_database_that_is_none_means_try_later(site):
    (site.root / "spool").mkdir()
    (site.root / "spool" / "spool.db").write_bytes(b"not a database" * 100)
    done = site.call("status")
    assert (done.returncode, done.stderr) == (75, b"spool: file is not a database\n")


def test_jobs_see_nothing_of_the_environment_the_spool_was_started_in(site):
    site.environment = {**site.environment, "SECRET_KEY": "canary"}
    token = site.attempt({"isr": step("env")})
    site.wait_until(site.submit(token), "exited")
    assert b"canary" not in site.stream(token, site.note(token)["instances"][0]["stdout"])
