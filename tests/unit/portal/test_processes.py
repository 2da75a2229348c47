"""Children and their supervisor: order, restarts, a clean end, a crash and what remains of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bpsportal import processes
from bpsportal.processes import Child, Identity, Part, members
from bpsportal.supervisor import AlreadyRunning, Supervisor, end_sessions

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)
WITH_CHILD = (
    sys.executable,
    "-c",
    "import subprocess, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); time.sleep(600)",
)


def until(condition: Callable[[], object], patience_s: float = 10.0) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    fields = processes.stat_fields(pid)
    return bool(fields) and fields[0] != "Z"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path)
    made.take()
    yield made
    made.stop()


def test_a_child_leads_its_own_group_and_writes_into_its_log(tmp_path):
    child = Child(Part("talker", (sys.executable, "-c", "print('hello')")), tmp_path / "log" / "talker.log", os.environ)
    child.start()
    assert child.process is not None
    assert os.getpgid(child.pid) == child.pid
    until(lambda: child.look() is not None)
    assert (tmp_path / "log" / "talker.log").read_text() == "hello\n"


def test_the_wait_before_the_next_start_grows_with_each_failure(tmp_path):
    child = Child(Part("bad", (sys.executable, "-c", "raise SystemExit(3)")), tmp_path / "bad.log", os.environ)
    waits = []
    for _ in range(3):
        child.start()
        until(lambda: child.process is not None and child.process.poll() is not None)
        assert child.look() == 3
        waits.append(round(child.next_start - time.monotonic(), 1))
    assert waits == [0.5, 1.0, 2.0]


def test_what_a_dead_child_leaves_in_its_group_is_ended(tmp_path):
    log = tmp_path / "parent.log"
    child = Child(Part("parent", WITH_CHILD), log, os.environ)
    child.start()
    until(lambda: log.read_text().strip())
    grandchild = int(log.read_text())
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: child.look() is not None)
    until(lambda: not alive(grandchild))


def test_starting_writes_pid_files_and_stopping_takes_them_away(supervisor, tmp_path):
    supervisor.compose([Part("first", SLEEP), Part("second", SLEEP)], {"url": "http://127.0.0.1:1/"})
    supervisor.start()
    run = tmp_path / "run"
    pids = [int((run / f"{name}.pid").read_text()) for name in ("first", "second")]
    state = json.loads((run / "portal.json").read_text())
    assert [state["parts"][name]["pid"] for name in ("first", "second")] == pids
    assert state["url"] == "http://127.0.0.1:1/"
    supervisor.stop()
    assert not any(alive(pid) for pid in pids)
    assert sorted(path.name for path in run.iterdir()) == ["portal.lock"]


def test_a_part_starts_after_the_one_before_it_is_ready(supervisor, tmp_path):
    seen = []
    supervisor.compose([Part("first", SLEEP), Part("second", SLEEP)])
    supervisor.start({"first": lambda: not seen.append((tmp_path / "run" / "second.pid").exists())})
    assert seen == [False]


def test_a_part_that_dies_while_starting_is_named_with_its_log(supervisor):
    supervisor.compose([Part("broken", (sys.executable, "-c", "raise SystemExit(1)"))])
    with pytest.raises(ChildProcessError, match=r"broken ended while starting; see .*broken\.log"):
        supervisor.start({"broken": lambda: False})


def test_a_part_that_never_gets_ready_is_named(supervisor):
    supervisor.compose([Part("slow", SLEEP)])
    with pytest.raises(TimeoutError, match="slow is not ready"):
        supervisor.start({"slow": lambda: False}, patience_s=0.1)


def test_a_part_that_dies_is_started_again(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_BACK_OFF_S", (0.05,))
    supervisor.compose([Part("phoenix", SLEEP)])
    supervisor.start()
    [child] = supervisor.children
    first = child.pid
    os.kill(first, signal.SIGKILL)

    def born_again() -> bool:
        supervisor._look_after(child)
        return child.pid not in {0, first}

    until(born_again)
    assert int((tmp_path / "run" / "phoenix.pid").read_text()) == child.pid


def test_a_part_that_ignores_the_gentle_signal_is_killed_after_its_grace(supervisor, tmp_path):
    supervisor.compose([Part("deaf", DEAF, grace_s=0.3)])
    supervisor.start({"deaf": lambda: (tmp_path / "log" / "deaf.log").read_text() == "up\n"})
    pid = supervisor.children[0].pid
    supervisor.stop()
    assert not alive(pid)


def test_what_others_lean_on_is_stopped_after_them(supervisor, tmp_path):
    tell = "signal.signal(15, lambda *a: (print(time.monotonic()), sys.exit()))"
    argv = (sys.executable, "-c", f"import signal, sys, time; {tell}; print('up', flush=True); time.sleep(600)")
    names = ("broker", "worker", "web")
    supervisor.compose([Part(name, argv, leaned_on=name == "broker") for name in names])
    logs = {name: tmp_path / "log" / f"{name}.log" for name in names}
    supervisor.start({name: lambda log=log: log.read_text() == "up\n" for name, log in logs.items()})
    supervisor.stop()
    ended = {name: float(log.read_text().split()[1]) for name, log in logs.items()}
    assert ended["broker"] > max(ended["worker"], ended["web"])


def test_a_second_signal_ends_the_waiting(supervisor, tmp_path):
    supervisor.compose([Part("deaf", DEAF, grace_s=60.0)])
    supervisor.start({"deaf": lambda: (tmp_path / "log" / "deaf.log").read_text() == "up\n"})
    supervisor._ask(signal.SIGINT, None)
    supervisor._ask(signal.SIGINT, None)
    before = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - before < 10


def test_two_supervisors_do_not_share_a_data_folder(supervisor, tmp_path):
    with pytest.raises(AlreadyRunning, match=f"already runs on {tmp_path} as process {os.getpid()}"):
        Supervisor(tmp_path).take()


def test_the_folder_is_free_again_after_the_end(tmp_path):
    first = Supervisor(tmp_path)
    first.take()
    first.stop()
    second = Supervisor(tmp_path)
    second.take()
    second.stop()


def supervised_elsewhere(data: Path, name: str, argv: tuple[str, ...]) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a supervisor of one part in a process of its own; returns it and the number of its child."""
    script = (
        "import pathlib; from bpsportal.supervisor import Supervisor; from bpsportal.processes import Part\n"
        f"s = Supervisor(pathlib.Path({str(data)!r})); s.take()\n"
        f"s.compose([Part({name!r}, {argv!r})]); s.start(); s.watch()"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).resolve().parents[3])
    state = data / "run" / "portal.json"
    until(lambda: state.exists() and name in json.loads(state.read_text())["parts"])
    return process, int((data / "run" / f"{name}.pid").read_text())


