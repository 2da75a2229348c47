"""Checks of the steps of a payload after all layers are resolved: software, needs, discovery, agreement in clusters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from campaigns.core.catalog import Catalog, SiteEntry
from campaigns.core.clustering import Cluster
from campaigns.core.complaints import Fault
from campaigns.core.config import Settings, request_of
from campaigns.core.document import Document
from campaigns.core.keys import Scope
from campaigns.core.merging import disagreements
from campaigns.core.pipeline import StepDefinition
from campaigns.core.problem import Location, did_you_mean, listing
from campaigns.core.quantities import duration_text, size_text
from campaigns.core.resolution import Resolver
from execution.core.workflow import Request

_OFFERS: tuple[tuple[str, str, str, Callable[[int], str]], ...] = (
    ("memory_mb", "requestMemory", " of memory", size_text),
    ("cpus", "requestCpus", " CPUs", str),
    ("disk_mb", "requestDisk", " of disk", size_text),
    ("walltime_s", "requestWalltime", " of wall time", duration_text),
)
"""Field of a request and of a site's offer, its key in documents, and how an amount of it is said."""


@dataclass(frozen=True, slots=True)
class StepsAtSites:
    """The steps of a payload and the sites that it may use; `location` is where the payload stands in its document."""

    steps: tuple[StepDefinition, ...]
    sites: tuple[str, ...]
    resolver: Resolver
    catalog: Catalog
    location: Location
    document: Document

    def faults(self, clusters: Sequence[Cluster]) -> Iterator[Fault]:
        """Everything that is wrong, with its place in the document."""
        requests = {
            site: {step.label: request_of(self.resolver.settings(step, site)) for step in self.steps}
            for site in self.sites
        }
        for step in self.steps:
            settings = self.resolver.settings(step)
            yield from self._software_faults(step, settings, requests)
            yield from self._discover_faults(step, settings)
        yield from self._unforeseen_faults()
        for cluster in clusters:
            labels = [label for label in cluster.steps if any(step.label == label for step in self.steps)]
            for site in self.sites if labels else ():
                wrong = disagreements(labels, requests[site])
                yield from (((*self.location, "cluster", cluster.name), message) for message in wrong)
                if wrong:
                    break

    def _software_faults(
        self, step: StepDefinition, settings: Settings, requests: Mapping[str, Mapping[str, Request]]
    ) -> Iterator[Fault]:
        """Software that is unknown or nowhere to be had, and needs that no site with the software can meet."""
        name = settings.get("software", "")
        place = self._place(step, settings, "software")
        having = set(self.sites)
        if not name:
            yield (("software",), "no software version is named; say software: <name>")
        elif name not in self.catalog.software:
            known = self.catalog.software
            yield (
                place,
                f"there is no software version {name}{did_you_mean(name, known) or f'; known are {listing(known)}'}",
            )
        else:
            having &= self.catalog.software[name].sites
            if self.sites and not having:
                available = listing(self.catalog.software[name].sites)
                yield (
                    place,
                    f"software {name} is available at none of the allowed sites; it is available at {available}",
                )
        if not self.sites:
            return
        fits = {site: _too_much(requests[site][step.label], self.catalog.sites[site]) for site in self.sites}
        able = {site for site, excess in fits.items() if not excess}
        if not able:
            key, message = next(iter(fits[self._largest(fits)]))
            at = self._place(step, self.resolver.settings(step, self.sites[0]), key)
            yield at, f"step {step.label} asks for {message}; no allowed site offers more"
        elif having and not able & having:
            yield place, f"no allowed site has both software {name} and what step {step.label} asks for"

    def _largest(self, sites: Mapping[str, object]) -> str:
        """The site with the most memory, of which the message tells."""
        return max(sites, key=lambda site: (self.catalog.sites[site].memory_mb, self.catalog.sites[site].cpus))

    def _discover_faults(self, step: StepDefinition, settings: Settings) -> Iterator[Fault]:
        name = settings.get("discover")
        if name and name not in step.many:
            made = f"it makes {listing(step.many)} so" if step.many else "each of its outputs is foreseen"
            message = f"step {step.label} does not make as many {name} as it finds; {made}"
            yield self._place(step, settings, "discover"), message

    def _unforeseen_faults(self) -> Iterator[Fault]:
        """Inputs of which nobody can know how many there will be, unless the step that makes them discovers them."""
        makers = {name: step for step in self.steps for name in step.many}
        for step in self.steps:
            for item in step.inputs:
                maker = makers.get(item.type)
                if maker is not None and self.resolver.settings(maker).get("discover") != item.type:
                    yield (
                        (*self.location, "steps", maker.label),
                        f"step {step.label} reads {item.type}, of which {maker.label} makes as many as it finds;"
                        f" say discover: {item.type} for {maker.label}",
                    )

    def _place(self, step: StepDefinition, settings: Settings, key: str) -> Location:
        """Where in the document the value of a key was said; the payload if it comes from elsewhere."""
        scope, _, target = settings.layer_of(key).partition(":")
        here = (*self.location, "steps", step.label)
        places: list[Location] = []
        if scope == Scope.STEP and target == f"{self.resolver.campaign}/{self.resolver.payload}/{step.label}":
            places = [(*here, key)]
        elif scope in (Scope.PAYLOAD, Scope.CAMPAIGN):
            root = self.location if scope == Scope.PAYLOAD else ()
            places = [(*root, "config", "steps", step.label, key), (*root, key), (*root, "config", key)]
        return next(
            (place for place in places if self.document.has(place)), here if key != "software" else self.location
        )


def _too_much(request: Request, site: SiteEntry) -> list[tuple[str, str]]:
    """The needs that exceed what a site offers, as (key, words); 0 means that the offer is not known."""
    found = []
    for field, key, noun, words in _OFFERS:
        asked, offered = getattr(request, field), getattr(site, field)
        if offered and asked > offered:
            found.append((key, f"{words(asked)}{noun}, and site {site.name} offers {words(offered)}"))
    return found
