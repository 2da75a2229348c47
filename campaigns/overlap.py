"""Overlap: subcampaigns of one parent that would run the same step on the same data IDs; only a warning."""

from collections.abc import Iterator

from bpsportal.web.errors import Invalid
from campaigns.core.catalog import Catalog
from campaigns.core.document import Document
from campaigns.core.problem import Problem
from campaigns.core.projections import Projector
from campaigns.core.schema import Origin
from campaigns.core.specs import CampaignSpec, PayloadSpec
from campaigns.core.states import State
from campaigns.core.universe import DataQuery, Row, build_universe
from campaigns.models import Campaign
from campaigns.reading import check_campaign

Runs = dict[tuple[str, str], set[Row]]
"""Pipeline and step label -> data IDs."""


def warnings(spec: CampaignSpec, catalog: Catalog) -> list[Problem]:
    """One warning for each step and sibling that share data IDs."""
    if not spec.parent:
        return []
    siblings = list(
        Campaign.objects.filter(parent__name=spec.parent)
        .exclude(name=spec.name)
        .exclude(state__in=[State.ARCHIVED, State.DRAFT])
        .select_related("revision")
    )
    if not siblings:
        return []
    mine = [(at, runs_of(payload, catalog)) for at, payload in enumerate(spec.payloads)]
    return [warning for sibling in siblings for warning in _against(sibling, mine, catalog)]


def runs_of(payload: PayloadSpec, catalog: Catalog) -> Runs:
    """The data IDs on which each step of a payload could run, as far as they are known now."""
    steps = payload.pipeline.steps
    needed = frozenset(name for step in steps for name in step.dimensions)
    query = DataQuery(payload.where, payload.exclude, from_tables=any(not step.inputs for step in steps))
    types = {name: item.dimensions for name, item in payload.pipeline.types.items()}
    tables = [catalog.tables[name] for name in payload.tables]
    projector = Projector(build_universe(types, catalog.datasets or (), tables, query, needed).relations)
    return {(step.pipeline, step.label): set(projector.project(tuple(sorted(step.dimensions))).ids) for step in steps}


def _against(sibling: Campaign, mine: list[tuple[int, Runs]], catalog: Catalog) -> Iterator[Problem]:
    document = Document(sibling.revision.document if sibling.revision else {})
    try:
        spec, known = check_campaign(document, origin=Origin(), revised=sibling.name)
    except Invalid:  # what it was checked against has changed since; then nothing can be said
        return
    theirs: Runs = {}
    for payload in spec.payloads:
        for key, ids in runs_of(payload, known).items():
            theirs.setdefault(key, set()).update(ids)
    for at, runs in mine:
        for (pipeline, label), ids in runs.items():
            shared = len(ids & theirs.get((pipeline, label), set()))
            if shared:
                message = (
                    f"{shared} step instances of {label} belong to subcampaign {sibling.name} ({sibling.state}) as well"
                )
                yield Problem(f"payloads[{at}].data", message, "payload")
