"""The daemon: one at a time, gone when idle, found again after any kill; nothing is lost and nothing runs twice."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from execution.runner_archive import build
from tests.local_site import alive, wait_for


def lines(site, name="ran"):
    """What the attempts wrote when they ran."""
    path = site.root / name
    return path.read_text().split() if path.exists() else []


def marking(site, script="", name="ran"):
    """An attempt that writes its own token when it runs."""
    token = site.token()
    made = site.shell(f"echo $TOKEN >> $HOME/{name}; {script}", variables={"TOKEN": token})
    return made


def switches(pid):
    """How often a process has gone to sleep so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("voluntary_ctxt_switches:")[1].split()[0])


def test_the_daemon_outlives_the_command_that_started_it_in_a_session_of_its_own(site):
    site.submit(site.shell("sleep 600"))
    pid = wait_for(site.daemon)
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


def test_an_idle_daemon_ends_and_the_next_job_starts_another(site):
    first = site.submit(site.shell("exit 0"), idle=0.05)
    site.wait_until(first, "exited")
    wait_for(lambda: site.daemon() is None)
    second = site.submit(site.shell("exit 0"), idle=0.05)
    assert site.wait_until(second, "exited") == ["exited"]


def test_a_job_that_comes_while_the_daemon_is_leaving_is_not_forgotten(site):
    for _ in range(10):
        ids = site.submit(site.shell("exit 0"), idle=0)
        site.wait_until(ids, "exited")


def test_there_is_only_one_daemon_however_many_ask_for_one(site):
    site.submit(site.shell("sleep 600"))
    first = wait_for(site.daemon)
    others = [
        subprocess.Popen([*site.words("spool", "serve"), "--root", str(site.root)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [other.wait(timeout=30) for other in others] == [0, 0, 0]
    assert [other.communicate()[1] for other in others] == [b"", b"", b""]
    assert site.daemon() == first


def test_submitting_from_many_processes_at_once_runs_everything_once(site):
    tokens = [marking(site) for _ in range(12)]
    jobs = [f'[{{"token": "{token}", "directory": "{site.directory(token)}"}}]'.encode() for token in tokens]
    words = [*site.words("spool", "submit"), "--root", str(site.root), "--slots", "2"]
    clients = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=site.environment) for _ in jobs
    ]
    for client, job in zip(clients, jobs, strict=True):
        assert client.stdin is not None
        client.stdin.write(job)
        client.stdin.close()
    assert [client.wait(timeout=60) for client in clients] == [0] * 12
    for client in clients:
        assert client.stdout is not None
        client.stdout.close()
    ids = [site.ask("find", token)[0] for token in tokens]
    site.wait_until(ids, "exited")
    assert Counter(lines(site)).most_common(1)[0][1] == 1
    assert len(lines(site)) == 12


def test_sigterm_ends_the_daemon_and_leaves_its_jobs_alone(site):
    gate = site.root / "gate"
    token = site.shell(f"until [ -e {gate} ]; do sleep 0.02; done")
    ids = site.submit(token)
    site.wait_until(ids, "running")
    pid = wait_for(site.daemon)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not alive(pid))
    assert site.words_of(ids) == ["running"]
    gate.touch()
    wait_for(lambda: site.note(token))
    assert site.note(token)["exit"] == 0


def test_a_new_daemon_finds_running_jobs_again_and_starts_the_waiting_ones_after_them(site):
    gate = site.root / "gate"
    first = marking(site, f"until [ -e {gate} ]; do sleep 0.02; done")
    second = marking(site)
    ids = site.submit(first, second, slots=1)
    wait_for(lambda: lines(site))
    site.kill_daemon()
    assert site.words_of(ids) == ["running", "queued"]
    found = wait_for(site.daemon)
    log = site.root / "spool" / "log"
    wait_for(lambda: f"found {first} again" in log.read_text())
    assert site.words_of(ids) == ["running", "queued"]
    gate.touch()
    assert site.wait_until(ids, "lost", "exited") == ["lost", "exited"]
    assert site.daemon() == found
    assert (site.note(first)["exit"], site.note(second)["exit"]) == (0, 0)
    assert len(lines(site)) == 2


def test_a_job_that_ended_while_no_daemon_watched_is_lost_not_run_again(site):
    token = marking(site, "until [ -e $HOME/gate ]; do sleep 0.02; done")
    ids = site.submit(token)
    wait_for(lambda: lines(site))
    site.kill_daemon()
    (site.root / "gate").touch()
    wait_for(lambda: site.note(token))
    wait_for(lambda: not site.runners())
    assert site.wait_until(ids, "lost") == ["lost"]
    assert site.ask("history", stdin=ids)[0][3:5] == [None, None]
    assert len(lines(site)) == 1


def test_a_job_found_again_can_be_cancelled(site):
    token = site.shell("echo $$ > $HOME/pid; sleep 600")
    ids = site.submit(token)
    wait_for(lambda: (site.root / "pid").exists() and (site.root / "pid").read_text())
    site.kill_daemon()
    site.ask("cancel", stdin=ids)
    assert site.wait_until(ids, "cancelled", "lost") == ["cancelled"]
    wait_for(lambda: not alive(int((site.root / "pid").read_text())))


