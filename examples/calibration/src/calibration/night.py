"""Runs the whole example by hand, without the portal: python -m calibration.night OUTDIR."""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from calibration import simulate
from calibration.matching import DataId, Table, instances, key, taken
from calibration.step import write_json

PIPELINE = Path(__file__).with_name("pipeline.yaml")


@dataclass(slots=True)
class Run:
    """A run of a pipeline in a folder: the datasets it knows, by type and data ID, and what became of its instances."""

    folder: Path
    pipeline: dict[str, Any]
    table: Table
    datasets: dict[str, dict[Any, tuple[DataId, Path]]] = field(default_factory=dict)
    outcomes: list[dict[str, Any]] = field(default_factory=list)

    def dimensions(self, kind: str) -> list[str]:
        """The dimensions of a dataset type."""
        return list(self.pipeline["datasetTypes"][kind]["dimensions"])

    def path(self, kind: str, data_id: DataId) -> Path:
        """Where a dataset that the run makes is kept."""
        name = ",".join(f"{dimension}={data_id[dimension]}" for dimension in self.dimensions(kind))
        return self.folder / "outputs" / kind / f"{name}.{self.pipeline['datasetTypes'][kind]['format']}"

    def add(self, kind: str, data_id: DataId, path: Path) -> None:
        """Take note of a dataset."""
        self.datasets.setdefault(kind, {})[key(data_id)] = (data_id, path)

    def of(self, kind: str) -> list[DataId]:
        """The data IDs of all datasets of a type."""
        return [data_id for data_id, _ in self.datasets.get(kind, {}).values()]


def open_run(folder: Path, pipeline: Path) -> Run:
    """A run over the simulated night in `folder`/night."""
    night = folder / "night"
    rows = json.loads((night / "data-ids.json").read_text())
    run = Run(folder, yaml.safe_load(pipeline.read_text()), Table(rows))
    for entry in json.loads((night / "datasets.json").read_text()):
        dataset = entry["dataset"]
        run.add(dataset["type"], dataset["dataId"], (night / dataset["path"]).resolve())
    return run


def run_all(run: Run, *, processes: int) -> None:
    """Run the steps one after the other, each with its instances side by side."""
    with ThreadPoolExecutor(processes) as pool:
        for name, step in run.pipeline["steps"].items():
            began = time.monotonic()
            driver = run.of(next(kind for kind, need in step["inputs"].items() if need != "optional"))
            wanted = instances(step["dimensions"], driver, run.table)
            outcomes = list(pool.map(lambda data_id, n=name, s=step: _run_one(run, n, s, data_id), wanted))
            run.outcomes += outcomes
            _collect(run, step, [outcome["dataId"] for outcome in outcomes if outcome["outcome"] == "succeeded"])
            counts = Counter(outcome["outcome"] for outcome in outcomes)
            each = [outcome["wall_s"] for outcome in outcomes if outcome["wall_s"] is not None]
            print(f"{name:13} {dict(counts)} in {time.monotonic() - began:.1f} s, "
                  f"{sum(each) / max(len(each), 1):.2f} s each", flush=True)  # fmt: skip


def _run_one(run: Run, name: str, step: dict[str, Any], data_id: DataId) -> dict[str, Any]:
    """Run one step instance in a scratch directory of its own; its outcome, and for a failed one the reason."""
    inputs = {kind: _inputs(run, kind, data_id) for kind in step["inputs"]}
    outcome: dict[str, Any] = {"step": name, "dataId": data_id, "outcome": "skipped", "message": "", "wall_s": None}
    for kind, need in step["inputs"].items():
        least = 0 if need == "optional" else 1 if need == "required" else need["atLeast"]
        if len(inputs[kind]) < least:
            return {**outcome, "message": f"{len(inputs[kind])} {kind}, {least} needed"}
    began = time.monotonic()
    documents = {
        "inputs": {"dataId": data_id, "inputs": inputs},
        "outputs": {"outputs": _outputs(run, step, data_id)},
        "config": step.get("config", {}),
    }
    done = _execute(step["command"], documents)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    outcome["wall_s"] = round(time.monotonic() - began, 3)
    if done.returncode:
        return {**outcome, "outcome": "failed", "message": lines[-1] if lines else f"exit status {done.returncode}"}
    return {**outcome, "outcome": "succeeded"}


