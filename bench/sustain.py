"""Eighty step instances a second, for minutes, beside a million finished ones: how long a pass over the site takes.

The instances sleep; what is measured is the portal. Every pass (collect, poll, place, dispatch) must stay below
a second.
"""

import sys
import time

from bench.portal import arguments, cpu_s, portal, report

SLOTS = 12
PER_JOB = 4
SLEEP_S = 0.1
LONGEST_PASS_S = 1.0


def run(folder: object, seconds: float, rate: float) -> dict[str, float]:
    """Feed the engine for so long; returns instances per second, and the longest and the 99th percentile of passes."""
    from pathlib import Path

    from execution import tick
    from execution.core.workflow import Instance, Job
    from execution.models import Job as JobRow
    from tests.engine import Engine
    from tests.workflows import blueprint, step, workflow

    passes: list[float] = []
    note = tick._note_answer
    tick._note_answer = lambda site, ended, took: (passes.append(took), note(site, ended, took))[1]
    engine = Engine(Path(str(folder)), running=SLOTS, queued=400)
    jobs = int(seconds * rate / PER_JOB * 1.5)
    plan = blueprint(step("make", 0, command=("sleep", str(SLEEP_S))), campaign="sustained")
    rows = (
        Job(n, "make", n, (), tuple(Instance(n * PER_JOB + i, 0, (n * PER_JOB + i,), ()) for i in range(PER_JOB)))
        for n in range(jobs)
    )
    engine.load(workflow(plan, rows))
    began, cpu = time.monotonic(), cpu_s()
    while time.monotonic() - began < seconds:
        engine.pass_once()
    took, used = time.monotonic() - began, cpu_s() - cpu
    done = JobRow.objects.filter(workflow__campaign="sustained", state="succeeded").count() * PER_JOB
    engine.stop()
    ordered = sorted(passes)
    return {
        "instances": done,
        "seconds": took,
        "instances_per_s": done / took,
        "control_cpu_ms_per_instance": 1000 * used / max(done, 1),
        "passes": len(passes),
        "pass_p99_s": ordered[int(len(ordered) * 0.99)],
        "pass_max_s": ordered[-1],
    }


def analyse(*, postgres: bool) -> None:
    """Have the database look at what was loaded, as its own housekeeping would."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if postgres else "ANALYZE")


def main() -> int:
    """Fill, run, print; 1 when it was too slow."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--finished", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=80.0)
    options = parser.parse_args()
    with portal(postgres=options.postgres) as folder:
        from bench import finished

        campaigns = max(1, options.finished // 100_000)
        for number in range(campaigns):
            finished.campaign(f"done-{number}", min(100_000, options.finished), executions=number == 0)
        finished.multiply(campaigns - 1)
        analyse(postgres=options.postgres)
        figures = run(folder, options.minutes * 60, options.rate)
    good = figures["instances_per_s"] >= options.rate and figures["pass_max_s"] < LONGEST_PASS_S
    report(**figures, finished=options.finished, database="postgresql" if options.postgres else "sqlite", within=good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
