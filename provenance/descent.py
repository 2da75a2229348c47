"""Where a dataset comes from and what came of it: generations of executions and datasets, up and down."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from provenance.intern import chunks
from provenance.models import Dataset, Use

WIDEST = 500
"""A generation is shown up to so many datasets."""


Step = Callable[[Sequence[int]], tuple[Collection[int], Collection[int]]]
"""From datasets to the executions beside them, and the datasets behind those."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One step away: executions, and the datasets on their other side. `cut` where there are more than are listed."""

    executions: tuple[int, ...]
    datasets: tuple[int, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Lineage:
    """`ancestors` nearest first: what made the dataset, and what those read; `descendants`: what read it, and made."""

    dataset: int
    ancestors: tuple[Generation, ...]
    descendants: tuple[Generation, ...]


def lineage(dataset: int, *, depth: int = 1) -> Lineage:
    """Return so many generations of a dataset; a fixed number of queries for each few hundred datasets of one."""
    return Lineage(dataset, tuple(_climb(dataset, depth, _parents)), tuple(_climb(dataset, depth, _children)))


def _climb(dataset: int, depth: int, step: Step) -> Iterable[Generation]:
    seen, at = {dataset}, [dataset]
    for _ in range(depth):
        executions, datasets = step(at)
        fresh = sorted(set(datasets) - seen)
        if not executions:
            return
        seen |= set(fresh)
        cut = len(fresh) > WIDEST or len(executions) > WIDEST
        yield Generation(tuple(sorted(executions)[:WIDEST]), tuple(fresh[:WIDEST]), cut)
        at = fresh[:WIDEST]


def _parents(datasets: Sequence[int]) -> tuple[set[int], set[int]]:
    executions: set[int] = set()
    for part in chunks(datasets):
        made_by = Dataset.objects.filter(pk__in=part, execution__isnull=False).values_list("execution", flat=True)
        executions |= {number for number in made_by if number is not None}
    return executions, _ids(Use.objects.values_list("dataset_id", flat=True), "execution_id__in", executions)


def _children(datasets: Sequence[int]) -> tuple[set[int], set[int]]:
    executions = _ids(Use.objects.values_list("execution_id", flat=True), "dataset_id__in", datasets)
    return executions, _ids(Dataset.objects.values_list("pk", flat=True), "execution__in", executions)


def _ids(rows: QuerySet[Any, int], look_up: str, values: Collection[int]) -> set[int]:
    """Return at most a little more than WIDEST ids that match."""
    found: set[int] = set()
    for part in chunks(sorted(values)):
        found |= set(rows.filter(**{look_up: part})[: WIDEST + 1])
        if len(found) > WIDEST:
            break
    return found
