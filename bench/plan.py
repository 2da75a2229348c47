"""From registered datasets to stored jobs: ten steps with gathers, planned, clustered and stored; seconds and
peak memory.
"""

import sys
import time
from dataclasses import replace

from bench import plan_core as night
from bench.portal import arguments, peak_mb, portal, report

LIMITS = {100_000: (15.0, 500.0), 1_000_000: (150.0, 1000.0)}
"""Instances -> seconds and MB that must not be exceeded."""
BATCH = 5_000


def register(exposures: int) -> None:
    """The raw datasets of the night, as `ingest` would have left them."""
    from itertools import islice

    from django.db import transaction

    from provenance import ledger

    ledger.register_types([ledger.TypeFact(name, dimensions) for name, dimensions in night.TYPES.items()])
    rows = night.datasets(exposures)
    while part := list(islice(rows, BATCH)):
        facts = [
            ledger.FileFact(
                row.type, dict(zip(night.TYPES[row.type], row.data_id, strict=True)), f"/night/{row.dataset}.fits",
                metadata=row.metadata or {},
            )
            for row in part
        ]  # fmt: skip
        with transaction.atomic():
            ledger.register(facts, actor="bench")


def store(exposures: int) -> dict[str, object]:
    """Plan the night and store it; returns the figures."""
    from campaigns.catalog import Datasets
    from campaigns.core.clustering import Cluster
    from campaigns.core.planner import PlanSpec, plan
    from campaigns.core.selection import parse
    from execution import workflows
    from execution.core.target import Target
    from execution.core.workflow import Blueprint, Request

    steps = night.steps()
    blueprint = Blueprint("bench", 1, "chain", steps, night.TYPES, {"local": {step.label: Request() for step in steps}})
    began = time.perf_counter()
    made = plan(
        PlanSpec(
            blueprint, Datasets(night.TYPES), tables=(night.tiles(exposures),),
            where=parse(f"exposure in (0..{exposures}) and detector < {night.DETECTORS} or flat >= 0"),
            clusters=(Cluster("isr", ("make-postISR", "make-background"), ("exposure", "detector"), 2),),
        )
    )  # fmt: skip
    planned = time.perf_counter()
    jobs = instances = 0
    for number, workflow in enumerate(made.workflows(), start=1):
        loaded = workflows.start(replace(workflow, name=f"bench/r1/chain/{number}"))
        jobs, instances = jobs + loaded.jobs, instances + loaded.instances
    stored = time.perf_counter()
    workflows.complete(Target("bench", 1, "chain"))
    ended = time.perf_counter()
    return {
        "instances": instances, "jobs": jobs, "workflows": made.counts.workflows, "plan_s": planned - began,
        "store_s": stored - planned, "complete_s": ended - stored, "total_s": ended - began,
    }  # fmt: skip


def main() -> int:
    """Run once; 1 when a limit is exceeded."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--instances", type=int, default=100_000)
    options = parser.parse_args()
    exposures = max(1, round(options.instances / (len(night.CHAIN) - 1) / night.DETECTORS / 1.02))
    with portal(postgres=options.postgres):
        register(exposures)
        before_mb = peak_mb()
        figures = store(exposures)
    most_s, most_mb = LIMITS[min((size for size in LIMITS if size >= options.instances), default=max(LIMITS))]
    within = float(str(figures["total_s"])) <= most_s and peak_mb() <= most_mb
    database = "postgresql" if options.postgres else "sqlite"
    report(**figures, peak_mb=peak_mb(), before_mb=before_mb, database=database, within_limits=within)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
