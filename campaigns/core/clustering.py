"""Clustering: step instances into jobs, by dimensions, with a largest size and a largest number (LDM-636 0012).

What no cluster names stays one job per instance. A job's members stand in an order in which inputs are made before
they are read; instances of one cluster with different values of its dimensions never depend on each other.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from campaigns.core.dependencies import CircularError, StepShape, in_order, parents_of
from campaigns.core.instances import Generated, PlannedStep
from campaigns.core.problem import PlanError, did_you_mean, listing
from campaigns.core.projections import Projector


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which steps go into common jobs: one job per value of the dimensions, of at most `max_size` instances.

    `max_jobs` bounds the number of the cluster's jobs: values are put together until they fit. 0 means no limit.
    """

    name: str
    steps: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    max_size: int = 0
    max_jobs: int = 0


@dataclass(frozen=True, slots=True)
class Bundles:
    """The jobs of one step or cluster: members of job j are `members[starts[j]:starts[j + 1]]`, numbers of instances.

    All members of a job agree in `dimensions`.
    """

    label: str
    steps: tuple[PlannedStep, ...]
    dimensions: frozenset[str]
    starts: Sequence[int]
    members: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, job: int) -> Sequence[int]:
        """Numbers of the instances in a job."""
        return self.members[self.starts[job] : self.starts[job + 1]]

    def step_of(self, number: int) -> PlannedStep:
        """The step of one of the instances."""
        if len(self.steps) == 1:
            return self.steps[0]
        return self.steps[bisect_right(self.steps, number, key=lambda step: step.first) - 1]


def cluster_faults(steps: Sequence[StepShape], clusters: Sequence[Cluster]) -> Iterator[tuple[str, str]]:
    """What is wrong with clusters, as (cluster, message): unknown, doubled and unfit steps, dimensions, circles."""
    shapes = {step.label: step for step in steps}
    taken: dict[str, str] = {}
    for cluster in clusters:
        if cluster.name in shapes and cluster.name not in cluster.steps:
            yield cluster.name, "a cluster cannot bear the name of a step outside it"
        for label in cluster.steps:
            if label not in shapes:
                hint = did_you_mean(label, shapes) or f"; the payload has {listing(shapes)}"
                yield cluster.name, f"there is no step {label}{hint}"
            elif label in taken:
                yield cluster.name, f"step {label} is in {_both(taken[label], cluster.name)}; it can be in one only"
            else:
                taken[label] = cluster.name
                missing = [name for name in cluster.dimensions if name not in shapes[label].dimensions]
                for name in missing:
                    has = listing(shapes[label].dimensions)
                    yield cluster.name, f"step {label} has no dimension {name}, it has {has}"
    try:
        label_order(steps, clusters)
    except CircularError as error:
        circle = [name for name in error.path if any(cluster.name == name for cluster in clusters)]
        yield circle[0] if circle else "", f"the cluster would have to wait for itself: {error}"


def label_order(steps: Sequence[StepShape], clusters: Sequence[Cluster]) -> tuple[str, ...]:
    """Labels of jobs (clusters and unclustered steps) with parents before children; CircularError if that cannot be."""
    return in_order(label_parents(steps, clusters))


def label_parents(steps: Sequence[StepShape], clusters: Sequence[Cluster]) -> dict[str, tuple[str, ...]]:
    """Label of jobs -> labels of the jobs that it may have to wait for, in the order of the steps."""
    label_of = {label: cluster.name for cluster in reversed(clusters) for label in cluster.steps}
    found: dict[str, dict[str, None]] = {}
    for step, parents in parents_of(steps).items():
        label = label_of.get(step, step)
        mine = found.setdefault(label, {})
        mine.update((label_of.get(parent, parent), None) for parent in parents)
        if parents and step in label_of:
            mine.pop(label, None)
    return {label: tuple(parents) for label, parents in found.items()}


