"""Reports and lists over a ledger of a million executions (campaigns of 100,000), and how fast executions
are loaded.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.portal import arguments, peak_mb, portal, report

STEPS, DETECTORS, CALL, PER_JOB = 10, 100, 2000, 10
NIGHT = datetime(2026, 11, 22, 20, tzinfo=UTC)


def fill(executions: int, campaigns: int) -> tuple[float, list[str]]:
    """Load campaigns of ten steps, each execution with an input and an output; returns executions a second and
    names.
    """
    from django.db import transaction

    from provenance import ledger
    from provenance.core.facts import FileFact, TypeFact

    images = executions // campaigns // STEPS
    with transaction.atomic():
        ledger.register_types([TypeFact("raw", ("exposure", "detector"), "fits")])
        raws = [FileFact("raw", _image(n), f"/raw/{n}.fits", 1000, f"{n:064x}") for n in range(images)]
        ids = [pk for part in _parts(raws, CALL) for pk in ledger.register(part, "bench")]
    names = [f"night-{number:02d}" for number in range(campaigns)]
    spent = 0.0
    for number, name in enumerate(names):
        with transaction.atomic():
            ledger.describe_campaign(name, program="main-survey", document={"priority": number})
            ledger.planned(
                campaign=name, run=1, payload="calibrate", steps={f"step{n}": images for n in range(STEPS)},
                images=[(*_place(n), STEPS) for n in range(images)],
            )  # fmt: skip
        for part in _parts(_facts(number, name, ids), CALL):
            began = time.perf_counter()
            with transaction.atomic():
                ledger.collected(part)
            spent += time.perf_counter() - began
    return campaigns * images * STEPS / spent, names


def _facts(number: int, campaign: str, raws: list[int]) -> Iterator[Any]:
    from provenance.core.facts import ExecutionFact, ExecutionKind, LogFact, Outcome, OutputFact

    instance = 10_000_000 * (number + 1)
    for place in range(STEPS):
        for image, raw in enumerate(raws):
            instance += 1
            data_id = _image(image)
            text = f"detector={data_id['detector']},exposure={data_id['exposure']}"
            good = instance % 997 != 0
            yield ExecutionFact(
                kind=ExecutionKind.STEP, campaign=campaign, run=1, payload="calibrate", step=f"step{place}",
                token=f"t{instance // PER_JOB}", outcome=Outcome.SUCCEEDED if good else Outcome.FAILED,
                workflow=f"{campaign}/1/calibrate", job=instance // PER_JOB, instance=instance, data_id=data_id,
                site="local", host=f"node{instance % 50}", software="demo-1.0", version="Python 3.11",
                environment={"LANG": "C"}, recipe=f"recipe{place}", started_at=NIGHT + timedelta(seconds=place),
                ended_at=NIGHT + timedelta(seconds=place + 60), wall_s=10 + instance % 50 / 10, cpu_s=8.0,
                memory_mb=500.0 + instance % 100, read_bytes=1000, write_bytes=1000, exit_code=0 if good else 1,
                cause="" if good else "payload", inputs=(raw,) if place == 0 else ((f"type{place - 1}", text),),
                outputs=(OutputFact(f"type{place}", data_id, f"{campaign}/{place}/{image}", 1000, f"{image:064x}"),),
                log=LogFact("logs/x", 100), stdout=(0, 10), stderr=(10, 10),
            )  # fmt: skip


def questions(names: list[str]) -> dict[str, str]:
    """What is asked over REST and on pages; of a campaign in the middle."""
    from provenance.models import Dataset, Execution

    name, other = names[len(names) // 2], names[0]
    last = Execution.objects.order_by("pk").last()
    some = Dataset.objects.order_by("pk").last()
    assert last is not None and some is not None
    campaign = f"campaign={name}"
    return {
        "summary": f"/api/v1/reports/summary/?{campaign}",
        "coverage": f"/api/v1/reports/coverage/?{campaign}&limit=200",
        "coverage failed": f"/api/v1/reports/coverage/?{campaign}&outcome=incomplete&limit=200",
        "coverage of image": "/api/v1/reports/coverage/?exposure=3&detector=7",
        "coverage of exposure": "/api/v1/reports/coverage/?exposure=3",
        "executions": "/api/v1/executions/",
        "executions of campaign": f"/api/v1/executions/?{campaign}",
        "executions of step": f"/api/v1/executions/?{campaign}&step=step3",
        "executions failed": f"/api/v1/executions/?{campaign}&outcome=failed",
        "executions of step failed": f"/api/v1/executions/?{campaign}&step=step3&outcome=failed",
        "executions of instance": f"/api/v1/executions/?instance={last.instance}",
        "executions of data ID": f"/api/v1/executions/?{campaign}&data_id=detector=7,exposure=3",
        "executions since": f"/api/v1/executions/?since={last.pk // 2}&limit=100",
        "datasets": "/api/v1/datasets/",
        "datasets of campaign": f"/api/v1/datasets/?{campaign}",
        "datasets of type": f"/api/v1/datasets/?{campaign}&type=type4",
        "datasets of type anywhere": "/api/v1/datasets/?type=type4",
        "raw": "/api/v1/datasets/?type=raw&state=registered",
        "datasets of image": "/api/v1/datasets/?exposure=3&detector=7",
        "dataset": f"/api/v1/datasets/{some.pk}/",
        "lineage": f"/api/v1/datasets/{some.pk}/lineage/?depth=10",
        "execution": f"/api/v1/executions/{last.pk}/",
        "events": "/api/v1/events/",
        "page summary": f"/reports/summary/?{campaign}",
        "page coverage": f"/reports/coverage/?{campaign}",
        "page executions": f"/executions/?{campaign}",
        "page datasets": f"/datasets/?{campaign}",
        "page dataset": f"/datasets/{some.pk}/",
        "comparison": f"/api/v1/reports/comparison/?left={other}&right={name}",
    }


def measure(names: list[str], times: int) -> dict[str, float]:
    """Ask everything so many times; returns the 95th percentile in milliseconds by question."""
    from django.contrib.auth.models import User
    from rest_framework.test import APIClient

    from bpsportal.web.models import Membership, TokenScope
    from bpsportal.web.roles import Role
    from bpsportal.web.tokens import create_token

    user = User.objects.create_user("bench")
    Membership.objects.create(user=user, role=Role.VIEWER)
    rest, pages = APIClient(), APIClient()
    rest.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user, scope=TokenScope.READ, days=1)}")
    pages.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for question, address in questions(names).items():
        client = rest if address.startswith("/api/") else pages
        found[question] = _p95(lambda client=client, address=address: client.get(address, HTTP_HOST="localhost"), times)
    return found


def _p95(ask: Callable[[], Any], times: int) -> float:
    """Ask once to warm up, then so many times; milliseconds."""
    taken = []
    ask()
    for _ in range(times):
        began = time.perf_counter()
        answer = ask()
        taken.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.content[:300]
    return sorted(taken)[max(0, round(0.95 * times) - 1)]


def _place(n: int) -> tuple[int, int]:
    return divmod(n, DETECTORS)


def _image(n: int) -> dict[str, int]:
    exposure, detector = _place(n)
    return {"exposure": exposure, "detector": detector}


def _parts(rows: Any, size: int) -> Iterator[list[Any]]:
    from itertools import islice

    iterator = iter(rows)
    while part := list(islice(iterator, size)):
        yield part


def main() -> None:
    """Load the rows, ask the questions, print milliseconds."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--campaigns", type=int, default=10)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with portal(postgres=options.postgres):
        rate, names = fill(options.executions, options.campaigns)
        found = measure(names, options.times)
    for question, taken in sorted(found.items(), key=lambda pair: -pair[1]):
        print(f"{taken:8.1f} ms  {question}")
    slow = max(taken for question, taken in found.items() if question != "comparison")
    report(
        executions=options.executions, loaded_per_s=rate, slowest_p95_ms=slow, comparison_p95_ms=found["comparison"],
        peak_mb=peak_mb(), database="postgresql" if options.postgres else "sqlite",
    )  # fmt: skip


if __name__ == "__main__":
    main()
