"""Calls of the REST API over a campaign of 100,000 step instances: the 95th percentile of each stays below 200 ms.

Asked in process, with token, permissions, serializers and database, without a web server in between.
"""

import sys
import time

from bench.portal import arguments, portal, report

LIMIT_MS = 200.0
CALLS = (
    "campaigns/",
    "campaigns/big/",
    "campaigns/big/counts/",
    "campaigns/big/events/",
    "workflows/?campaign=big",
    "jobs/?campaign=big&state=succeeded&limit=100",
    "jobs/?campaign=big&label=step7",
    "step-instances/?campaign=big&step=step3&state=succeeded",
    "step-instances/?exposure=50&detector=7",
    "executions/?campaign=big&step=step3",
    "datasets/?campaign=big",
    "events/?campaign=big",
    "reports/summary/?campaign=big",
    "reports/coverage/?campaign=big&limit=100",
    "reports/coverage/?exposure=50&detector=7",
    "reports/comparison/?left=big&right=other",
    "sites/",
    "sites/local/",
)


def prepare(instances: int) -> object:
    """Two campaigns of that size, a site and an operator; returns a client that speaks for them."""
    from django.contrib.auth.models import User
    from django.utils import timezone
    from rest_framework.test import APIClient

    from bench import finished
    from bpsportal.web.models import Membership, TokenScope
    from bpsportal.web.roles import Role
    from bpsportal.web.tokens import create_token
    from campaigns.models import Campaign, Payload
    from execution.models import Site

    ann = User.objects.create_user("ann")
    Membership.objects.create(user=ann, role=Role.OPERATOR)
    Site.objects.create(name="local", driver="local", workdir="{data}/site")
    for name in ("big", "other"):
        campaign = Campaign.objects.create(
            name=name, owner=ann, state="succeeded", state_at=timezone.now(), created_at=timezone.now()
        )
        Payload.objects.create(campaign=campaign, name="calibrate", position=0)
        finished.campaign(name, instances)
    client = APIClient(SERVER_NAME="127.0.0.1")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(ann, scope=TokenScope.OPERATE, days=1)}")
    return client


def measure(client: object, repeats: int) -> dict[str, float]:
    """Milliseconds of the 95th percentile, by call."""
    found = {}
    for call in CALLS:
        times = []
        for _ in range(repeats + 1):
            began = time.perf_counter()
            answer = client.get(f"/api/v1/{call}")  # type: ignore[attr-defined]
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            times.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise SystemExit(f"{call}: {answer.status_code} {body[:300]!r}")
        found[call] = sorted(times[1:])[int(repeats * 0.95)]
    return found


def main() -> int:
    """Measure and print; 1 when a call was too slow."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=40)
    options = parser.parse_args()
    with portal(postgres=options.postgres):
        from django.conf import settings

        settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = dict.fromkeys(
            settings.REST_FRAMEWORK.get("DEFAULT_THROTTLE_RATES", {}), "100000/min"
        )
        found = measure(prepare(options.instances), options.repeats)
    for call, ms in sorted(found.items(), key=lambda item: -item[1]):
        print(f"{ms:8.1f} ms  {call}")
    within = max(found.values()) < LIMIT_MS
    report(
        instances=options.instances,
        slowest_p95_ms=max(found.values()),
        within_limits=within,
        database="postgresql" if options.postgres else "sqlite",
    )
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
