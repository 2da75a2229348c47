"""Time, memory, signals and measurements of one step instance."""

import signal

import pytest

from execution.runner import measure
from tests.local_site import alive, instance, step, wait_for

HOG = "import time; hog = bytearray({mb} << 20); print('grown', flush=True); time.sleep({seconds})"


def test_a_program_over_its_time_is_ended_with_all_it_started(site):
    script = "sleep 600 & echo $! > $HOME/child; setsid sleep 600 & echo $! > $HOME/stray; wait"
    result = site.result(site.attempt({"isr": step("sh", "-c", script, walltime_s=0.5)}))
    assert (result["outcome"], result["cause"], result["exit"]) == ("failed", "walltime", None)
    assert result["signal"] == signal.SIGTERM
    assert result["message"] == "ran longer than its 0.5 s"
    assert 0.5 <= result["wall_s"] < 10
    pids = [int((site.root / name).read_text()) for name in ("child", "stray")]
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_a_program_deaf_to_sigterm_is_killed_after_the_grace_time(site):
    script = "trap '' TERM; while :; do sleep 0.05; done"
    result = site.result(site.attempt({"isr": step("sh", "-c", script, walltime_s=0.2)}, graceSeconds=0.3))
    assert (result["cause"], result["signal"]) == ("walltime", signal.SIGKILL)


def test_a_program_that_ends_well_only_after_its_time_has_failed_all_the_same(site):
    result = site.result(
        site.attempt({"isr": step("sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait", walltime_s=0.2)})
    )
    assert (result["outcome"], result["cause"], result["exit"]) == ("failed", "walltime", 0)


def test_what_a_program_leaves_running_is_ended_with_it(site):
    result = site.result(site.shell("sleep 600 & echo $! > $HOME/child"))
    assert result["outcome"] == "succeeded"
    pid = int((site.root / "child").read_text())
    wait_for(lambda: not alive(pid))


def test_a_program_over_its_memory_is_killed_where_the_site_wants_it(site):
    command = step(site.python, "-c", HOG.format(mb=300, seconds=600), memory_mb=100)
    result = site.result(site.attempt({"isr": command}, memoryLimit=True))
    assert (result["outcome"], result["cause"]) == ("failed", "memory")
    assert result["message"] == "used more than its 100 MB of memory"
    assert result["memory_mb"] > 100


def test_memory_of_all_processes_counts_together(site):
    hog = f'{site.python} -c "{HOG.format(mb=80, seconds=600)}"'
    result = site.result(
        site.attempt({"isr": step("sh", "-c", f"{hog} & {hog} & wait", memory_mb=130)}, memoryLimit=True)
    )
    assert result["cause"] == "memory"


def test_without_the_wish_no_memory_limit_is_kept(site):
    result = site.result(site.attempt({"isr": step(site.python, "-c", HOG.format(mb=60, seconds=0), memory_mb=10)}))
    assert result["outcome"] == "succeeded"


def test_a_program_that_reports_a_memory_error_ran_out_of_memory(site):
    result = site.result(site.attempt({"isr": step(site.python, "-c", "raise MemoryError('8 GiB')")}))
    assert (result["cause"], result["exit"], result["message"]) == ("memory", 1, "MemoryError: 8 GiB")


def test_a_kill_without_evidence_is_not_blamed_on_memory(site):
    result = site.result(site.attempt({"isr": step("sh", "-c", "kill -9 $$", memory_mb=4000)}))
    assert (result["cause"], result["signal"], result["exit"]) == ("payload", 9, None)
    assert result["message"] == "killed by signal 9 (SIGKILL)"


def test_a_kill_at_the_size_asked_for_is_blamed_on_memory(site):
    code = "import os; hog = bytearray(120 << 20); os.kill(os.getpid(), 9)"
    result = site.result(site.attempt({"isr": step(site.python, "-c", code, memory_mb=120)}))
    assert (result["cause"], result["signal"]) == ("memory", 9)


def test_a_crash_names_its_signal_and_the_last_words(site):
    result = site.result(site.shell("echo star catalogue empty >&2; kill -SEGV $$"))
    assert (result["signal"], result["cause"]) == (11, "payload")
    assert result["message"] == "killed by signal 11 (SIGSEGV): star catalogue empty"


def test_a_program_that_is_not_there_fails_as_in_a_shell(site):
    result = site.result(site.attempt({"isr": step("no-such-program")}))
    assert (result["outcome"], result["exit"], result["cause"]) == ("failed", 127, "payload")
    assert result["message"] == "cannot start no-such-program: No such file or directory"


@pytest.mark.parametrize("path", ["/", "/etc/hostname", "/nowhere/program"])
def test_what_cannot_be_executed_is_said_and_stops_nobody_else(site, path):
    token = site.attempt({"isr": step(path), "next": step("true")}, [instance(1), instance(2, "next")])
    assert site.run(token) == 1
    first, second = site.note(token)["instances"]
    assert first["message"].startswith(f"cannot start {path}: ")
    assert second["outcome"] == "succeeded"


def test_cpu_memory_and_traffic_are_measured_with_those_of_child_processes(site):
    burn = "import time\nwhile time.process_time() < 0.3: pass\nhog = bytearray(90 << 20)"
    script = f'{site.python} -c "{burn}"; head -c 3000000 /dev/zero > $HOME/zeros; cat $HOME/zeros > /dev/null'
    result = site.result(site.shell(script))
    assert result["outcome"] == "succeeded"
    assert 0.3 <= result["cpu_s"] < 5
    assert result["wall_s"] >= 0.3
    assert 90 <= result["memory_mb"] < 300
    assert 3_000_000 <= result["write_bytes"] < 10_000_000
    assert 6_000_000 <= result["read_bytes"] < 20_000_000


def test_programs_see_default_signals(site):
    code = "import signal, sys; sys.exit(signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL)"
    piped = "yes | head -1 > /dev/null; exit 0"
    steps = {"isr": step(site.python, "-c", code), "pipe": step("sh", "-c", piped)}
    token = site.attempt(steps, [instance(1), instance(2, "pipe")])
    assert site.run(token) == 0


def test_a_family_is_a_process_its_group_and_its_descendants():
    everyone = [
        measure.Process(pid, [b"S", b"%d" % parent, b"%d" % group, b"1"] + [b"0"] * 18)
        for pid, parent, group in [(10, 1, 10), (11, 10, 10), (12, 11, 12), (13, 12, 12), (14, 1, 10), (20, 1, 20)]
    ]
    assert sorted(each.pid for each in measure.family(10, everyone)) == [10, 11, 12, 13, 14]
