"""1 -> N -> 1 no-op jobs through the engine on a local site with two slots, beside a plain subprocess loop in
the same run.
"""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from bench.portal import arguments, cpu_s, portal, report

SLOTS = 2


def floor(n: int) -> float:
    """Seconds that a bare loop of two workers needs to start and wait for `n` times `true`."""
    began = time.monotonic()
    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(lambda _: subprocess.run(["true"], check=True), range(n)))
    return time.monotonic() - began


def engine(n: int, folder: object) -> tuple[float, float]:
    """Seconds from the first release to the end of the workflow, and CPU seconds of the control plane."""
    from pathlib import Path

    from tests.engine import Engine
    from tests.workflows import blueprint, fan, step, workflow

    site = Engine(Path(str(folder)), running=SLOTS, queued=400)
    row = site.load(workflow(blueprint(step("first", 0), step("middle", 1), step("last", 2)), fan(n)))
    began, cpu = time.monotonic(), cpu_s()
    site.finish(row)
    took, used = time.monotonic() - began, cpu_s() - cpu
    site.stop()
    return took, used


def main() -> None:
    """Run both and print jobs per second, CPU per job and the ratio."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--jobs", type=int, default=1000)
    options = parser.parse_args()
    plain = floor(options.jobs)
    with portal(postgres=options.postgres) as folder:
        took, used = engine(options.jobs, folder)
    jobs = options.jobs + 2
    report(
        jobs=jobs, seconds=took, jobs_per_s=jobs / took, control_cpu_ms_per_job=1000 * used / jobs, plain_loop_s=plain,
        times_plain=took / plain, database="postgresql" if options.postgres else "sqlite",
    )  # fmt: skip


if __name__ == "__main__":
    main()
