"""`make test`: the whole suite on SQLite, the database tests again on PostgreSQL, and a closing list of absent rigs."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.rigs import RIGS_FILE, closing_list
from tests.rigs.postgresql import Absent, server

ROOT = Path(__file__).resolve().parent.parent
WITH_DATABASE = ("tests/integration", "tests/faults")


def main(arguments: Sequence[str]) -> int:
    """Run all; returns the exit status. Arguments are handed to pytest; paths among them restrict both runs."""
    with tempfile.TemporaryDirectory(prefix="bps-rigs-") as folder:
        rigs = Path(folder) / "rigs.jsonl"
        environment = {**os.environ, RIGS_FILE: str(rigs)}
        environment.pop("DATABASE_URL", None)
        print("== SQLite", flush=True)
        statuses = [_pytest(arguments, environment)]
        absences: dict[str, str] = {}
        try:
            with server() as url:
                print("== PostgreSQL", flush=True)
                statuses.append(_pytest(_with_database(arguments), {**environment, "DATABASE_URL": url}))
        except Absent as error:
            absences["postgresql"] = str(error)
        absences |= _read(rigs)
    for line in closing_list(absences) or ["Every rig has run."]:
        print(line, flush=True)
    failed = [status for status in statuses if status != pytest.ExitCode.OK]
    if not failed and absences and environment.get("CI") == "true":
        print("With CI=true a rig that cannot run is a failure.", flush=True)
        return 1
    return failed[0] if failed else 0


def _pytest(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *arguments]
    return subprocess.run(command, cwd=ROOT, env=dict(environment), check=False).returncode


def _with_database(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of the second run: only what uses the database."""
    if any((ROOT / word.partition("::")[0]).exists() for word in arguments if not word.startswith("-")):
        return list(arguments)
    return [*arguments, *(folder for folder in WITH_DATABASE if any((ROOT / folder).rglob("test_*.py")))]


def _read(path: Path) -> dict[str, str]:
    """Return what the runs noted about rigs."""
    if not path.exists():
        return {}
    return {name: why for name, why in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
