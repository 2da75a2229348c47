"""Checks of pipeline documents: step definitions into values, with everything that is wrong in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from campaigns.core.catalog import Catalog
from campaigns.core.complaints import keys_at, unknown_key, validate
from campaigns.core.definitions import DatasetTypePart, PipelineDocument, StepPart
from campaigns.core.document import Document
from campaigns.core.findings import Findings
from campaigns.core.keys import KEYS, Scope, read_values
from campaigns.core.pipeline import DatasetType, Pipeline, StepDefinition, dependency_faults
from campaigns.core.problem import Location, did_you_mean, listing
from campaigns.core.variables import names_in
from execution.core.workflow import InputSpec, OutputSpec

PLACEHOLDERS = ("inputs", "outputs", "config")
"""Variables of a command: paths of the JSON files that tell a step program what to do."""


def check_pipeline(document: Document, catalog: Catalog, findings: Findings) -> Pipeline | None:
    """The pipeline of a document, if nothing is wrong with it."""
    model, faults = validate(PipelineDocument, document.data)
    findings.add_all(faults)
    if model is None:
        return None
    name, version = model.pipeline or "", model.version or 0
    if version in catalog.pipelines.get(name, {}):
        last = max(catalog.pipelines[name])
        findings.add(("version",), f"version {version} of pipeline {name} exists already; the next one is {last + 1}")
    types = dataset_types(model.dataset_types or {}, catalog, findings)
    definer = Definer(findings, types, name, version)
    steps = [definer.define(label, part, ("steps", label)) for label, part in (model.steps or {}).items()]
    made = tuple(step for step in steps if step is not None)
    for label, message in dependency_faults(made, None):
        findings.add(("steps", label), message)
    return Pipeline(name, version, types, made)


def dataset_types(
    parts: Mapping[str, DatasetTypePart], catalog: Catalog, findings: Findings, location: Location = ("datasetTypes",)
) -> dict[str, DatasetType]:
    """The dataset types of a document; a type keeps its dimensions for good, in all pipelines."""
    found: dict[str, DatasetType] = {}
    for name, part in parts.items():
        dimensions = _distinct(part.dimensions or (), findings, (*location, name, "dimensions"))
        known = catalog.types.get(name)
        if known is not None and part.dimensions is not None and set(known.dimensions) != set(dimensions):
            message = f"datasets of type {name} exist with the dimensions {listing(known.dimensions)}"
            findings.add((*location, name, "dimensions"), f"{message}; choose another name")
        metadata = tuple(item for item in part.metadata or () if item)
        found[name] = DatasetType(name, dimensions, part.format or "", metadata, part.check or "")
    return found


@dataclass(frozen=True, slots=True)
class Definer:
    """Makes step definitions of one pipeline."""

    findings: Findings
    types: Mapping[str, DatasetType]
    pipeline: str
    version: int

    def define(self, label: str, part: StepPart, location: Location) -> StepDefinition | None:
        """The definition that a part of a document says; None if it lacks what everything else depends on."""
        if part.dimensions is None:
            return None
        dimensions = _distinct(part.dimensions, self.findings, (*location, "dimensions"))
        command = tuple(word for word in part.command or () if word is not None)
        for at, word in enumerate(command):
            for name in names_in(word):
                if name not in PLACEHOLDERS:
                    hint = did_you_mean(name, PLACEHOLDERS) or f"; a command may use {listing(PLACEHOLDERS)}"
                    self.findings.add((*location, "command", at), f"undefined variable {{{name}}}{hint}")
        step = StepDefinition(
            label,
            dimensions,
            self._inputs(part.inputs or {}, (*location, "inputs")),
            self._outputs(part.outputs or {}, dimensions, (*location, "outputs")),
            command,
            self._values(part, location),
            self.pipeline,
            self.version,
        )
        for item in step.inputs:
            if any(item.type == output.type for output in step.outputs):
                self.findings.add((*location, "inputs", item.type), f"step {label} reads {item.type}, which it makes")
        discovered = step.values.get("discover")
        if discovered and discovered not in step.many:
            made = f"it makes {listing(step.many)} so" if step.many else "each of its outputs is foreseen"
            self.findings.add(
                (*location, "discover"), f"step {label} does not make as many {discovered} as it finds; {made}"
            )
        return step

    def _inputs(self, parts: Mapping[str, InputSpec], location: Location) -> tuple[InputSpec, ...]:
        known = [name for name in parts if self._is_known(name, (*location, name))]
        return tuple(replace(parts[name], type=name) for name in known)

    def _outputs(self, parts: Mapping[str, str], mine: tuple[str, ...], location: Location) -> tuple[OutputSpec, ...]:
        """Outputs with the dimensions of the step, or with one more, whose values only the run will tell."""
        found = []
        for name, need in parts.items():
            if not self._is_known(name, (*location, name)):
                continue
            made = self.types[name]
            extra = [item for item in made.dimensions if item not in mine]
            if self.findings.inside(("datasetTypes", name)):
                continue
            if not set(mine) <= set(made.dimensions) or len(extra) > 1:
                has = f"{name} has the dimensions {listing(made.dimensions)}, the step {listing(mine)}"
                self.findings.add((*location, name), f"{has}; an output has those of its step, or one more")
                continue
            suffix = f".{made.format}" if made.format else ""
            many = extra[0] if extra else None
            found.append(OutputSpec(name, made.dimensions, need == "required", suffix, many, made.metadata, made.check))
        return tuple(found)

    def _is_known(self, name: str, location: Location) -> bool:
        if name in self.types:
            return True
        hint = did_you_mean(name, self.types) or "; define it under datasetTypes"
        self.findings.add(location, f"there is no dataset type {name}{hint}")
        return False

    def _values(self, part: StepPart, location: Location) -> dict[str, object]:
        extra = part.model_extra or {}
        fields = keys_at(type(part), ())
        for key in extra.keys() - KEYS.keys():
            self.findings.add((*location, key), unknown_key(key, fields | KEYS.keys()))
        values, faults = read_values({key: value for key, value in extra.items() if key in KEYS}, Scope.DEFINITION)
        self.findings.add_all(faults, location)
        return values


def _distinct(names: Sequence[str | None], findings: Findings, location: Location) -> tuple[str, ...]:
    given = [name for name in names if name]
    for name in dict.fromkeys(given):
        if given.count(name) > 1:
            findings.add(location, f"the dimension {name} stands twice")
    return tuple(dict.fromkeys(given))
