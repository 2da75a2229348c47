"""Preview: what a campaign would run, counted, without storing anything (LDM-636 0012)."""

from collections.abc import Mapping
from typing import Any

from bpsportal.web.errors import Invalid
from campaigns import catalog, overlap
from campaigns.core.blueprint import plan_spec
from campaigns.core.catalog import Catalog
from campaigns.core.planner import plan
from campaigns.core.preview import Preview, preview
from campaigns.core.problem import PlanError, Problem
from campaigns.core.specs import CampaignSpec, PayloadSpec
from campaigns.models import Campaign
from campaigns.reading import check_campaign, origin_of, plain, read, spec_of

MAX_OMISSIONS = 50


def of_document(source: bytes | str, *, actor: str, revised: str = "") -> dict[str, Any]:
    """The preview of a document that was not stored; Invalid."""
    spec, known = check_campaign(read(source), origin=origin_of(actor), revised=revised)
    return of_spec(spec, known)


def of_campaign(campaign: Campaign) -> dict[str, Any]:
    """The preview of a campaign as its present revision and everything else stands now; Invalid."""
    return of_spec(*spec_of(campaign))


def of_spec(spec: CampaignSpec, known: Catalog) -> dict[str, Any]:
    """Payload by payload; Invalid when one cannot be planned."""
    payloads, problems = [], []
    for at, payload in enumerate(spec.payloads):
        try:
            payloads.append(_payload(spec, payload, known))
        except PlanError as error:
            problems.append(Problem(f"payloads[{at}]", str(error), "payload"))
    if problems:
        raise Invalid(problems)
    sums = {key: sum(part[key] for part in payloads) for key in ("instances", "jobs", "workflows", "core_hours")}
    return {
        "campaign": spec.name,
        **sums,
        "at_least": any(part["at_least"] for part in payloads),
        "payloads": payloads,
        "warnings": plain(overlap.warnings(spec, known)),
    }


def _payload(spec: CampaignSpec, payload: PayloadSpec, known: Catalog) -> dict[str, Any]:
    types = {name: item.dimensions for name, item in payload.pipeline.types.items()}
    made = plan(plan_spec(spec, payload, known, catalog.Datasets(types, payload.inputs)))
    some_site: Mapping[str, Any] = next(iter(made.spec.blueprint.requests.values()), {})
    return {"payload": payload.name, "sites": list(payload.sites), **_shown(preview(made, some_site))}


def _shown(found: Preview) -> dict[str, Any]:
    return {
        "instances": found.instances,
        "jobs": found.jobs,
        "workflows": found.workflows,
        "core_hours": round(found.core_hours, 3),
        "at_least": found.is_at_least,
        "steps": [
            {
                "step": row.step, "cluster": row.cluster, "instances": row.instances, "jobs": row.jobs,
                "core_hours": round(row.core_hours, 3), "measured": row.is_measured, "open": row.is_open,
            }
            for row in found.steps
        ],
        "open_points": [{"step": point.step, "waits_for": list(point.waits_for)} for point in found.open_points],
        "omissions": [str(item) for item in found.omissions[:MAX_OMISSIONS]],
    }  # fmt: skip