def _execute(command: list[str], documents: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run a step's command in a scratch directory that holds its documents; `python` is this very interpreter."""
    with tempfile.TemporaryDirectory() as scratch:
        places = {"python": sys.executable}
        for name, content in documents.items():
            places[f"{{{name}}}"] = f"{scratch}/{name}.json"
            write_json(Path(scratch) / f"{name}.json", content)
        argv = [places.get(part, part) for part in command]
        return subprocess.run(argv, cwd=scratch, capture_output=True, text=True, check=False)


def _inputs(run: Run, kind: str, data_id: DataId) -> list[dict[str, Any]]:
    chosen = taken(data_id, run.dimensions(kind), run.of(kind), run.table)
    return [{"dataId": each, "path": str(run.datasets[kind][key(each)][1])} for each in chosen]


def _outputs(run: Run, step: dict[str, Any], data_id: DataId) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for kind in step["outputs"]:
        found = [name for name in run.dimensions(kind) if name not in data_id]
        if found:
            directory = run.folder / "found" / kind / ",".join(f"{name}={value}" for name, value in data_id.items())
            directory.mkdir(parents=True, exist_ok=True)
            suffix = f".{run.pipeline['datasetTypes'][kind]['format']}"
            outputs[kind] = {"many": found[0], "directory": str(directory.resolve()), "suffix": suffix}
        else:
            path = run.path(kind, data_id).resolve()
            path.parent.mkdir(parents=True, exist_ok=True)
            outputs[kind] = [{"dataId": data_id, "path": str(path)}]
    return outputs


def _collect(run: Run, step: dict[str, Any], succeeded: list[DataId]) -> None:
    """Take note of what the instances of a step really made."""
    for data_id in succeeded:
        for kind, target in _outputs(run, step, data_id).items():
            if isinstance(target, list):
                if Path(target[0]["path"]).exists():
                    run.add(kind, data_id, Path(target[0]["path"]))
                continue
            for made in sorted(Path(target["directory"]).glob(f"*{target['suffix']}")):
                own = {**data_id, target["many"]: int(made.stem) if made.stem.isdigit() else made.stem}
                run.add(kind, own, made)


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that a run made, by its path in the folder."""
    files = sorted(path for part in ("outputs", "found") for path in (folder / part).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    """Simulate a night where there is none yet, run the pipeline over it, and write down what became of it."""
    parser = argparse.ArgumentParser(prog="python -m calibration.night", description="Simulate a night and process it.")
    simulate.add_arguments(parser)
    parser.add_argument("--processes", type=simulate.between(1, 64), default=2, help="step instances at a time (2)")
    parser.add_argument("--pipeline", type=Path, default=PIPELINE, help="another pipeline document")
    given = parser.parse_args()
    if not (given.folder / "night" / "truth.json").exists():
        night = given.folder / "night"
        simulate.write_night(night, exposures=given.exposures, detectors=given.detectors, seed=given.seed)
    run = open_run(given.folder, given.pipeline)
    began = time.monotonic()
    run_all(run, processes=given.processes)
    write_json(given.folder / "outcomes.json", run.outcomes)
    write_json(given.folder / "checksums.json", checksums(given.folder))
    failed = [outcome for outcome in run.outcomes if outcome["outcome"] == "failed"]
    print(f"{len(run.outcomes)} step instances in {time.monotonic() - began:.1f} s, {len(failed)} failed")
    for outcome in failed:
        print(f"failed: {outcome['step']} {outcome['dataId']}: {outcome['message']}")
    broken = json.loads((given.folder / "night" / "truth.json").read_text())["broken"]
    expected = [("isr", key(entry["dataId"])) for entry in broken]
    raise SystemExit(0 if all((outcome["step"], key(outcome["dataId"])) in expected for outcome in failed) else 1)


if __name__ == "__main__":
    main()