def bundle(generated: Generated, clusters: Sequence[Cluster], projector: Projector) -> tuple[Bundles, ...]:
    """The jobs of all steps, label by label, parents before children."""
    shapes = [step.spec for step in generated.steps]
    by_label = {step.spec.label: step for step in generated.steps}
    # steps of a cluster that are not part of this plan (they lie below a discovering step, or above) are planned apart
    here = {
        cluster.name: (cluster, tuple(step for step in generated.steps if step.spec.label in cluster.steps))
        for cluster in clusters
    }
    try:
        order = label_order(shapes, clusters)
    except CircularError as error:
        raise PlanError(f"a cluster would have to wait for itself: {error}") from None
    return tuple(_clustered(*here[label], projector) if label in here else _single(by_label[label]) for label in order)


def _single(step: PlannedStep) -> Bundles:
    members = range(step.first, step.first + len(step))
    return Bundles(step.spec.label, (step,), frozenset(step.spec.dimensions), range(len(step) + 1), members)


def _clustered(cluster: Cluster, steps: tuple[PlannedStep, ...], projector: Projector) -> Bundles:
    groups: dict[int, list[tuple[int, ...]]] = {}
    for key, unit in _units(cluster, steps, projector):
        groups.setdefault(key, []).append(unit)
    jobs = [job for key in sorted(groups) for job in _pack(groups[key], cluster.max_size)]
    if cluster.max_jobs and len(jobs) > cluster.max_jobs:
        jobs = _put_together(jobs, cluster)
    starts, members = array("i", [0]), array("i")
    for job in jobs:
        members.extend(job)
        starts.append(len(members))
    shared = frozenset() if cluster.max_jobs else frozenset(cluster.dimensions)
    return Bundles(cluster.name, steps, shared, starts, members)


def _units(
    cluster: Cluster, steps: tuple[PlannedStep, ...], projector: Projector
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """What should stay together, with the position of its values of the cluster's dimensions.

    Where all steps have the same dimensions that is everything on one data ID, so that jobs of one group need not wait
    for each other; otherwise single instances, step after step.
    """
    if all(step.projection is steps[0].projection for step in steps):
        link = projector.link(steps[0].spec.dimensions, cluster.dimensions)
        for position in range(len(steps[0].projection.ids)):
            unit = tuple(step.numbers[position] for step in steps if step.numbers[position] >= 0)
            if unit:
                yield next(iter(link.at(position)), -1), unit
        return
    for step in steps:
        link = projector.link(step.spec.dimensions, cluster.dimensions)
        for number, position in enumerate(step.positions, start=step.first):
            yield next(iter(link.at(position)), -1), (number,)


def _pack(units: list[tuple[int, ...]], max_size: int) -> Iterator[list[int]]:
    """Units into jobs of at most `max_size` members; a unit that is larger by itself is cut in its order."""
    job: list[int] = []
    for unit in units:
        if max_size and job and len(job) + len(unit) > max_size:
            yield job
            job = []
        job.extend(unit)
        while max_size and len(job) > max_size:
            yield job[:max_size]
            job = job[max_size:]
    if job:
        yield job


def _put_together(jobs: list[list[int]], cluster: Cluster) -> list[list[int]]:
    """Neighbouring jobs into at most `max_jobs` jobs of nearly the same size."""
    total = sum(map(len, jobs))
    found: list[list[int]] = [[] for _ in range(cluster.max_jobs)]
    before = 0
    for job in jobs:
        found[before * cluster.max_jobs // total].extend(job)
        before += len(job)
    found = [job for job in found if job]
    if cluster.max_size and any(len(job) > cluster.max_size for job in found):
        raise PlanError(
            f"cluster {cluster.name}: {total} instances do not fit into {cluster.max_jobs} jobs"
            f" of at most {cluster.max_size}; raise maxClusters or maxSize"
        )
    return found


def _both(one: str, other: str) -> str:
    return f"clusters {one} and {other}" if one != other else f"cluster {one} twice"
