"""Splitting: jobs into a sequence of workflows in which no job waits for one of a later workflow.

With `by`, jobs of the steps that have these dimensions are grouped by their values; jobs of other steps go into
workflows of their own, before or after. Whatever is asked for, a workflow never has more than MAX_JOBS jobs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from campaigns.core.clustering import Bundles
from campaigns.core.projections import Projector


@dataclass(frozen=True, slots=True)
class Split:
    """By which dimensions jobs are spread over workflows, and how many instances one may have; 0 means no limit.

    With `by` alone each value has a workflow; with both, neighbouring values share one while they fit.
    """

    by: tuple[str, ...] = ()
    max_instances: int = 0


@dataclass(frozen=True, slots=True)
class Lot:
    """Jobs that stay together if limits allow: for each of the bundles, in order, the numbers of its jobs."""

    parts: tuple[tuple[Bundles, Sequence[int]], ...]


def lots(
    bundles: Sequence[Bundles], parents: Mapping[str, Sequence[str]], split: Split, projector: Projector
) -> Iterator[Lot]:
    """The jobs in lots; `bundles` come with parents before children, `parents` names those that a label waits for."""
    if not split.by:
        yield Lot(tuple((item, range(len(item))) for item in bundles))
        return
    keyed = {item.label: _has_key(item, split.by) for item in bundles}
    stages = _stages(bundles, parents, keyed)
    for stage in sorted(set(stages.values())):
        members = [item for item in bundles if stages[item.label] == stage]
        if keyed[members[0].label]:
            yield from _by_key(members, split, projector)
        else:
            yield Lot(tuple((item, range(len(item))) for item in members))


def _has_key(item: Bundles, by: Sequence[str]) -> bool:
    """Whether every job of the bundles has exactly one value of these dimensions."""
    return set(by) <= item.dimensions and all(set(by) <= set(step.spec.dimensions) for step in item.steps)


def _stages(
    bundles: Sequence[Bundles], parents: Mapping[str, Sequence[str]], keyed: Mapping[str, bool]
) -> dict[str, int]:
    """Labels to numbers of stages, odd ones for jobs with a key: waiting leads to the same or to a later stage.

    Two steps of one odd stage depend on each other only for the same key, because both have the key's dimensions.
    """
    stages: dict[str, int] = {}
    for item in bundles:
        mine = int(keyed[item.label])
        for parent in parents[item.label]:
            if parent in stages:
                mine = max(mine, stages[parent] + (keyed[parent] != keyed[item.label]))
        stages[item.label] = mine
    return stages


def _by_key(members: Sequence[Bundles], split: Split, projector: Projector) -> Iterator[Lot]:
    """The jobs of a stage, grouped by key; neighbouring keys share a lot while its instances stay within the limit."""
    jobs_of: dict[int, dict[str, list[int]]] = {}
    sizes: dict[int, int] = {}
    for item in members:
        for job, key in enumerate(_keys(item, split.by, projector)):
            jobs_of.setdefault(key, {}).setdefault(item.label, []).append(job)
            sizes[key] = sizes.get(key, 0) + len(item.of(job))
    for keys in _neighbours(sizes, split.max_instances):
        parts = ((item, [job for key in keys for job in jobs_of[key].get(item.label, ())]) for item in members)
        yield Lot(tuple((item, jobs) for item, jobs in parts if jobs))


def _keys(item: Bundles, by: tuple[str, ...], projector: Projector) -> Iterator[int]:
    """The position of each job's value of the dimensions."""
    for job in range(len(item)):
        number = item.of(job)[0]
        step = item.step_of(number)
        position = step.positions[number - step.first]
        yield next(iter(projector.link(step.spec.dimensions, by).at(position)), -1)


def _neighbours(sizes: Mapping[int, int], max_instances: int) -> Iterator[list[int]]:
    keys: list[int] = []
    total = 0
    for key in sorted(sizes):
        if keys and total + sizes[key] > max_instances:
            yield keys
            keys, total = [], 0
        keys.append(key)
        total += sizes[key]
    if keys:
        yield keys
