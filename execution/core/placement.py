"""Which ready jobs go where: priority first, then shares among equals, then the site with most room."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Queue:
    """The ready jobs of one workflow, in the order in which they are to go."""

    workflow: int
    priority: int
    share: float
    in_flight: int
    jobs: tuple[int, ...]
    sites: tuple[str, ...]
    most: int | None = None
    """No more than this at any site at once (depth-first), if given."""
    avoid: Mapping[int, tuple[str, ...]] | None = None
    """Sites that failed a job of the queue: taken only where no other site allows it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A job and the site it goes to."""

    job: int
    site: str


def place(queues: Sequence[Queue], rooms: Mapping[str, int]) -> list[Placed]:
    """Deal the jobs out, highest priority first; among equals the one furthest below its share is next."""
    left = dict(rooms)
    placed: list[Placed] = []
    for priority in sorted({q.priority for q in queues}, reverse=True):
        equals = [q for q in queues if q.priority == priority]
        heap = [(q.in_flight / q.share, i, 0) for i, q in enumerate(equals) if q.jobs]
        heapq.heapify(heap)
        while heap and any(n > 0 for n in left.values()):
            _, i, at = heapq.heappop(heap)
            queue = equals[i]
            if queue.most is not None and queue.in_flight + at >= queue.most:
                continue
            site = _site_for(queue, queue.jobs[at], left)
            if site is None:
                continue
            left[site] -= 1
            placed.append(Placed(queue.jobs[at], site))
            if at + 1 < len(queue.jobs):
                heapq.heappush(heap, ((queue.in_flight + at + 1) / queue.share, i, at + 1))
    return placed


def _site_for(queue: Queue, job: int, left: Mapping[str, int]) -> str | None:
    open_sites = [site for site in queue.sites if left.get(site, 0) > 0]
    avoided = (queue.avoid or {}).get(job, ())
    willing = [site for site in open_sites if site not in avoided]
    if not willing and all(site in avoided for site in queue.sites):
        willing = open_sites
    return max(willing, key=lambda site: (left[site], site), default=None)
