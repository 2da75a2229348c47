"""Dependencies between steps: who makes what, who waits for whom, in an order in which nobody comes too early."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Protocol

from execution.core.workflow import InputSpec, OutputSpec


class StepShape(Protocol):
    """What dependencies need to know of a step: a step definition and a step of a workflow both fit."""

    @property
    def label(self) -> str:
        """Unique within the payload."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Of its data IDs."""

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """Dataset types it reads."""

    @property
    def outputs(self) -> tuple[OutputSpec, ...]:
        """Dataset types it makes."""


class CircularError(ValueError):
    """Something would have to wait for itself; `path` names the circle, its first member again at the end."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(" → ".join(path))
        self.path = tuple(path)


def makers(steps: Iterable[StepShape]) -> dict[str, str]:
    """Dataset type -> label of the step that makes it; of several the first."""
    found: dict[str, str] = {}
    for step in steps:
        for output in step.outputs:
            found.setdefault(output.type, step.label)
    return found


def parents_of(steps: Sequence[StepShape]) -> dict[str, tuple[str, ...]]:
    """Label -> labels of the steps whose outputs it reads, each once, in the order of its inputs."""
    by_type = makers(steps)
    return {
        step.label: tuple(dict.fromkeys(by_type[item.type] for item in step.inputs if item.type in by_type))
        for step in steps
    }


def in_order(parents: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The labels with parents before children, otherwise in the given order; CircularError if that cannot be."""
    sorter = TopologicalSorter(parents)
    try:
        sorter.prepare()
    except CycleError as error:
        # graphlib names each one before those that wait for it
        raise CircularError(error.args[1]) from None
    rank = {label: at for at, label in enumerate(parents)}
    done: list[str] = []
    ready = list(sorter.get_ready())
    while ready:
        label = min(ready, key=lambda name: rank.get(name, -1))
        ready.remove(label)
        sorter.done(label)
        done.append(label)
        ready.extend(sorter.get_ready())
    return tuple(done)


def below(start: str, steps: Sequence[StepShape], first: frozenset[str]) -> frozenset[str]:
    """The steps that read one of the `first` types or, further down, anything made by such a step; never `start`."""
    readers: dict[str, list[StepShape]] = {}
    for step in steps:
        for item in step.inputs:
            readers.setdefault(item.type, []).append(step)
    found: set[str] = set()
    waiting = list(first)
    while waiting:
        for step in readers.pop(waiting.pop(), ()):
            if step.label != start and step.label not in found:
                found.add(step.label)
                waiting.extend(output.type for output in step.outputs)
    return frozenset(found)
