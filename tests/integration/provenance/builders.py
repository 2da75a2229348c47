"""Facts as a collector would tell them, with what a test does not care about filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provenance import ledger
from provenance.core.facts import ExecutionFact, ExecutionKind, FileFact, Outcome, OutputFact, TypeFact

NIGHT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SHA = "ab" * 32


def step(name: str, instance: int, data_id: Mapping[str, Any], **more: Any) -> ExecutionFact:
    """A step instance that succeeded at its first attempt in campaign night, payload calibrate, run 1."""
    fact = ExecutionFact(
        kind=ExecutionKind.STEP, campaign="night", run=1, payload="calibrate", step=name, token=f"t{instance}x1",
        outcome=Outcome.SUCCEEDED, workflow="night/1/calibrate", job=instance, instance=instance, data_id=data_id,
        site="local", host="node1", software="demo-1.0", version="Python 3.11.7", environment={"LANG": "C"},
        recipe="r1",
        started_at=NIGHT + timedelta(seconds=instance), ended_at=NIGHT + timedelta(seconds=instance + 10),
        wall_s=10.0, cpu_s=8.0, memory_mb=100.0, read_bytes=1000, write_bytes=500, exit_code=0,
    )  # fmt: skip
    return replace(fact, **more)


def image(exposure: int, detector: int) -> dict[str, int]:
    """The data ID of one image."""
    return {"exposure": exposure, "detector": detector}


def output(name: str, data_id: Mapping[str, Any], *, sha256: str = SHA, size_bytes: int = 100) -> OutputFact:
    """A file made."""
    text = ",".join(f"{key}={value}" for key, value in sorted(data_id.items()))
    return OutputFact(name, data_id, f"night/r1/calibrate/{name}/{text}.fits", size_bytes, sha256)


def register_raws(images: Sequence[Mapping[str, int]]) -> list[int]:
    """Register a raw file for each image; returns the dataset ids."""
    ledger.register_types([TypeFact("raw", ("exposure", "detector"), "fits")])
    files = [FileFact("raw", data_id, f"/raw/{n}.fits", 10, SHA) for n, data_id in enumerate(images)]
    return ledger.register(files, "ann")


def isr(instance: int, raw: int, data_id: Mapping[str, int], **more: Any) -> ExecutionFact:
    """An instance of isr that reads a raw file and makes a postISRCCD."""
    settings: dict[str, Any] = {"inputs": (raw,), "outputs": (output("postISRCCD", data_id),), **more}
    return step("isr", instance, data_id, **settings)
