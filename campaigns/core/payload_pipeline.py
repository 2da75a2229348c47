"""A payload's pipelines: looked up, cut to the steps asked for, changed, and put together as one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from campaigns.core.catalog import Catalog
from campaigns.core.definition_faults import Definer, dataset_types
from campaigns.core.documents import InsertPart, PipelineUse
from campaigns.core.findings import Findings
from campaigns.core.pipeline import (
    Pipeline,
    PipelineError,
    Steps,
    combine,
    dependency_faults,
    insert,
    reorder,
    skip,
    subset,
)
from campaigns.core.problem import Location, did_you_mean, listing


@dataclass(frozen=True, slots=True)
class PayloadPipeline:
    """The steps that run, as one pipeline, and the labels of all steps that its pipelines have."""

    pipeline: Pipeline
    labels: frozenset[str]


def put_together(
    uses: Iterable[PipelineUse | None], catalog: Catalog, findings: Findings, location: Location
) -> PayloadPipeline | None:
    """The pipelines of a payload as one; None if one of them cannot be found or changed as asked."""
    found: list[Pipeline | None] = []
    labels: set[str] = set()
    for at, use in enumerate(uses):
        pipeline = _look_up(use, catalog, findings, (*location, at)) if use is not None else None
        if pipeline is not None and use is not None:
            labels.update(step.label for step in pipeline.steps)
            pipeline = _changed(pipeline, use, catalog, findings, (*location, at))
        found.append(pipeline)
    whole = [pipeline for pipeline in found if pipeline is not None]
    if len(whole) < len(found):
        return None
    try:
        together = combine(whole)
    except PipelineError as error:
        for message in error.faults:
            findings.add(location, message)
        return None
    labels.update(step.label for step in together.steps)
    for label, message in dependency_faults(together.steps, frozenset(catalog.types)):
        findings.add(_place_of(label, whole, location), f"step {label}: {message}")
    return PayloadPipeline(together, frozenset(labels)) if together.steps else None


def _look_up(use: PipelineUse, catalog: Catalog, findings: Findings, location: Location) -> Pipeline | None:
    if use.pipeline is None:
        return None
    versions = catalog.pipelines.get(use.pipeline)
    if not versions:
        known = catalog.pipelines
        hint = did_you_mean(use.pipeline, known) or f"; known are {listing(known)}"
        findings.add((*location, "pipeline"), f"there is no pipeline {use.pipeline}{hint}")
        return None
    version = max(versions) if use.version is None else use.version
    if version not in versions:
        known_versions = ", ".join(map(str, sorted(versions)))
        findings.add(
            (*location, "version"), f"pipeline {use.pipeline} has no version {version}; it has {known_versions}"
        )
        return None
    return versions[version]


@dataclass(slots=True)
class _Editor:
    """Applies changes to the steps of one pipeline; a change that fails is noted, and the steps stay as they were."""

    steps: Steps
    findings: Findings
    location: Location
    is_broken: bool = False

    def apply(self, place: Location, change: Callable[[Steps], Steps]) -> None:
        """One change, said at a place of the document."""
        try:
            self.steps = change(self.steps)
        except PipelineError as error:
            self.is_broken = True
            for message in error.faults:
                self.findings.add((*self.location, *place), message)


def _changed(
    pipeline: Pipeline, use: PipelineUse, catalog: Catalog, findings: Findings, location: Location
) -> Pipeline | None:
    """The pipeline with the operator's changes: a subset, steps skipped, added, in another order."""
    types = {**pipeline.types, **dataset_types(use.dataset_types or {}, catalog, findings, (*location, "datasetTypes"))}
    editor = _Editor(pipeline.steps, findings, location)
    if use.steps is not None:
        editor.apply(("steps",), partial(subset, expression=use.steps))
    for at, label in enumerate(use.skip or ()):
        editor.apply(("skip", at), partial(_skipped, pipeline.steps, label or ""))
    definer = Definer(findings, types, pipeline.name, pipeline.version)
    for at, part in enumerate(use.insert or ()):
        _insert(editor, part or InsertPart(), definer, ("insert", at))
    if use.order is not None and not editor.is_broken:
        editor.apply(("order",), partial(reorder, order=[label for label in use.order if label]))
    if not editor.steps:
        findings.add(location, f"no step of pipeline {pipeline.name} is left")
    return None if editor.is_broken else Pipeline(pipeline.name, pipeline.version, types, editor.steps)


def _skipped(all_steps: Steps, label: str, steps: Steps) -> Steps:
    """The steps without one that the pipeline has; perhaps the subset has left it out already."""
    skip(all_steps, [label])
    return tuple(step for step in steps if step.label != label)


def _insert(editor: _Editor, part: InsertPart, definer: Definer, place: Location) -> None:
    """Adds a step that is defined in the payload itself."""
    step = definer.define(part.step or "", part, (*editor.location, *place))
    if step is None or not part.step:
        editor.is_broken = True
        return
    editor.apply(place, partial(insert, added=step, before=part.before or "", after=part.after or ""))


def _place_of(label: str, pipelines: Sequence[Pipeline], location: Location) -> Location:
    """Where the document brings in a step."""
    at = next((at for at, item in enumerate(pipelines) if any(step.label == label for step in item.steps)), None)
    return location if at is None else (*location, at)
