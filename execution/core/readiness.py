"""Which step instances of a job can still run, once some of its parents did not make all they should."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from execution.core.workflow import Input, InputSpec, StepSpec


class Planned(Protocol):
    """A step instance as it was planned."""

    @property
    def number(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def inputs(self) -> tuple[Input, ...]: ...


def runnable(instances: Iterable[Planned], steps: Sequence[StepSpec], exists: Callable[[Input], bool]) -> set[int]:
    """Numbers of the instances whose least inputs are there, or will be made by runnable ones before them in the
    same job.

    `instances` are those still to be run, in the order in which the job runs them.
    """
    can: set[int] = set()
    for instance in instances:
        there = [i for i in instance.inputs if i.dataset or i.producer in can or exists(i)]
        if not unmet(steps[instance.step].inputs, instance.inputs, there):
            can.add(instance.number)
    return can


def unmet(specs: Sequence[InputSpec], planned: Sequence[Input], there: Sequence[Input]) -> tuple[str, ...]:
    """Dataset types of which fewer are there than the step's minimum (LDM-636 0031, LDM-633 RUN7)."""
    return tuple(
        spec.type
        for spec in specs
        if sum(i.type == spec.type for i in there) < spec.minimum(sum(i.type == spec.type for i in planned))
    )
