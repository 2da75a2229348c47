"""Assembly: a payload's spec with all layers resolved becomes what the planner plans from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campaigns.core.catalog import Catalog
from campaigns.core.config import Settings, policy_of, request_of
from campaigns.core.ordering import OrderKind
from campaigns.core.pipeline import StepDefinition
from campaigns.core.planner import PlanSpec
from campaigns.core.specs import CampaignSpec, PayloadSpec
from campaigns.core.universe import DatasetRow
from campaigns.pinning import resolver_of
from execution.core.workflow import Blueprint, Request, StepSpec


@dataclass(frozen=True, slots=True)
class Part:
    """One payload of one run, and what it is planned against."""

    spec: CampaignSpec
    payload: PayloadSpec
    catalog: Catalog
    run: int = 1


def plan_spec(part: Part, datasets: Iterable[DatasetRow], *, priority: int, share: float) -> PlanSpec:
    """What the planner needs to know of a payload; `datasets` are those that exist already."""
    payload = part.payload
    return PlanSpec(
        blueprint=blueprint(part),
        datasets=datasets,
        tables=tuple(part.catalog.tables[name] for name in payload.tables),
        where=payload.where,
        exclude=payload.exclude,
        clusters=payload.clusters,
        order=payload.order,
        split=payload.split,
        priority=priority,
        share=share,
    )


def blueprint(part: Part) -> Blueprint:
    """What all workflows of the payload share: its steps after all overrides, and what they ask for at each site."""
    payload = part.payload
    resolver = resolver_of(part.spec, payload, part.catalog)
    general = resolver.general()
    return Blueprint(
        campaign=part.spec.name,
        run=part.run,
        payload=payload.name,
        steps=tuple(_step(step, at, resolver.settings(step)) for at, step in enumerate(payload.pipeline.steps)),
        types=types_of(payload),
        requests=requests_of(part),
        persist={key.removeprefix("types."): rule for key, rule in general.below("persist").items()},
        avoid_nodes=payload.avoid_nodes,
        depth_first=payload.order.kind is not OrderKind.BREADTH_FIRST,
        verify=general.get("verify"),
        logs=general.get("logs"),
        unexpected=general.get("unexpected"),
    )


def types_of(payload: PayloadSpec) -> dict[str, tuple[str, ...]]:
    """The dataset types of the payload's pipelines with their dimensions."""
    return {name: item.dimensions for name, item in payload.pipeline.types.items()}


def requests_of(part: Part) -> dict[str, Mapping[str, Request]]:
    """Site -> step label -> what an instance asks of the batch system there."""
    resolver = resolver_of(part.spec, part.payload, part.catalog)
    steps = part.payload.pipeline.steps
    return {
        site: {step.label: request_of(resolver.settings(step, site)) for step in steps} for site in part.payload.sites
    }


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