def test_a_runner_that_is_killed_takes_its_programs_with_it(site):
    token = site.shell("echo $PPID $$ > $HOME/pids; sleep 600 & wait")
    ids = site.submit(token)
    wait_for(lambda: (site.root / "pids").exists() and (site.root / "pids").read_text())
    runner, program = map(int, (site.root / "pids").read_text().split())
    os.kill(runner, signal.SIGKILL)
    assert site.wait_until(ids, "killed") == ["killed"]
    assert site.ask("history", stdin=ids)[0][3:5] == [None, 9]
    wait_for(lambda: not alive(program) and not site.runners())


def test_daemon_and_runner_killed_together_leave_no_program_behind(site):
    token = site.shell("echo $PPID $$ > $HOME/pids; sleep 600 & wait")
    ids = site.submit(token)
    wait_for(lambda: (site.root / "pids").exists() and (site.root / "pids").read_text())
    runner, program = map(int, (site.root / "pids").read_text().split())
    site.kill_daemon()
    os.kill(runner, signal.SIGKILL)
    assert site.wait_until(ids, "lost") == ["lost"]
    wait_for(lambda: not alive(program) and not site.runners())


def test_a_process_that_only_has_the_same_number_is_left_alone(site):
    """As after a restart of the machine, or when the pid was given to somebody else meanwhile."""
    ids = site.submit(site.shell("exit 0"), idle=0)
    site.wait_until(ids, "exited")
    wait_for(lambda: site.daemon() is None)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    with sqlite3.connect(site.root / "spool" / "spool.db") as link:
        link.execute("UPDATE jobs SET word = 'running', pid = ?, start_ticks = 1, cancel_at = 1", (stranger.pid,))
    link.close()
    site.ask("status")
    assert site.wait_until(ids, "lost", "cancelled") == ["cancelled"]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_job_written_down_but_never_begun_is_queued_again(site):
    """The daemon died between its note of the pid and the go: no claim, so it is safe."""
    token = marking(site)
    ids = site.submit(site.shell("exit 0"), idle=0)
    site.wait_until(ids, "exited")
    wait_for(lambda: site.daemon() is None)
    with sqlite3.connect(site.root / "spool" / "spool.db") as link:
        link.execute(
            "INSERT INTO jobs (token, directory, priority, rank, cpus, memory_mb, walltime_s, word, submitted_at, pid,"
            " start_ticks, boot) VALUES (?, ?, 0, 0, 1, 0, 0, 'running', 1, 999999999, 1, 'x')",
            (token, str(site.directory(token))),
        )
    link.close()
    ids = site.ask("find", token)
    assert site.wait_until(ids, "exited") == ["exited"]
    assert len(lines(site)) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_9_of_the_daemon_again_and_again_loses_nothing_and_runs_nothing_twice(site, seed):
    chance = random.Random(seed)
    tokens = [marking(site) for _ in range(120)]
    ids = site.submit(*tokens, slots=2)
    kills = 0
    until = time.monotonic() + 60
    while not {*site.words_of(ids)} <= {"exited", "lost"}:
        assert time.monotonic() < until
        pid = site.daemon()
        if pid and kills < 15:
            for _ in range(chance.randrange(3)):
                site.words_of(ids)
            os.kill(pid, signal.SIGKILL)
            kills += 1
    assert kills >= 3
    wait_for(lambda: all(site.note(token) for token in tokens))
    assert {site.note(token)["exit"] for token in tokens} == {0}
    assert Counter(lines(site)).most_common(1)[0][1] == 1
    assert len(lines(site)) == 120
    assert len(list((site.root / "claims").iterdir())) == 120


def test_a_newer_runner_takes_over_without_losing_what_runs(site, tmp_path):
    gate = site.root / "gate"
    old = marking(site, f"until [ -e {gate} ]; do sleep 0.02; done; exit 3")
    ids = site.submit(old)
    wait_for(lambda: lines(site))
    pid = site.daemon()
    newer = tmp_path / "newer"
    newer.mkdir()
    site.archive = build(newer).rename(newer / "runner-ffffffffffff.pyz")
    more = marking(site)
    ids += site.submit(more)
    site.wait_until(ids[1:], "exited")
    assert site.note(more)["runner"] == "ffffffffffff"
    assert site.daemon() == pid
    gate.touch()
    assert site.wait_until(ids, "exited") == ["exited", "exited"]
    assert site.ask("history", stdin=ids[:1])[0][3] == 1
    assert len(lines(site)) == 2


def test_an_idle_daemon_costs_nothing(site):
    site.wait_until(site.submit(site.shell("exit 0")), "exited")
    pid = site.daemon()
    before = switches(pid)
    for _ in range(5):
        site.ask("ack", stdin=[])
    assert switches(pid) == before


def test_a_runner_that_gets_no_go_ends_and_has_done_nothing(site):
    """What happens to freshly forked runners when the daemon dies before their pids are safely written down."""
    token = marking(site)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from runner.spool_children import Gate; gate = Gate();"
        "pid, ticks = gate.fork(sys.argv[2], ()); gate.close(); print(os.waitpid(pid, 0)[0] == pid and ticks > 0)"
    )
    words = [site.python, "-I", "-S", "-c", code, str(site.archive), str(site.directory(token))]
    assert subprocess.run(words, capture_output=True, check=True).stdout == b"True\n"
    assert lines(site) == []
    assert not (site.root / "claims").exists()
    assert site.run(token) == 0
