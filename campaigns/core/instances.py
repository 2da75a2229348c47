"""Step instances: each step definition on each data ID for which what it cannot do without exists or will be made.

An instance is a number: steps one after the other, data IDs in order within a step. What it reads is found again from
the positions of data IDs, so nothing is stored per instance but two integers.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from campaigns.core.columns import Ints
from campaigns.core.joins import Row
from campaigns.core.projections import Gather, Link, Projection, Projector, Single
from execution.core.workflow import InputSpec, Need, StepSpec, text_of

_MADE, _SILENT, _MISSED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Omission:
    """Data IDs of a step for which there is no instance, because of one input type; `example` is the first of them.

    With an empty step it counts data IDs that have a value in the column `type` which no data ID can hold.
    """

    step: str
    type: str
    count: int
    example: str = ""
    at_least: int = 1

    def __str__(self) -> str:
        if not self.step:
            return f"{_many(self.count)} a {self.type} that cannot be part of a data ID"
        lack = f"no {self.type}" if self.at_least <= 1 else f"fewer than {self.at_least} {self.type}"
        return f"{self.step}: {_many(self.count)} {lack} (the first is {self.example or 'the only one'})"


@dataclass(slots=True)
class Source:
    """An input type of a step: where its candidates stand and who makes them or under which number they exist.

    `ids` holds data IDs in the order of the type's dimensions; `datasets` the catalog's numbers, 0 where there is none.
    """

    spec: InputSpec
    link: Link
    ids: list[Row]
    producer: "PlannedStep | None"
    datasets: Ints | None
    is_driver: bool


@dataclass(slots=True)
class PlannedStep:
    """A step with its instances: number `first + k` has the data ID at `positions[k]`; `numbers` is the way back.

    `feeds` holds, for each step that makes inputs of this one, its numbers by position and the way to these positions.
    """

    index: int
    spec: StepSpec
    projection: Projection
    sources: tuple[Source, ...] = ()
    feeds: tuple[tuple[Ints, Link], ...] = ()
    first: int = 0
    positions: Ints = field(default_factory=lambda: array("i"))
    numbers: Ints = field(default_factory=lambda: array("i"))
    fates: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True, slots=True)
class Generated:
    """The planned steps in the order of the payload, the number of instances, and what could not be generated."""

    steps: tuple[PlannedStep, ...]
    total: int
    omissions: tuple[Omission, ...]

    def step_of(self, number: int) -> PlannedStep:
        """The step of an instance."""
        return self.steps[bisect_right(self.steps, number, key=lambda step: step.first) - 1]


def generate(
    steps: Sequence[tuple[int, StepSpec]],
    types: Mapping[str, tuple[str, ...]],
    projector: Projector,
    datasets: Mapping[str, Mapping[Row, int]],
) -> Generated:
    """The instances of steps (with their index in the payload), given in an order in which makers precede readers."""
    makers: dict[str, PlannedStep] = {}
    planned: list[PlannedStep] = []
    omissions: list[Omission] = []
    total = 0
    for index, spec in steps:
        step = PlannedStep(index, spec, projector.project(spec.dimensions), first=total)
        step.sources = tuple(
            _source(item, spec, types, projector, makers.get(item.type), datasets) for item in spec.inputs
        )
        omissions.extend(_decide(step))
        total += len(step)
        feeds = {
            made.producer.index: (made.producer.numbers, made.link)
            for made in step.sources
            if made.producer is not None
        }
        step.feeds = tuple(feeds.values())
        planned.append(step)
        makers.update((output.type, step) for output in spec.outputs if output.many is None)
    omissions.extend(Omission("", column, count) for column, count in sorted(projector.unusable.items()))
    return Generated(tuple(planned), total, tuple(omissions))


def _source(
    item: InputSpec,
    step: StepSpec,
    types: Mapping[str, tuple[str, ...]],
    projector: Projector,
    producer: PlannedStep | None,
    datasets: Mapping[str, Mapping[Row, int]],
) -> Source:
    dimensions = types[item.type]
    ids = projector.project(dimensions).ids_in(dimensions)
    existing = datasets.get(item.type)
    numbers = array("q", [existing.get(data_id, 0) for data_id in ids]) if existing else None
    link = projector.link(step.dimensions, dimensions)
    return Source(item, link, ids, producer, numbers, set(step.dimensions) <= set(dimensions))


def _decide(step: PlannedStep) -> Iterator[Omission]:
    """Fills in which data IDs get an instance; says of the others, type by type, how many lack it."""
    width = len(step.projection.ids)
    lacking = _lacking(step, width)
    step.fates = bytearray(width)
    counts: dict[int, list[int]] = {}
    for position, source_at in sorted(lacking.items()):
        is_silent = source_at < 0 or not _was_hoped_for(step, position)
        step.fates[position] = _SILENT if is_silent else _MISSED
        if not is_silent:
            counts.setdefault(source_at, []).append(position)
    step.positions = array("i", [at for at in range(width) if not step.fates[at]] if lacking else range(width))
    step.numbers = array("i", [-1]) * width
    for number, position in enumerate(step.positions, start=step.first):
        step.numbers[position] = number
    order = step.spec.dimensions
    for source_at, positions in sorted(counts.items()):
        example = step.projection.ids_in(order)[positions[0]]
        item = step.sources[source_at].spec
        yield Omission(step.spec.label, item.type, len(positions), text_of(order, example), _minimum(item))


def _lacking(step: PlannedStep, width: int) -> dict[int, int]:
    """Position -> the first source that has too few candidates there, -1 where nothing at all could be read."""
    lacking: dict[int, int] = {}
    indispensable = False
    for at, source in enumerate(step.sources):
        minimum = _minimum(source.spec)
        if minimum:
            indispensable = True
            for position, count in enumerate(_candidates(source, width)):
                if count < minimum:
                    lacking.setdefault(position, at)
    if step.sources and not indispensable:
        candidates = [_candidates(source, width) for source in step.sources]
        lacking.update((at, -1) for at in range(width) if not any(counts[at] for counts in candidates))
    return lacking


def _minimum(item: InputSpec) -> int:
    """How many candidates there must be: all that are foreseen are required, so at least one has to be foreseen."""
    return 1 if item.need is Need.REQUIRED else item.minimum(0)


def _candidates(source: Source, width: int) -> Sequence[int]:
    """For each data ID of the step, how many datasets of the type exist or will be made."""
    present = _present(source)
    link = source.link
    if isinstance(link, Gather):
        starts, items = link.starts, link.items
        return [sum(present[at] for at in items[starts[p] : starts[p + 1]]) for p in range(width)]
    if isinstance(link, Single):
        return [present[at] if at >= 0 else 0 for at in link.targets]
    return present


def _present(source: Source) -> bytearray:
    """For each data ID of the type, 1 if the dataset exists or will be made."""
    present = bytearray(len(source.ids))
    if source.producer is not None:
        for at in source.producer.positions:
            present[at] = 1
    if source.datasets is not None:
        for at, number in enumerate(source.datasets):
            if number:
                present[at] = 1
    return present


def _was_hoped_for(step: PlannedStep, position: int) -> bool:
    """Whether an instance was to be expected: an input that its data ID stands for exists, or was missed itself.

    The universe holds data IDs of everything, biases beside science exposures; that a step has no instance for what was
    never its input is worth no word.
    """
    drivers = [source for source in step.sources if source.is_driver and _minimum(source.spec)]
    return not drivers or any(_is_hopeful(source, at) for source in drivers for at in source.link.at(position))


def _is_hopeful(source: Source, at: int) -> bool:
    if source.datasets is not None and source.datasets[at]:
        return True
    return source.producer is not None and source.producer.fates[at] != _SILENT


def _many(count: int) -> str:
    return "1 data ID has" if count == 1 else f"{count} data IDs have"
