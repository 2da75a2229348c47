"""The whole portal as its users start it: one command, everything up, everything down again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = {"broker", "worker", "planner", "clock", "web"}


def until(condition: Callable[[], object], patience_s: float = 40.0) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def manage(environment: dict[str, str], *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("BPS_", "DATABASE_", "DJANGO_"))}
    return {**kept, "BPS_DATA": str(tmp_path / "data"), "BPS_EMBEDDED": "1", "BPS_DEBUG": "1"}


@pytest.fixture
def portal(environment: dict[str, str], tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    migrated = manage(environment, "migrate", "-v", "0")
    output, _ = migrated.communicate()
    assert migrated.returncode == 0, output
    process = manage(environment, "portal", "--workers", "1")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def facts(environment: dict[str, str]) -> dict:
    path = Path(environment["BPS_DATA"]) / "run" / "portal.json"
    return json.loads(path.read_text()) if path.exists() else {}


def ready(environment: dict[str, str]) -> bool:
    url = facts(environment).get("url")
    try:
        return bool(url) and httpx.get(f"{url}readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def pid_of(environment: dict[str, str], name: str) -> int:
    return facts(environment)["parts"].get(name, {}).get("pid", 0)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_it_starts_survives_the_death_of_worker_and_clock_and_stops_cleanly(portal, environment):
    until(lambda: ready(environment))
    before = {name: part["pid"] for name, part in facts(environment)["parts"].items()}
    assert set(before) == PARTS

    for name in ("worker", "clock"):
        os.kill(before[name], signal.SIGKILL)
    until(lambda: all(pid_of(environment, name) not in {0, before[name]} for name in ("worker", "clock")))

    second = manage(environment, "portal")
    output, _ = second.communicate()
    assert second.returncode == 1
    assert f"already runs on {environment['BPS_DATA']}" in output

    now = {part["pid"] for part in facts(environment)["parts"].values()}
    portal.send_signal(signal.SIGTERM)
    assert portal.wait(timeout=60) == 0
    assert not [pid for pid in now | set(before.values()) if alive(pid)]
    assert sorted(path.name for path in (Path(environment["BPS_DATA"]) / "run").glob("*.pid")) == []


def test_a_database_without_tables_is_refused_with_advice(environment):
    process = manage(environment, "portal")
    output, _ = process.communicate()
    assert process.returncode == 1
    assert "run `manage.py migrate` first" in output
