"""The planner: selected data and steps into workflows of jobs, streamed, so that a million instances fit in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from campaigns.core.barriers import put_barriers
from campaigns.core.clustering import Cluster, bundle, label_parents
from campaigns.core.dependencies import in_order, makers, parents_of
from campaigns.core.discovery import OpenPoint, open_points, regions
from campaigns.core.instances import Generated, Omission, PlannedStep, generate
from campaigns.core.jobs import Jobs, arrange
from campaigns.core.ordering import Order, ranks
from campaigns.core.projections import Projector
from campaigns.core.selection import Selection
from campaigns.core.splitting import Split, lots
from campaigns.core.universe import DataQuery, DatasetRow, Row, Table, build_universe
from execution.core.workflow import MAX_JOBS, Blueprint, Input, Instance, Job, StepSpec, Workflow

__all__ = ["Counts", "Plan", "PlanSpec", "Start", "plan", "plan_below"]


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """All that the plan of one payload depends on. `datasets` are read once: existing datasets of all types that the
    blueprint knows, also of those that no step reads (their metadata may be what the selection asks for).
    """

    blueprint: Blueprint
    datasets: Iterable[DatasetRow]
    tables: tuple[Table, ...] = ()
    where: Selection | None = None
    exclude: tuple[Mapping[str, object], ...] = ()
    clusters: tuple[Cluster, ...] = ()
    order: Order = field(default_factory=Order)
    split: Split = field(default_factory=Split)
    priority: int = 0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Start:
    """The numbers with which instances and jobs of a plan begin, so that they go on where an earlier one ended."""

    instance: int = 0
    job: int = 0


BEGINNING = Start()


@dataclass(frozen=True, slots=True)
class Counts:
    """Step label -> instances, label of step or cluster -> jobs (without barriers), and the sums."""

    instances: Mapping[str, int]
    jobs: Mapping[str, int]
    barriers: int
    workflows: int

    @property
    def total_instances(self) -> int:
        """Instances of all steps."""
        return sum(self.instances.values())

    @property
    def total_jobs(self) -> int:
        """Jobs of all labels and barriers."""
        return sum(self.jobs.values()) + self.barriers


@dataclass(frozen=True, slots=True)
class Plan:
    """What will run, counted; `workflows()` streams it. `point` is "" or the discovering step that was opened.

    `open_points` are those that this plan leads to: with any, the counts are "at least". `omissions` say which data IDs
    got no instance and why.
    """

    spec: PlanSpec
    point: str
    counts: Counts
    open_points: tuple[OpenPoint, ...]
    omissions: tuple[Omission, ...]
    generated: Generated
    jobs: Jobs
    ranks: Sequence[int]
    cuts: tuple[tuple[int, int], ...]
    start: Start

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to run: the selection leaves no data from which anything can be made."""
        return not self.generated.total

    def workflows(self) -> Iterator[Workflow]:
        """The workflows in an order in which jobs only wait for earlier ones; the jobs of each can be read once."""
        blueprint = self.spec.blueprint
        base = f"{blueprint.payload}.{self.point}" if self.point else blueprint.payload
        writer = _Writer(self)
        for number, (first, last) in enumerate(self.cuts, start=1):
            name = base if len(self.cuts) == 1 else f"{base}.{number:03d}"
            jobs = writer.jobs(first, last)
            yield Workflow(name, blueprint, jobs, self.spec.priority, self.spec.share, self.point)

    def steps_per_job(self) -> Mapping[str, int]:
        """Step label -> jobs in which it has at least one instance."""
        found = Counter[str]()
        for item in self.jobs.bundles:
            if len(item.steps) == 1:
                found[item.steps[0].spec.label] += len(item)
                continue
            for job in range(len(item)):
                found.update({item.step_of(member).spec.label for member in item.of(job)})
        return found


def plan(spec: PlanSpec, start: Start = BEGINNING) -> Plan:
    """The plan of everything that is known at submission; PlanError when clusters cannot be made as asked."""
    return _plan(spec, "", spec.datasets, start)


def plan_below(spec: PlanSpec, point: str, datasets: Iterable[DatasetRow], start: Start = BEGINNING) -> Plan:
    """The plan of the region below a discovering step, from the datasets that the payload has made until then.

    `datasets` are those made by the payload, of all types that the region's steps read; what existed before is still
    read from the spec. PlanError as for `plan`; ValueError for a step that discovers nothing.
    """
    if point not in regions(spec.blueprint.steps).values():
        raise ValueError(f"step {point} has nothing to discover below it")
    return _plan(spec, point, chain(spec.datasets, datasets), start)


