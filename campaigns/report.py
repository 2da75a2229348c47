"""What pages and REST show of a campaign beyond its row: steps by states, and its configuration with origins."""

from collections import Counter
from typing import Any

from django.db.models import Max

from campaigns import pinning, standing
from campaigns.catalog import newest_layers
from campaigns.models import Campaign, Pin, PipelineVersion
from campaigns.reading import spec_of
from execution import queries
from execution.core.states import InstanceState, JobState

OPEN = (InstanceState.WAITING, InstanceState.RUNNING)


def counts(campaign: Campaign) -> dict[str, Any]:
    """Steps in order, each with its instances by state and what was planned; sums; subcampaigns. From counters only."""
    payloads = list(campaign.payloads.all())
    parts = standing.progress_of([campaign])[campaign.pk]
    whole = standing.sum_up(parts, {payload.name: payload.wish for payload in payloads})
    children = list(campaign.children.order_by("pk"))
    family = standing.families([campaign, *children])
    steps = _steps(campaign, payloads)
    return {
        "campaign": campaign.name,
        "run": campaign.run,
        "state": campaign.state,
        "at_least": standing.will_grow(campaign, whole),
        "steps": steps,
        "jobs": standing.in_order(whole.jobs, JobState),
        "instances": standing.in_order(whole.instances, InstanceState),
        "subcampaigns": [
            {"name": child.name, "state": child.state, "instances": standing.in_order(family[child.pk], InstanceState)}
            for child in children
        ],
        "with_subcampaigns": standing.in_order(family[campaign.pk], InstanceState),
    }


def config(campaign: Campaign) -> dict[str, Any]:
    """The resolved settings: pinned ones with what is newer by now, or what a submission would pin; Invalid."""
    pin = Pin.objects.filter(campaign=campaign, run=campaign.run).select_related("revision").first()
    if pin is None:
        columns = pinning.pinned(*spec_of(campaign))
        number = campaign.revision.number if campaign.revision else 0
        head: dict[str, Any] = {"pinned": False, "at": None, "by": "", "revision": number, "newer": []}
    else:
        columns = {key: getattr(pin, key) for key in ("layers", "pipelines", "software", "tables", "settings")}
        head = {"pinned": True, "at": pin.at, "by": pin.by, "revision": pin.revision.number, "newer": newer(pin)}
    layers = [dict(zip(("scope", "target", "version"), layer, strict=True)) for layer in columns["layers"]]
    return {
        "campaign": campaign.name,
        "run": campaign.run,
        **head,
        "layers": layers,
        **{key: columns[key] for key in ("pipelines", "software", "tables")},
        "payloads": columns["settings"],
    }


def newer(pin: Pin) -> list[dict[str, Any]]:
    """Layers and pipelines of which a newer version exists than the pinned one."""
    found = pinning.newer_than(pin, {(row.scope, row.target): row.version for row in newest_layers()})
    last = PipelineVersion.objects.filter(pipeline__name__in=list(pin.pipelines)).order_by()
    newest = dict(last.values_list("pipeline__name").annotate(last=Max("version")))
    for name, versions in sorted(pin.pipelines.items()):
        pinned = max(map(int, versions))
        if newest.get(name, 0) > pinned:
            found.append({"scope": "pipeline", "target": name, "pinned": pinned, "newest": newest[name]})
    return found


def _steps(campaign: Campaign, payloads: list[Any]) -> list[dict[str, Any]]:
    """Each payload's steps in order; what is not known yet has no planned number."""
    found: list[dict[str, Any]] = []
    counted = queries.counts_by_payload(campaign.name, campaign.run)
    for payload in payloads:
        instances: dict[str, Counter[str]] = {}
        for count in counted.get(payload.name, ()):
            if count.kind == "instance":
                instances.setdefault(count.label, Counter())[count.state] += count.n
        for label, planned in payload.planned.get("steps", []):
            states = instances.get(label, Counter())
            total = sum(states.values())
            found.append(
                {
                    "payload": payload.name,
                    "step": label,
                    "planned": planned,
                    "total": total,
                    "open": sum(states[state] for state in OPEN),
                    "instances": standing.in_order(states, InstanceState),
                }
            )
    return found
