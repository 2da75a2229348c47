"""The Makefile and the scripts beside it: what they would do, and what they say when something is missing."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs import closing_list, reason_of

ROOT = Path(__file__).resolve().parents[3]
TARGETS = ("help", "demo", "run", "test", "check", "lint", "clean")


def made(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "BPS_DATA"}}
    return subprocess.run(
        ["make", *words], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_the_commands():
    assert made().stdout == made("help").stdout
    assert [line.split()[1] for line in made().stdout.splitlines() if line.startswith("  make ")] == list(TARGETS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("demo",), "manage.py demo "),
        (("demo", "PORT=8080", "EXIT=1"), "manage.py demo --port 8080 --exit"),
        (("run",), "manage.py portal "),
        (("run", "PORT=8080"), "manage.py portal --port 8080"),
        (("test", "ARGS=-k ledger"), "tests.run -k ledger"),
        (("check",), "check --deploy --fail-level WARNING"),
        (("check",), "spectacular --validate --fail-on-warn"),
    ],
)
def test_the_targets_call_what_they_promise(words, expected):
    assert expected in made("--dry-run", *words).stdout


def test_run_makes_no_secret_of_its_own_and_demo_does():
    assert "BPS_EMBEDDED=1" in made("--dry-run", "demo").stdout
    assert "BPS_EMBEDDED" not in made("--dry-run", "run").stdout


def test_the_demo_keeps_its_environment_in_the_data_folder(tmp_path):
    assert f"{tmp_path}/demo-venv" in made("--dry-run", "demo", f"BPS_DATA={tmp_path}").stdout


@pytest.fixture
def fake(tmp_path):
    """A folder for the PATH with programs of this text."""

    def make(**programs: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name, text in programs.items():
            path = folder / name.replace("_", ".")
            path.write_text(text)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(folder)

    return make


def environment_made(path: str, target: Path) -> "subprocess.CompletedProcess[str]":
    command = ["/bin/sh", str(ROOT / ".ci" / "venv"), str(target)]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)


def test_without_a_recent_python_one_is_told_what_to_install(fake, tmp_path):
    done = environment_made(fake(python3="#!/bin/sh\nexit 1\n"), tmp_path / "venv")
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_without_venv_one_is_told_what_to_install(fake, tmp_path):
    half = '#!/bin/sh\ncase "$2" in *venv*) exit 1;; *) exit 0;; esac\n'
    done = environment_made(fake(python3=half), tmp_path / "venv")
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_the_newest_python_is_taken(fake, tmp_path):
    path = fake(python3_12='#!/bin/sh\necho "$0 $*" >&2\n', python3="#!/bin/sh\nexit 1\n")
    done = environment_made(f"{path}:/bin:/usr/bin", tmp_path / "venv")
    assert f"{path}/python3.12 -m venv {tmp_path}/venv" in done.stderr


def test_the_ci_script_is_bash_that_parses_and_ends_in_make_check():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert script.read_text().rstrip().endswith("exec make check")


def test_an_absent_rig_is_told_by_name_and_reason():
    assert reason_of("Skipped: rig not to be had [slurm]: no slurmctld") == ("slurm", "no slurmctld")
    assert reason_of("Skipped: something else") is None
    assert closing_list({"slurm": "no slurmctld"}) == ["Rigs that could not run:", "  slurm: no slurmctld"]
    assert closing_list({}) == []


INNER = """
from tests.rigs import absent
def test_passes(): pass
def test_needs_a_rig(): absent("slurm", "no slurmctld")
"""


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_in_ci_a_rig_that_cannot_run_is_a_failure(tmp_path, ci, status):
    (tmp_path / "test_inner.py").write_text(INNER)
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(ROOT),
        str(tmp_path),
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "BPS_"))}
    done = subprocess.run(command, cwd=ROOT, env=kept | {"CI": ci}, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout
    assert "Rigs that could not run:\n  slurm: no slurmctld" in done.stdout
