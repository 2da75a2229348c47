"""Pipelines: versioned sequences of step definitions, and what an operator may do to them (LDM-636 0008).

Each function gives a new sequence or raises PipelineError with every reason why it cannot.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.core.dependencies import CircularError, in_order, makers, parents_of
from campaigns.core.problem import did_you_mean, listing
from execution.core.workflow import InputSpec, Need, OutputSpec


@dataclass(frozen=True, slots=True)
class DatasetType:
    """A named kind of data; `format` is the ending of its files, `check` a test of their contents."""

    name: str
    dimensions: tuple[str, ...]
    format: str = ""
    metadata: tuple[str, ...] = ()
    check: str = ""


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """A data-independent piece of work; `values` are the settings that its definition brings along."""

    label: str
    dimensions: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    command: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    pipeline: str = ""
    version: int = 0

    @property
    def many(self) -> frozenset[str]:
        """The types of which an instance makes as many datasets as it finds."""
        return frozenset(output.type for output in self.outputs if output.many)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A sequence of steps over dataset types; several pipelines put together are one again, without a version."""

    name: str
    version: int
    types: Mapping[str, DatasetType]
    steps: tuple[StepDefinition, ...]


class PipelineError(ValueError):
    """Why a pipeline cannot be changed as asked; `faults` has one message for each reason."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


Steps = tuple[StepDefinition, ...]

_PART = re.compile(r"\s*([A-Za-z0-9_.-]*?)\s*(\.\.)\s*([A-Za-z0-9_.-]*)\s*|\s*([A-Za-z0-9_.-]+)\s*")


def subset(steps: Steps, expression: str | Sequence[str]) -> Steps:
    """The steps that `isr..visitSummary`, `isr,measure`, `isr..`, `..measure`, or a list of such parts name.

    Ranges follow the order of the sequence and include both ends; the result keeps that order.
    """
    labels = [step.label for step in steps]
    parts = expression.split(",") if isinstance(expression, str) else list(expression)
    faults: list[str] = []
    chosen: set[str] = set()
    for part in parts:
        match = _PART.fullmatch(part)
        if match is None:
            faults.append(f"{part.strip()!r} names no steps; write isr, isr.., ..measure or isr..measure")
            continue
        first, last = (match[1], match[3]) if match[2] else (match[4], match[4])
        unknown = [label for label in dict.fromkeys((first, last)) if label and label not in labels]
        faults.extend(_unknown(label, labels) for label in unknown)
        if not unknown:
            begin = labels.index(first) if first else 0
            end = labels.index(last) if last else len(labels) - 1
            if end < begin:
                faults.append(f"{first}..{last} is empty: {last} comes before {first}")
            chosen.update(labels[begin : end + 1])
    if faults:
        raise PipelineError(faults)
    return tuple(step for step in steps if step.label in chosen)


def skip(steps: Steps, labels: Iterable[str]) -> Steps:
    """The steps without these."""
    known = [step.label for step in steps]
    refused = frozenset(labels)
    faults = [_unknown(label, known) for label in sorted(refused - set(known))]
    if faults:
        raise PipelineError(faults)
    return tuple(step for step in steps if step.label not in refused)


def insert(steps: Steps, added: StepDefinition, *, before: str = "", after: str = "") -> Steps:
    """The steps with one more, before or after another; at the end if neither is said."""
    labels = [step.label for step in steps]
    faults = [_unknown(label, labels) for label in (before, after) if label and label not in labels]
    if before and after:
        faults.append(f"step {added.label}: say before or after, not both")
    if added.label in labels:
        faults.append(f"there is a step {added.label} already; choose another name or skip that one first")
    if faults:
        raise PipelineError(faults)
    at = labels.index(before) if before else labels.index(after) + 1 if after else len(labels)
    return (*steps[:at], added, *steps[at:])


def reorder(steps: Steps, order: Sequence[str]) -> Steps:
    """The steps in another order, which names each of them once."""
    by_label = {step.label: step for step in steps}
    counts = Counter(order)
    faults = [_unknown(label, by_label) for label in counts if label not in by_label]
    faults += [f"step {label} stands twice in the order" for label, count in counts.items() if count > 1]
    faults += [
        f"step {label} is missing in the order; skip it if it shall not run"
        for label in by_label
        if label not in counts
    ]
    if faults:
        raise PipelineError(faults)
    return tuple(by_label[label] for label in order)


def combine(pipelines: Sequence[Pipeline]) -> Pipeline:
    """Pipelines one after the other as one; labels must differ, and a type must mean the same in all of them."""
    faults: list[str] = []
    types: dict[str, DatasetType] = {}
    origin: dict[str, str] = {}
    steps: list[StepDefinition] = []
    for pipeline in pipelines:
        for name, dataset_type in pipeline.types.items():
            if types.setdefault(name, dataset_type) != dataset_type:
                faults.append(f"dataset type {name} is defined differently in {origin[name]} and {pipeline.name}")
            origin.setdefault(name, pipeline.name)
        for step in pipeline.steps:
            if any(step.label == other.label for other in steps):
                faults.append(f"step {step.label} is in two pipelines of the payload; skip one of them")
            else:
                steps.append(step)
    if faults:
        raise PipelineError(faults)
    return Pipeline("+".join(pipeline.name for pipeline in pipelines), 0, types, tuple(steps))


def dependency_faults(steps: Steps, outside: frozenset[str] | None = None) -> Iterator[tuple[str, str]]:
    """What is wrong with the order of steps, as (label, message): circles, types made twice, too late or by nobody.

    `outside` are the dataset types that exist already; None if anything may exist.
    """
    made_by: dict[str, str] = {}
    for step in steps:
        for output in step.outputs:
            if made_by.setdefault(output.type, step.label) != step.label:
                yield step.label, f"{output.type} is made by {made_by[output.type]} already; skip one of the two"
    try:
        in_order(parents_of(steps))
    except CircularError as error:
        yield error.path[0], f"steps wait for each other in a circle: {error}"
        return
    yield from _too_early(steps, makers(steps), outside)


def _too_early(steps: Steps, made_by: Mapping[str, str], outside: frozenset[str] | None) -> Iterator[tuple[str, str]]:
    done: set[str] = set()
    for step in steps:
        for item in step.inputs:
            maker = made_by.get(item.type)
            if maker is not None and maker not in done:
                yield (
                    step.label,
                    f"it reads {item.type}, which {maker} makes only later; put {maker} before {step.label}",
                )
            elif maker is None and outside is not None and item.type not in outside and item.need is not Need.OPTIONAL:
                yield step.label, f"it reads {item.type}, which no step makes and of which no dataset is known"
        done.add(step.label)


def _unknown(label: str, known: Iterable[str]) -> str:
    return f"there is no step {label}{did_you_mean(label, known) or f'; the pipeline has {listing(known)}'}"