@pytest.fixture
def crashed(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A supervisor was killed and its child did not listen; yields the data folder and the child's number."""
    process, child = supervised_elsewhere(tmp_path, "deaf", DEAF)
    until(lambda: (tmp_path / "log" / "deaf.log").read_text() == "up\n")
    process.kill()
    process.wait()
    yield tmp_path, child
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def test_a_new_start_ends_what_a_killed_supervisor_left(crashed, monkeypatch):
    data, child = crashed
    monkeypatch.setattr("bpsportal.supervisor.end_sessions", lambda leaders: end_sessions(leaders, patience_s=0.2))
    supervisor = Supervisor(data)
    supervisor.take()
    until(lambda: not alive(child))
    assert not (data / "run" / "deaf.pid").exists()
    supervisor.stop()


def test_children_of_a_killed_supervisor_are_told(tmp_path):
    process, child = supervised_elsewhere(tmp_path, "calm", SLEEP)
    process.kill()
    process.wait()
    until(lambda: not alive(child))


def test_a_number_that_belongs_to_another_process_now_is_left_alone():
    with subprocess.Popen(SLEEP, start_new_session=True) as bystander:
        end_sessions([Identity(bystander.pid, started="1")], patience_s=0.1)
        assert bystander.poll() is None
        assert members(bystander.pid) == [bystander.pid]
        bystander.kill()


def test_a_log_that_has_grown_is_turned_while_its_child_writes(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("bpsportal.supervisor._LOG_LIMIT", 10)
    supervisor.compose(
        [Part("chatty", (sys.executable, "-c", "print('x' * 50, flush=True); import time; time.sleep(600)"))]
    )
    supervisor.start({"chatty": lambda: (tmp_path / "log" / "chatty.log").stat().st_size > 50})
    supervisor._turn_logs()
    assert (tmp_path / "log" / "chatty.log").read_text() == ""
    assert (tmp_path / "log" / "chatty.log.1").read_text() == "x" * 50 + "\n"
