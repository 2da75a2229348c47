"""Blueprints: a checked payload and the catalog into what its workflows share, and into all that the planner needs."""

from collections.abc import Iterable

from campaigns.core.catalog import Catalog
from campaigns.core.config import Settings, policy_of, request_of
from campaigns.core.ordering import OrderKind
from campaigns.core.pipeline import StepDefinition
from campaigns.core.planner import PlanSpec
from campaigns.core.resolution import Resolver
from campaigns.core.specs import CampaignSpec, PayloadSpec
from campaigns.core.universe import DatasetRow
from execution.core.workflow import Blueprint, StepSpec

KEEP = "keep"


def resolver_of(campaign: CampaignSpec, payload: PayloadSpec, catalog: Catalog) -> Resolver:
    """Resolves the settings of a payload's steps; the catalog's layers are those that were pinned at submission."""
    return Resolver((*catalog.layers, campaign.layer, *payload.layers), campaign.name, payload.name)


def blueprint_of(campaign: CampaignSpec, payload: PayloadSpec, catalog: Catalog, run: int = 1) -> Blueprint:
    """What all workflows of a payload share in one run of its campaign."""
    resolver = resolver_of(campaign, payload, catalog)
    general = resolver.general()
    steps = payload.pipeline.steps
    return Blueprint(
        campaign=campaign.name,
        run=run,
        payload=payload.name,
        steps=tuple(_step(step, at, resolver.settings(step)) for at, step in enumerate(steps)),
        types={name: item.dimensions for name, item in payload.pipeline.types.items()},
        requests={
            site: {step.label: request_of(resolver.settings(step, site)) for step in steps} for site in payload.sites
        },
        persist=_persist(steps, general),
        avoid_nodes=payload.avoid_nodes,
        depth_first=payload.order.kind is not OrderKind.BREADTH_FIRST,
        verify=general.get("verify"),
        logs=general.get("logs"),
        unexpected=general.get("unexpected"),
    )


def plan_spec(
    campaign: CampaignSpec, payload: PayloadSpec, catalog: Catalog, datasets: Iterable[DatasetRow], run: int = 1
) -> PlanSpec:
    """What the planner needs for a payload. `datasets`: existing datasets of the types in `blueprint.types`, those of
    the campaigns in `payload.inputs` among them; an iterable that is read once for every plan made from the spec.
    """
    general = resolver_of(campaign, payload, catalog).general()
    return PlanSpec(
        blueprint=blueprint_of(campaign, payload, catalog, run),
        datasets=datasets,
        tables=tuple(catalog.tables[name] for name in payload.tables),
        where=payload.where,
        exclude=payload.exclude,
        clusters=payload.clusters,
        order=payload.order,
        split=payload.split,
        priority=general.get("priority"),
        share=general.get("share"),
    )


def breakpoints_of(campaign: CampaignSpec, payload: PayloadSpec, catalog: Catalog) -> tuple[str, ...]:
    """Labels of the steps before which somebody has to agree."""
    resolver = resolver_of(campaign, payload, catalog)
    return tuple(step.label for step in payload.pipeline.steps if resolver.settings(step).get("breakpoint"))


def _step(step: StepDefinition, position: int, settings: Settings) -> StepSpec:
    return StepSpec(
        label=step.label,
        position=position,
        dimensions=step.dimensions,
        command=step.command,
        inputs=step.inputs,
        outputs=step.outputs,
        config=settings.below("config"),
        on_failure=policy_of(settings),
        discover=settings.get("discover"),
        software=settings.get("software", ""),
    )


def _persist(steps: Iterable[StepDefinition], settings: Settings) -> dict[str, str]:
    """Type -> `keep`, `transient` or `until <step>`, for every type that the payload makes."""
    said = settings.below("persist")
    default = said.get("default", KEEP)
    return {output.type: said.get(f"types.{output.type}", default) for step in steps for output in step.outputs}
