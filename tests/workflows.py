"""Small workflows for tests and benchmarks: steps that run shell lines, planned by hand."""

from collections.abc import Iterable, Sequence

from execution.core.workflow import (
    Blueprint,
    FailurePolicy,
    Input,
    InputSpec,
    Instance,
    Job,
    Need,
    OutputSpec,
    Request,
    StepSpec,
    Workflow,
)

COPY = """import json, sys
for rows in json.load(open(sys.argv[2]))["outputs"].values():
    for row in rows:
        open(row["path"], "w").write("made")
"""
"""Writes every declared output."""


def step(
    label: str,
    position: int,
    *,
    command: Sequence[str] = ("true",),
    inputs: Iterable[InputSpec] = (),
    outputs: Iterable[str] = (),
    on_failure: FailurePolicy | None = None,
    dimensions: tuple[str, ...] = ("exposure",),
) -> StepSpec:
    """A step whose outputs are of types named in `outputs`, all required."""
    made = tuple(OutputSpec(kind, dimensions, suffix=".txt") for kind in outputs)
    return StepSpec(
        label=label,
        position=position,
        dimensions=dimensions,
        command=tuple(command),
        inputs=tuple(inputs),
        outputs=made,
        on_failure=on_failure or FailurePolicy(),
    )


def blueprint(*steps: StepSpec, campaign: str = "night", request: Request | None = None, **fields: object) -> Blueprint:
    """A payload `calibrate` of these steps, for the site `local`."""
    types = {spec.type: spec.dimensions for one in steps for spec in one.outputs}
    asked = {one.label: request or Request(retries=0, memory_mb=100, walltime_s=60) for one in steps}
    values: dict[str, object] = {"run": 1, "payload": "calibrate", "requests": {"local": asked}} | fields
    return Blueprint(campaign=campaign, steps=steps, types=types, **values)  # type: ignore[arg-type]


def workflow(plan: Blueprint, jobs: Iterable[Job], **fields: object) -> Workflow:
    """The one workflow of a payload."""
    name = f"{plan.campaign}/r{plan.run}/{plan.payload}/1"
    return Workflow(name=name, blueprint=plan, jobs=iter(jobs), **fields)  # type: ignore[arg-type]


def fan(n: int) -> list[Job]:
    """1 -> n -> 1: step 0 once, step 1 on exposures 1..n, step 2 once (steps in a blueprint of three)."""
    first = Job(0, "first", 0, (), (Instance(0, 0, (0,), ()),))
    middle = [Job(i, "middle", i, (0,), (Instance(i, 1, (i,), ()),)) for i in range(1, n + 1)]
    last = Job(n + 1, "last", n + 1, tuple(range(1, n + 1)), (Instance(n + 1, 2, (0,), ()),))
    return [first, *middle, last]


def chain_input(kind: str, exposure: int, producer: int) -> Input:
    """The dataset of `kind` that instance `producer` makes for an exposure."""
    return Input(kind, (exposure,), 0, producer)


def at_least(kind: str, n: int) -> InputSpec:
    """An input of which `n` datasets are enough."""
    return InputSpec(kind, Need.AT_LEAST, n)
