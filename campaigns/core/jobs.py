"""Jobs: all jobs of a plan as columns, with the edges between them and the numbers under which they will be known."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from campaigns.core.clustering import Bundles
from campaigns.core.columns import Ints
from campaigns.core.instances import PlannedStep
from campaigns.core.splitting import Lot


@dataclass(frozen=True, slots=True)
class Graph:
    """Parents of each job: those of job j are `parents[starts[j]:starts[j + 1]]`, ascending and all smaller than j."""

    starts: Ints
    parents: Ints

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, job: int) -> Ints:
        """The parents of a job."""
        return self.parents[self.starts[job] : self.starts[job + 1]]


@dataclass(frozen=True, slots=True)
class Jobs:
    """Columns with one entry per job: the bundles it comes from (an index, -1 for a barrier) and its place there.

    `lots` holds the numbers at which a new lot begins. `barriers` names the label before which each barrier stands.
    `numbers` turns the planner's numbers of instances into those that count in the order of the jobs.
    """

    bundles: tuple[Bundles, ...]
    kinds: Ints
    places: Ints
    graph: Graph
    lots: tuple[int, ...]
    numbers: Ints
    barriers: dict[int, str]

    def __len__(self) -> int:
        return len(self.kinds)

    def label(self, job: int) -> str:
        """Label of the step or cluster; of a barrier the one that waits behind it, with `.barrier` added."""
        kind = self.kinds[job]
        return self.bundles[kind].label if kind >= 0 else f"{self.barriers[job]}.barrier"

    def members(self, job: int) -> Sequence[int]:
        """The planner's numbers of a job's instances, in an order in which inputs are made before they are read."""
        kind = self.kinds[job]
        return self.bundles[kind].of(self.places[job]) if kind >= 0 else ()


def arrange(bundles: Sequence[Bundles], lots: Iterable[Lot], total: int) -> Jobs:
    """The jobs of all lots in order, without barriers; `total` is the number of instances."""
    kinds, places, begins = array("h"), array("i"), []
    kind_of = {item.label: kind for kind, item in enumerate(bundles)}
    numbers, job_of = array("i", [0]) * total, array("i", [0]) * total
    count = 0
    for lot in lots:
        begins.append(len(kinds))
        for item, jobs in lot.parts:
            for place in jobs:
                for member in item.of(place):
                    numbers[member] = count
                    job_of[member] = len(kinds)
                    count += 1
                kinds.append(kind_of[item.label])
                places.append(place)
    graph = _graph(bundles, kinds, places, job_of)
    return Jobs(tuple(bundles), kinds, places, graph, tuple(begins), numbers, {})


def _graph(bundles: Sequence[Bundles], kinds: Ints, places: Ints, job_of: Ints) -> Graph:
    starts, parents = array("q", [0]), array("i")
    for number, (kind, place) in enumerate(zip(kinds, places, strict=True)):
        item = bundles[kind]
        if len(item.steps) == 1:
            step = item.steps[0]
            found = {job_of[made] for member in item.of(place) for made in _made_by(step, member)}
        else:
            found = {job_of[made] for member in item.of(place) for made in _made_by(item.step_of(member), member)}
        found.discard(number)
        parents.extend(sorted(found))
        starts.append(len(parents))
    return Graph(starts, parents)


def _made_by(step: PlannedStep, member: int) -> Iterator[int]:
    """The instances whose outputs an instance reads."""
    position = step.positions[member - step.first]
    for numbers, link in step.feeds:
        for at in link.at(position):
            made = numbers[at]
            if made >= 0:
                yield made
