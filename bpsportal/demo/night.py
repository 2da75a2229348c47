"""The simulated night: made once by the example's own software, and read as documents for the portal."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bpsportal.demo import Trouble

SIMULATE_S = 1800


def python_of(data: Path) -> Path:
    """The interpreter of the example's own software version; Trouble when it is not there."""
    python = data / "demo-venv" / "bin" / "python"
    if not python.exists():
        raise Trouble(f"the example's software is missing: {python} does not exist. `make demo` makes it")
    return python


def simulate(python: Path, folder: Path) -> bool:
    """Write the night unless it is there; tells whether it was written now. Half of one is never taken for whole."""
    if (folder / "truth.json").exists():
        return False
    draft = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [str(python), "-m", "calibration.simulate", str(draft)],
        capture_output=True,
        text=True,
        timeout=SIMULATE_S,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"the night could not be simulated:\n{done.stderr[-2000:]}")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return True


def datasets(folder: Path) -> list[dict[str, Any]]:
    """The raw data as dataset documents, with absolute paths."""
    found = json.loads((folder / "datasets.json").read_text(encoding="utf-8"))
    return [{"dataset": {**item["dataset"], "path": str(folder / item["dataset"]["path"])}} for item in found]


def overlaps(folder: Path) -> dict[str, Any]:
    """The data ID table: which image falls on which tile of the sky."""
    rows = json.loads((folder / "data-ids.json").read_text(encoding="utf-8"))
    columns = list(rows[0])
    return {"table": "overlaps", "columns": columns, "rows": [[row[name] for name in columns] for row in rows]}


def texts(example: Path, names: tuple[str, ...]) -> Iterator[str]:
    """The example's documents as they are written."""
    for name in names:
        yield (example / name).read_text(encoding="utf-8")
