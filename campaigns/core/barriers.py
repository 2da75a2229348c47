"""Barriers: empty jobs between many parents and many children that would otherwise be joined each with each."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from campaigns.core.columns import Ints
from campaigns.core.jobs import Graph, Jobs

LEAST_PARENTS = 8
"""With fewer common parents a barrier saves too little to be worth a job."""
WORTH = 4
"""A barrier stands where parents x children exceeds parents + children by this factor."""


@dataclass(slots=True)
class _Barrier:
    """Common parents from one label of children of one label; numbers are those before any barrier was put in."""

    parents: tuple[int, ...]
    label: str
    children: list[int] = field(default_factory=list)


def put_barriers(jobs: Jobs) -> Jobs:
    """The same jobs with a barrier wherever it saves many edges; numbers move up behind each one."""
    barriers = _find(jobs)
    return _insert(jobs, barriers) if barriers else jobs


def _find(jobs: Jobs) -> list[_Barrier]:
    """Counts equal sets of parents by their hash, to save memory, then collects the children of the large ones."""
    counts: dict[int, int] = {}
    for _, key in _sets(jobs):
        fingerprint = hash(key)
        counts[fingerprint] = counts.get(fingerprint, 0) + 1
    found: dict[tuple[int, int, tuple[int, ...]], _Barrier] = {}
    for job, key in _sets(jobs):
        size, children = len(key[2]), counts[hash(key)]
        if size * children > WORTH * (size + children):
            barrier = found.setdefault(key, _Barrier(key[2], jobs.bundles[key[0]].label))
            barrier.children.append(job)
    return sorted(found.values(), key=lambda barrier: barrier.children[0])


def _sets(jobs: Jobs) -> Iterator[tuple[int, tuple[int, int, tuple[int, ...]]]]:
    """Each job with each large set of parents that have one label: (kind of the job, kind of the parents, parents)."""
    kinds, starts = jobs.kinds, jobs.graph.starts
    for job in range(len(jobs)):
        if starts[job + 1] - starts[job] < LEAST_PARENTS:
            continue
        by_kind: dict[int, list[int]] = {}
        for parent in jobs.graph.of(job):
            by_kind.setdefault(kinds[parent], []).append(parent)
        for kind, parents in by_kind.items():
            if len(parents) >= LEAST_PARENTS:
                yield job, (kinds[job], kind, tuple(parents))


def _insert(jobs: Jobs, barriers: list[_Barrier]) -> Jobs:
    """Each barrier goes right before its first child; a child trades the common parents for the barrier."""
    moved = _moved(len(jobs), [barrier.children[0] for barrier in barriers])
    before: dict[int, list[int]] = {}
    behind: dict[int, list[int]] = {}
    for at, barrier in enumerate(barriers):
        before.setdefault(barrier.children[0], []).append(at)
        for child in barrier.children:
            behind.setdefault(child, []).append(at)
    kinds, places, starts, parents = array("h"), array("i"), array("q", [0]), array("i")
    numbers: dict[int, int] = {}
    for job in range(len(jobs)):
        for at in before.get(job, ()):
            numbers[at] = len(kinds)
            kinds.append(-1)
            places.append(-1)
            parents.extend(moved[parent] for parent in barriers[at].parents)
            starts.append(len(parents))
        kept = set(jobs.graph.of(job))
        kept.difference_update(*(barriers[at].parents for at in behind.get(job, ())))
        parents.extend(sorted([moved[parent] for parent in kept] + [numbers[at] for at in behind.get(job, ())]))
        kinds.append(jobs.kinds[job])
        places.append(jobs.places[job])
        starts.append(len(parents))
    return replace(
        jobs,
        kinds=kinds,
        places=places,
        graph=Graph(starts, parents),
        lots=tuple(_lot_start(start, barriers, moved) for start in jobs.lots),
        barriers={number: barriers[at].label for at, number in numbers.items()},
    )


def _moved(count: int, firsts: list[int]) -> Ints:
    """Old number -> new number, one more for each barrier before it; `firsts` holds the jobs that follow a barrier."""
    moved, shift, at = array("i"), 0, 0
    for job in range(count):
        while at < len(firsts) and firsts[at] == job:
            shift += 1
            at += 1
        moved.append(job + shift)
    return moved


def _lot_start(start: int, barriers: list[_Barrier], moved: Ints) -> int:
    """A lot begins with the barriers that stand before its first job."""
    if start >= len(moved):
        return start + len(barriers)
    return moved[start] - sum(barrier.children[0] == start for barrier in barriers)
