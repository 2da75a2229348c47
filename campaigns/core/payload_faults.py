"""Checks of one payload of a campaign document, and the spec that it comes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from campaigns.core.catalog import Catalog
from campaigns.core.clustering import Cluster, cluster_faults
from campaigns.core.complaints import unknown_key
from campaigns.core.config import Layer
from campaigns.core.documents import SHORTHANDS, CampaignDocument, PayloadPart
from campaigns.core.emptiness import is_empty
from campaigns.core.findings import MAX_PROBLEMS, Findings
from campaigns.core.keys import STEPS, Scope, read_values
from campaigns.core.names import name_fault
from campaigns.core.ordering import Order
from campaigns.core.payload_data import check_data
from campaigns.core.payload_pipeline import PayloadPipeline, put_together
from campaigns.core.pipeline import Steps
from campaigns.core.problem import Location, did_you_mean, listing
from campaigns.core.resolution import Resolver, allowed_sites
from campaigns.core.specs import PayloadSpec
from campaigns.core.splitting import Split
from campaigns.core.step_faults import StepsAtSites

_ROOTS: tuple[Location, ...] = ((), ("config",))
"""Where a campaign's own settings stand."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said a document when and why; its layers remember it."""

    author: str = ""
    at: datetime | None = None
    reason: str = ""
    version: int = 1

    def layer(self, scope: Scope, target: str, values: Mapping[str, Any]) -> Layer:
        """A layer that this document brings."""
        return Layer(scope, target, values, self.version, self.author, self.at, self.reason)


NOBODY = Origin()
"""The origin of documents of which nothing is known, or nothing matters."""


@dataclass(frozen=True, slots=True)
class PayloadCheck:
    """Checks one payload; `layer` is the campaign's own, `location` where the payload stands."""

    catalog: Catalog
    findings: Findings
    campaign: str
    layer: Layer
    origin: Origin
    part: PayloadPart
    location: Location

    def run(self) -> PayloadSpec | None:
        """The spec, as far as it can be made; None if its steps or its name are not known."""
        part, name = self.part, self.part.name or ""
        layers = self._layers(name)
        together = put_together(part.pipelines or (), self.catalog, self.findings, (*self.location, "pipelines"))
        data = check_data(
            part.data, together.pipeline if together else None, self.catalog, self.findings, self.location
        )
        if together is None or not name:
            return None
        resolver = Resolver((*self.catalog.layers, self.layer, *layers), self.campaign, name)
        spec = PayloadSpec(
            name,
            together.pipeline,
            layers=layers,
            description=part.description or "",
            order=part.order or Order(),
            split=self._split(),
            clusters=self._clusters(together),
            **data,
        )
        self._check_labels(together, spec)
        place = (*self.location, "data")
        if not self.findings.inside(place) and is_empty(spec, self.catalog):
            self.findings.add((*place, "where"), f"the selection of payload {name} is empty: no data agree with it")
        return self._placed(spec, resolver)

    def _layers(self, name: str) -> tuple[Layer, ...]:
        """The payload's layer, and one for each step that it speaks of."""
        values = read_settings(self.part, Scope.PAYLOAD, self.catalog, self.findings, self.location)
        found = [self.origin.layer(Scope.PAYLOAD, f"{self.campaign}/{name}", values)]
        for label, given in (self.part.steps or {}).items():
            step_values, faults = read_values(given, Scope.STEP)
            self.findings.add_all(faults, (*self.location, "steps", label))
            found.append(self.origin.layer(Scope.STEP, f"{self.campaign}/{name}/{label}", step_values))
        return tuple(found)

    def _split(self) -> Split:
        part = self.part.split
        return Split(_given(part.by), part.max_instances or 0) if part else Split()

    def _clusters(self, together: PayloadPipeline) -> tuple[Cluster, ...]:
        """The clusters, without the steps that the subset of the pipeline has left out."""
        left_out = together.labels - _labels(together.pipeline.steps)
        found = (
            Cluster(
                name,
                tuple(label for label in _given(item.steps) if label not in left_out),
                _given(item.dimensions),
                item.max_size or 0,
                item.max_clusters or 0,
            )
            for name, item in (self.part.cluster or {}).items()
        )
        return tuple(cluster for cluster in found if cluster.steps)

    def _check_labels(self, together: PayloadPipeline, spec: PayloadSpec) -> None:
        """Steps and dimensions that the payload speaks of and that are not there."""
        labels, steps = together.labels, spec.pipeline.steps
        said: list[tuple[Location, str]] = [(("steps", label), label) for label in self.part.steps or {}]
        said += [(("config", STEPS, label), label) for label in (self.part.config or {}).get(STEPS) or ()]
        for place, label in said:
            if label not in labels:
                self.findings.add((*self.location, *place), f"there is no step {label}{_hint(label, labels)}")
        for name, message in cluster_faults(steps, spec.clusters):
            self.findings.add((*self.location, "cluster", name) if name else (*self.location, "cluster"), message)
        dimensions = frozenset(name for step in steps for name in step.dimensions)
        for place, names in ((("order", "by"), spec.order.by), (("split", "by"), spec.split.by)):
            for name in names:
                if name not in dimensions:
                    self.findings.add(
                        (*self.location, *place), f"no step has the dimension {name}{_hint(name, dimensions)}"
                    )
        self._check_persist(labels, frozenset(spec.pipeline.types))

    def _check_persist(self, labels: frozenset[str], types: frozenset[str]) -> None:
        """Types and steps that nobody knows in the rules of what is kept."""
        given = {(): _extra(self.part, "persist"), ("config",): (self.part.config or {}).get("persist")}
        for inside, said in given.items():
            rules = said.get("types") if isinstance(said, Mapping) else None
            place = (*self.location, *inside, "persist", "types")
            for name, rule in rules.items() if isinstance(rules, Mapping) else ():
                if name not in types:
                    self.findings.add((*place, name), f"there is no dataset type {name}{_hint(name, types)}")
                until = rule.get("until") if isinstance(rule, Mapping) else None
                if isinstance(until, str) and until not in labels:
                    self.findings.add((*place, name, "until"), f"there is no step {until}{_hint(until, labels)}")

    def _placed(self, spec: PayloadSpec, resolver: Resolver) -> PayloadSpec:
        """The spec with its sites, after looking whether its steps can run there."""
        general = resolver.general()
        sites = allowed_sites(general, self.catalog.sites)
        if not sites and not any(
            self.findings.inside((*root, "sites")) for root in (*_ROOTS, self.location, (*self.location, "config"))
        ):
            known = listing(self.catalog.sites)
            self.findings.add(("sites",), f"no site is left to run payload {spec.name}; known sites are {known}")
        steps = StepsAtSites(spec.pipeline.steps, sites, resolver, self.catalog, self.location, self.findings.document)
        self.findings.add_all(steps.faults(spec.clusters))
        return replace(spec, sites=sites, avoid_nodes=tuple(general.below("sites").get("avoidNodes") or ()))


