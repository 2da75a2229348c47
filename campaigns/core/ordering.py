"""Ordering: the rank by which ready jobs of a workflow are taken, lowest first (LDM-636 0010).

Breadth-first takes step after step. By dimensions, jobs go value after value of these dimensions: one exposure is
brought to its end before the next begins. Depth-first is the same with all dimensions of the step that has the most
instances. A job without these dimensions goes with the last value it gathers or, if it only prepares for others, with
the first that needs it.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from campaigns.core.columns import Ints
from campaigns.core.instances import PlannedStep
from campaigns.core.jobs import Jobs
from campaigns.core.projections import Link, Projector


class OrderKind(StrEnum):
    """The orders that can be asked for."""

    BREADTH_FIRST = "breadth-first"
    DEPTH_FIRST = "depth-first"
    BY_DIMENSIONS = "by"


@dataclass(frozen=True, slots=True)
class Order:
    """`by` is read with BY_DIMENSIONS only."""

    kind: OrderKind = OrderKind.BREADTH_FIRST
    by: tuple[str, ...] = ()


def ranks(jobs: Jobs, steps: Sequence[PlannedStep], order: Order, projector: Projector) -> Sequence[int]:
    """Rank of each job by its number; ranks are unique within the plan."""
    dimensions = _dimensions(steps, order)
    if not dimensions:
        return range(len(jobs))
    keys = _propagated(jobs, _own_keys(jobs, steps, dimensions, projector))
    found = array("i", [0]) * len(jobs)
    for rank, job in enumerate(sorted(range(len(jobs)), key=keys.__getitem__)):
        found[job] = rank
    return found


def _dimensions(steps: Sequence[PlannedStep], order: Order) -> tuple[str, ...]:
    match order.kind:
        case OrderKind.BY_DIMENSIONS:
            return order.by
        case OrderKind.DEPTH_FIRST if steps:
            return max(steps, key=len).spec.dimensions
        case _:
            return ()


def _own_keys(jobs: Jobs, steps: Sequence[PlannedStep], dimensions: tuple[str, ...], projector: Projector) -> Ints:
    """The position of each job's last value of the dimensions, -1 where its instances do not have them."""
    links: dict[int, Link] = {
        step.index: projector.link(step.spec.dimensions, dimensions)
        for step in steps
        if set(dimensions) <= set(step.spec.dimensions)
    }
    keys = array("i", [-1]) * len(jobs)
    for job in range(len(jobs)):
        kind = jobs.kinds[job]
        for member in jobs.members(job):
            step = jobs.bundles[kind].step_of(member)
            link = links.get(step.index)
            if link is not None:
                keys[job] = max(keys[job], *link.at(step.positions[member - step.first]), -1)
    return keys


def _propagated(jobs: Jobs, keys: Ints) -> Ints:
    """Every job's key: not before its parents', and of those that have none from above the first one below."""
    for job in range(len(jobs)):
        parents = jobs.graph.of(job)
        if parents:
            keys[job] = max(keys[job], max(keys[parent] for parent in parents))
    last = max(keys, default=-1) + 1
    needed = array("i", [last]) * len(jobs)
    for job in range(len(jobs) - 1, -1, -1):
        if keys[job] < 0:
            keys[job] = needed[job]
        for parent in jobs.graph.of(job):
            needed[parent] = min(needed[parent], keys[job])
    return keys
