"""Pins: what a submission fixes, and the resolved settings with their origins as plain data (LDM-636 0007)."""

from collections.abc import Mapping
from typing import Any

from campaigns.catalog import newest_tables, software_digests
from campaigns.core.blueprint import resolver_of
from campaigns.core.catalog import Catalog
from campaigns.core.config import Setting, Settings
from campaigns.core.specs import CampaignSpec, PayloadSpec
from campaigns.models import Pin, PipelineVersion

EVERYWHERE = "everywhere"


def pinned(spec: CampaignSpec, catalog: Catalog) -> dict[str, Any]:
    """The columns of a Pin: every layer's version, pipelines, software, tables, and what they come to."""
    used = {(step.pipeline, step.version) for payload in spec.payloads for step in payload.pipeline.steps}
    digests = PipelineVersion.objects.filter(pipeline__name__in={name for name, _ in used})
    known = {
        (name, version): digest for name, version, digest in digests.values_list("pipeline__name", "version", "digest")
    }
    pipelines: dict[str, dict[str, str]] = {}
    for name, version in sorted(used):
        pipelines.setdefault(name, {})[str(version)] = known[name, version]
    return {
        "layers": [[layer.scope.value, layer.target, layer.version] for layer in catalog.layers],
        "pipelines": pipelines,
        "software": _software(spec, catalog),
        "tables": _tables(spec, catalog),
        "settings": resolved(spec, catalog),
    }


def resolved(spec: CampaignSpec, catalog: Catalog) -> dict[str, Any]:
    """Payload -> step -> settings that hold everywhere, and by site those that differ there; each with its origin."""
    return {payload.name: _payload(spec, payload, catalog) for payload in spec.payloads}


def values_of(spec: CampaignSpec, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a campaign is meant to be without who said so: for comparing campaigns by their reports."""
    parts = {payload.name: payload for payload in spec.payloads}
    return {
        name: {
            "pipelines": sorted({f"{step.pipeline} {step.version}" for step in parts[name].pipeline.steps}),
            "where": selection.text if (selection := parts[name].where) else "",
            "exclude": [dict(item) for item in parts[name].exclude],
            "inputs": list(parts[name].inputs),
            "steps": {
                label: {key: item["value"] for key, item in step[EVERYWHERE].items()}
                for label, step in payload["steps"].items()
            },
        }
        for name, payload in settings.items()
    }


def newer_than(pin: Pin, current: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """The layers of which a newer version exists than the pinned one; `current`: (scope, target) -> newest version."""
    had = {(scope, target): version for scope, target, version in pin.layers}
    return [
        {"scope": scope, "target": target, "pinned": had.get((scope, target)), "newest": version}
        for (scope, target), version in sorted(current.items())
        if had.get((scope, target)) != version
    ]


def _payload(spec: CampaignSpec, payload: PayloadSpec, catalog: Catalog) -> dict[str, Any]:
    resolver = resolver_of(spec, payload, catalog)
    steps = {}
    for step in payload.pipeline.steps:
        general = resolver.settings(step)
        at_sites = {site: _differing(resolver.settings(step, site), general) for site in payload.sites}
        steps[step.label] = {
            EVERYWHERE: _plain(general),
            "sites": {site: found for site, found in at_sites.items() if found},
        }
    return {"sites": list(payload.sites), "avoidNodes": list(payload.avoid_nodes), "steps": steps}


def _differing(at_site: Settings, general: Settings) -> dict[str, Any]:
    """The settings that the site's own layer, or its absence, makes others."""
    found = {
        key: item
        for key, item in at_site.by_key.items()
        if (item.value, item.layer) != (general.get(key), general.layer_of(key))
    }
    return _plain(Settings(found))


def _plain(settings: Settings) -> dict[str, Any]:
    return {key: _setting(item) for key, item in settings.by_key.items()}


def _setting(item: Setting) -> dict[str, Any]:
    found = {"value": item.value, "layer": item.layer, "version": item.version}
    more = {"author": item.author, "at": item.at.isoformat() if item.at else "", "reason": item.reason}
    found |= {key: value for key, value in more.items() if value}
    if item.replaced is not None:
        found["replaced"] = _setting(item.replaced)
    return found


def _software(spec: CampaignSpec, catalog: Catalog) -> dict[str, str]:
    names = set()
    for payload in spec.payloads:
        resolver = resolver_of(spec, payload, catalog)
        names |= {resolver.settings(step).get("software", "") for step in payload.pipeline.steps}
    return software_digests(sorted(names))


def _tables(spec: CampaignSpec, catalog: Catalog) -> dict[str, int]:
    used = {name for payload in spec.payloads for name in payload.tables}
    return {name: version for name, version in newest_tables().items() if name in used}