def read_settings(
    part: PayloadPart | CampaignDocument, scope: Scope, catalog: Catalog, findings: Findings, location: Location
) -> dict[str, Any]:
    """What `config` and the shorthands of a campaign or payload set; a shorthand beats the same key in `config`."""
    values, faults = read_values(part.config or {}, scope)
    findings.add_all(faults, (*location, "config"))
    extra = part.model_extra or {}
    fields = frozenset(item.alias or name for name, item in type(part).model_fields.items())
    for key in islice(extra.keys() - set(SHORTHANDS), MAX_PROBLEMS):
        hint = "; settings stand under config" if read_values({key: None}, scope)[1] == [] else ""
        message = f"unknown key {key} here{hint}" if hint else unknown_key(key, fields | frozenset(SHORTHANDS))
        findings.add((*location, key), message)
    short, faults = read_values({key: value for key, value in extra.items() if key in SHORTHANDS}, scope)
    findings.add_all(faults, location)
    _check_sites(extra.get("sites"), catalog, findings, (*location, "sites"))
    _check_sites((part.config or {}).get("sites"), catalog, findings, (*location, "config", "sites"))
    return {**values, **short}


def _check_sites(said: Any, catalog: Catalog, findings: Findings, place: Location) -> None:
    """Sites that do not exist; looked for in what was written, so that other faults beside them hide nothing."""
    for key in ("only", "avoid"):
        names = said.get(key) if isinstance(said, Mapping) else None
        for at, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str) and not name_fault(name) and name not in catalog.sites:
                findings.add((*place, key, at), f"there is no site {name}{_hint(name, catalog.sites)}")


def _extra(part: PayloadPart, key: str) -> Any:
    return (part.model_extra or {}).get(key)


def _given(names: Sequence[str | None] | None) -> tuple[str, ...]:
    return tuple(name for name in names or () if name)


def _labels(steps: Steps) -> frozenset[str]:
    return frozenset(step.label for step in steps)


def _hint(word: str, known: Iterable[str]) -> str:
    words = frozenset(known)
    return did_you_mean(word, words) or f"; known are {listing(words)}"
