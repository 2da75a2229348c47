"""Short ways to write steps, datasets and plans in tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.core.planner import Plan, PlanSpec, plan
from campaigns.core.selection import parse
from campaigns.core.universe import DatasetRow
from execution.core.workflow import Blueprint, InputSpec, Job, Need, OutputSpec, Request, StepSpec

TYPES: dict[str, tuple[str, ...]] = {
    "raw": ("exposure", "detector"),
    "biasRaw": ("exposure", "detector"),
    "bias": ("detector",),
    "flat": ("detector", "band"),
    "image": ("exposure", "detector"),
    "plot": ("exposure", "detector"),
    "sources": ("exposure", "detector"),
    "bright": ("exposure", "detector", "source"),
    "stamp": ("exposure", "detector", "source"),
    "gallery": ("exposure",),
    "summary": ("exposure",),
    "night": (),
    "coadd": ("tile", "band"),
    "warp": ("tile", "exposure"),
}


def step(label: str, dimensions: str, reads: str = "", makes: str = "", **options: Any) -> StepSpec:
    """`step("isr", "exposure detector", "raw flat? bias:2", "image")`: ? is optional, :2 at least two."""
    mine = tuple(dimensions.split())
    outputs = tuple(_output(name, mine) for name in makes.split())
    inputs = tuple(map(_input, reads.split()))
    return StepSpec(label, options.pop("position", 0), mine, ("true",), inputs, outputs, **options)


def _input(text: str) -> InputSpec:
    if text.endswith("?"):
        return InputSpec(text[:-1], Need.OPTIONAL)
    name, _, least = text.partition(":")
    return InputSpec(name, Need.AT_LEAST, int(least)) if least else InputSpec(name)


def _output(name: str, mine: tuple[str, ...]) -> OutputSpec:
    extra = [dimension for dimension in TYPES[name] if dimension not in mine]
    return OutputSpec(name, TYPES[name], many=extra[0] if extra else None)


def rows(type_name: str, data_ids: Iterable[tuple[Any, ...]], first: int = 1, **metadata: Any) -> list[DatasetRow]:
    """Existing datasets with consecutive numbers and common metadata."""
    return [DatasetRow(type_name, data_id, number, metadata) for number, data_id in enumerate(data_ids, start=first)]


def grid(exposures: Iterable[int], detectors: Iterable[int]) -> list[tuple[int, int]]:
    """Every detector of every exposure."""
    chosen = list(detectors)
    return [(exposure, detector) for exposure in exposures for detector in chosen]


def blueprint(steps: Iterable[StepSpec]) -> Blueprint:
    """A blueprint of these steps at one site."""
    chosen = tuple(steps)
    return Blueprint("night", 1, "calibrate", chosen, TYPES, {"local": {item.label: Request() for item in chosen}})


def spec_of(steps: Iterable[StepSpec], datasets: Iterable[DatasetRow], where: str = "", **options: Any) -> PlanSpec:
    """What the planner needs; `where` as text."""
    selection = parse(where) if where else None
    return PlanSpec(blueprint(steps), list(datasets), where=selection, **options)


def planned(steps: Iterable[StepSpec], datasets: Iterable[DatasetRow], where: str = "", **options: Any) -> Plan:
    """The plan of steps over datasets."""
    return plan(spec_of(steps, datasets, where, **options))


def jobs_of(made: Plan) -> list[Job]:
    """All jobs of all workflows, in order."""
    return [job for workflow in made.workflows() for job in workflow.jobs]


def data_ids(made: Plan) -> dict[str, list[tuple[Any, ...]]]:
    """Step label -> data IDs of its instances, in order."""
    steps = made.spec.blueprint.steps
    found: dict[str, list[tuple[Any, ...]]] = {}
    for job in jobs_of(made):
        for instance in job.instances:
            found.setdefault(steps[instance.step].label, []).append(instance.data_id)
    return found


def inputs_of(made: Plan, label: str, data_id: tuple[Any, ...]) -> list[tuple[str, tuple[Any, ...]]]:
    """(type, data ID) of everything that one instance reads."""
    steps = made.spec.blueprint.steps
    for job in jobs_of(made):
        for instance in job.instances:
            if steps[instance.step].label == label and instance.data_id == data_id:
                return [(item.type, item.data_id) for item in instance.inputs]
    raise LookupError(f"no instance {label} {data_id}")


def members(job: Job, steps: Mapping[int, StepSpec] | tuple[StepSpec, ...]) -> list[tuple[str, tuple[Any, ...]]]:
    """(label, data ID) of a job's instances."""
    return [(steps[instance.step].label, instance.data_id) for instance in job.instances]