def _plan(spec: PlanSpec, point: str, datasets: Iterable[DatasetRow], start: Start) -> Plan:
    blueprint = spec.blueprint
    region_of = regions(blueprint.steps)
    order = in_order(parents_of(blueprint.steps))
    position = {step.label: at for at, step in enumerate(blueprint.steps)}
    steps = [(position[label], blueprint.steps[position[label]]) for label in order if region_of[label] == point]
    projector = _projector(spec, [step for _, step in steps], datasets)
    universe, project = projector
    generated = generate(steps, blueprint.types, project, universe)
    jobs = _arranged(spec, generated, project)
    cuts = tuple(_cuts(jobs, spec.split))
    return Plan(
        spec=spec,
        point=point,
        counts=_counts(generated, jobs, len(cuts)),
        open_points=open_points(blueprint.steps, point),
        omissions=generated.omissions,
        generated=generated,
        jobs=jobs,
        ranks=ranks(jobs, generated.steps, spec.order, project),
        cuts=cuts,
        start=start,
    )


def _projector(
    spec: PlanSpec, steps: Sequence[StepSpec], datasets: Iterable[DatasetRow]
) -> tuple[Mapping[str, Mapping[Row, int]], Projector]:
    """The existing datasets by type and data ID, and the projections of the universe that takes part."""
    types = spec.blueprint.types
    asked = [*(step.dimensions for step in steps), *(types[item.type] for step in steps for item in step.inputs)]
    asked += [spec.order.by, spec.split.by]
    query = DataQuery(
        where=spec.where,
        exclude=spec.exclude,
        made=frozenset(makers(spec.blueprint.steps)),
        from_tables=any(not step.inputs for step in steps),
    )
    universe = build_universe(types, datasets, spec.tables, query, frozenset(chain.from_iterable(asked)))
    return universe.datasets, Projector(universe.relations)


def _arranged(spec: PlanSpec, generated: Generated, projector: Projector) -> Jobs:
    bundles = bundle(generated, spec.clusters, projector)
    parents = label_parents([step.spec for step in generated.steps], spec.clusters)
    return put_barriers(arrange(bundles, lots(bundles, parents, spec.split, projector), generated.total))


def _cuts(jobs: Jobs, split: Split) -> Iterator[tuple[int, int]]:
    """First job and the one after the last of each workflow: at every lot, and wherever a limit is reached."""
    begins = {*jobs.lots, len(jobs)}
    first = instances = 0
    for job in range(len(jobs)):
        size = len(jobs.members(job)) if split.max_instances else 0
        is_full = split.max_instances and instances + size > split.max_instances
        if job > first and (job in begins or job - first >= MAX_JOBS or is_full):
            yield first, job
            first, instances = job, 0
        instances += size
    if len(jobs) > first:
        yield first, len(jobs)


def _counts(generated: Generated, jobs: Jobs, workflows: int) -> Counts:
    return Counts(
        instances={step.spec.label: len(step) for step in generated.steps},
        jobs={item.label: len(item) for item in jobs.bundles},
        barriers=len(jobs.barriers),
        workflows=workflows,
    )


class _Writer:
    """Turns columns into the values that execution stores, one job at a time."""

    def __init__(self, made: Plan) -> None:
        self._plan = made
        self._ids = {step.index: step.projection.ids_in(step.spec.dimensions) for step in made.generated.steps}

    def jobs(self, first: int, last: int) -> Iterator[Job]:
        """The jobs from `first` up to, but without, `last`."""
        jobs, shift, rank = self._plan.jobs, self._plan.start.job, self._plan.ranks
        write = {step.index: partial(self._instance, step) for step in self._plan.generated.steps}
        for number in range(first, last):
            kind = jobs.kinds[number]
            parents = tuple(parent + shift for parent in jobs.graph.of(number))
            members = jobs.members(number)
            step_of = jobs.bundles[kind].step_of
            instances = tuple(write[step_of(member).index](member) for member in members)
            yield Job(number + shift, jobs.label(number), rank[number], parents, instances)

    def _instance(self, step: PlannedStep, member: int) -> Instance:
        numbers, shift = self._plan.jobs.numbers, self._plan.start.instance
        position = step.positions[member - step.first]
        inputs: list[Input] = []
        for source in step.sources:
            ids, datasets, name = source.ids, source.datasets, source.spec.type
            made = source.producer.numbers if source.producer is not None else None
            for at in source.link.at(position):
                if made is not None and made[at] >= 0:
                    inputs.append(Input(name, ids[at], 0, numbers[made[at]] + shift))
                elif datasets is not None and datasets[at]:
                    inputs.append(Input(name, ids[at], datasets[at], -1))
        return Instance(numbers[member] + shift, step.index, self._ids[step.index][position], tuple(inputs))
