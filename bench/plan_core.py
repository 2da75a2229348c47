"""How long the pure planner takes and what it needs: ten steps with gathers, datasets in, jobs out, nothing stored."""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from campaigns.core.clustering import Cluster
from campaigns.core.ordering import Order, OrderKind
from campaigns.core.planner import PlanSpec, plan
from campaigns.core.selection import parse
from campaigns.core.universe import DatasetRow, Table
from execution.core.workflow import Blueprint, InputSpec, Need, OutputSpec, Request, StepSpec

DETECTORS = 100
EXPOSURES_PER_TILE = 40
BANDS = "ugrizy"
LIMITS = {100_000: (6.0, 300.0), 1_000_000: (60.0, 700.0)}
"""Instances -> CPU seconds and MB that must not be exceeded; other programs on the machine do not count."""

TYPES = {
    "raw": ("exposure", "detector"),
    "flatRaw": ("flat", "detector"),
    "masterFlat": ("detector",),
    **{
        name: ("exposure", "detector")
        for name in ("postISR", "background", "stars", "psf", "wcs", "catalog", "warpInput")
    },
    "visitSummary": ("exposure",),
    "coadd": ("tile", "band"),
}
CHAIN = ("raw", "postISR", "background", "stars", "psf", "wcs", "catalog", "warpInput")


def steps() -> tuple[StepSpec, ...]:
    """A flat by detector, seven steps by exposure and detector, a summary by exposure, a coadd by tile and band."""
    found = [_step("flat", 0, ("detector",), [InputSpec("flatRaw", Need.AT_LEAST, 1)], "masterFlat")]
    for at, (source, made) in enumerate(pairwise(CHAIN), start=1):
        inputs = [InputSpec(source)] + ([InputSpec("masterFlat")] if at == 1 else [])
        found.append(_step(f"make-{made}", at, ("exposure", "detector"), inputs, made))
    found.append(_step("summary", 8, ("exposure",), [InputSpec("catalog", Need.AT_LEAST, 1)], "visitSummary"))
    coadd = [InputSpec("warpInput", Need.AT_LEAST, 1), InputSpec("visitSummary", Need.OPTIONAL)]
    found.append(_step("coadd", 9, ("tile", "band"), coadd, "coadd"))
    return tuple(found)


def _step(label: str, position: int, dimensions: tuple[str, ...], inputs: list[InputSpec], made: str) -> StepSpec:
    return StepSpec(label, position, dimensions, ("true",), tuple(inputs), (OutputSpec(made, dimensions),))


def datasets(exposures: int) -> Iterator[DatasetRow]:
    """Raw images with a band, and ten flats by detector."""
    number = 0
    for flat in range(10):
        for detector in range(DETECTORS):
            number += 1
            yield DatasetRow("flatRaw", (flat, detector), number)
    for exposure in range(exposures):
        metadata = {"band": BANDS[exposure % len(BANDS)], "exptime": 30.0}
        for detector in range(DETECTORS):
            number += 1
            yield DatasetRow("raw", (exposure, detector), number, metadata)


def tiles(exposures: int) -> Table:
    """Each detector of an exposure lies in one tile; neighbouring exposures share tiles."""
    rows = [
        (exposure, detector, exposure // EXPOSURES_PER_TILE * DETECTORS + detector)
        for exposure in range(exposures)
        for detector in range(DETECTORS)
    ]
    return Table("sky-tiles", ("exposure", "detector", "tile"), rows)


def main() -> int:
    """Runs once for the number of instances asked for; the last line is one JSON object; 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument(
        "--cluster", action="store_true", help="put the seven steps of a detector into jobs of at most 70"
    )
    parser.add_argument("--depth-first", action="store_true")
    options = parser.parse_args()
    exposures = max(1, round(options.instances / (len(CHAIN) - 1) / DETECTORS / 1.02))
    clusters = (Cluster("detector", tuple(f"make-{made}" for made in CHAIN[1:]), ("exposure",), 70),)
    blueprint = Blueprint("bench", 1, "chain", steps(), TYPES, {"local": {step.label: Request() for step in steps()}})
    began, began_cpu = time.perf_counter(), time.process_time()
    made = plan(
        PlanSpec(
            blueprint,
            datasets(exposures),
            tables=(tiles(exposures),),
            where=parse(f"exposure in (0..{exposures}) and detector < {DETECTORS} or flat >= 0"),
            clusters=clusters if options.cluster else (),
            order=Order(OrderKind.DEPTH_FIRST) if options.depth_first else Order(),
        )
    )
    planned = time.perf_counter()
    jobs = instances = inputs = edges = 0
    for workflow in made.workflows():
        for job in workflow.jobs:
            jobs += 1
            edges += len(job.parents)
            instances += len(job.instances)
            inputs += sum(len(instance.inputs) for instance in job.instances)
    ended, cpu_s = time.perf_counter(), time.process_time() - began_cpu
    assert (instances, jobs) == (made.counts.total_instances, made.counts.total_jobs)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    most_s, most_mb = LIMITS[min((size for size in LIMITS if size >= options.instances), default=max(LIMITS))]
    result = {
        "instances": instances, "jobs": jobs, "inputs": inputs, "edges": edges, "workflows": made.counts.workflows,
        "plan_s": round(planned - began, 2), "stream_s": round(ended - planned, 2), "total_s": round(ended - began, 2),
        "cpu_s": round(cpu_s, 2),
        "peak_mb": round(peak_mb), "within_limits": cpu_s <= most_s and peak_mb <= most_mb,
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if result["within_limits"] else 1


if __name__ == "__main__":
    sys.exit(main())
