"""What is kept of many executions of one step: counts, sums and histograms to add to, to merge and to rebuild exactly.

Adding executions one by one, merging the tallies of parts in any order and folding the whole ledger give equal values:
sums are whole thousandths, and lists that must stay short keep the smallest of a total order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from provenance.core.facts import Outcome
from provenance.core.histogram import Histogram

KEPT_SLOW = 20
"""So many of the slowest executions are remembered by name."""

KEPT_NAMES = 40
"""So many sites, software versions, recipes and causes are counted apart; more than that is not a list for people."""

_MILLI = 1000


class Ran(NamedTuple):
    """One execution as the fold sees it; times are seconds since 1970, None where unknown."""

    execution: int
    data_id: str
    outcome: str
    final: bool
    attempt: int
    site: str
    software: str
    version: str
    recipe: str
    cause: str
    started_s: float | None
    ended_s: float | None
    wall_s: float | None
    cpu_s: float | None
    memory_mb: float | None
    read_bytes: int | None
    write_bytes: int | None


class Slow(NamedTuple):
    """An execution that took long."""

    wall_s: float
    execution: int
    data_id: str
    site: str


Counts = dict[str, int]
Number = TypeVar("Number", int, float)
_SUMS = ("retries", "wall_milli", "cpu_milli", "wasted_milli", "read_bytes", "write_bytes")
_ENDS = ("first_s", "last_s", "low", "high")
_HISTOGRAMS = ("wall", "cpu", "memory")


@dataclass(slots=True)
class Tally:
    """The fold over executions. Histograms hold succeeded ones only: what fails early says nothing of the norm."""

    executions: Counts = field(default_factory=dict)
    """Outcome -> all attempts."""
    finals: Counts = field(default_factory=dict)
    """Outcome -> instances, counted by their final attempt."""
    retries: int = 0
    wall_milli: int = 0
    cpu_milli: int = 0
    wasted_milli: int = 0
    read_bytes: int = 0
    write_bytes: int = 0
    first_s: float | None = None
    last_s: float | None = None
    low: int | None = None
    """The lowest and the highest id of the executions: lists look only between them."""
    high: int | None = None
    wall: Histogram = field(default_factory=Histogram)
    cpu: Histogram = field(default_factory=Histogram)
    memory: Histogram = field(default_factory=Histogram)
    causes: Counts = field(default_factory=dict)
    software: Counts = field(default_factory=dict)
    recipes: Counts = field(default_factory=dict)
    sites: dict[str, list[int]] = field(default_factory=dict)
    """Site -> [executions, not succeeded, succeeded, wall time of the succeeded in thousandths of a second]."""
    slowest: list[Slow] = field(default_factory=list)
    outputs: dict[str, list[int]] = field(default_factory=dict)
    """Dataset type -> [datasets made, their bytes]."""

    def add(self, ran: Ran) -> None:
        """Take in one execution."""
        good = ran.outcome == Outcome.SUCCEEDED
        wall_milli = round((ran.wall_s or 0) * _MILLI)
        _count(self.executions, ran.outcome)
        if ran.final:
            _count(self.finals, ran.outcome)
        self.retries += ran.attempt > 1
        self.wall_milli += wall_milli
        self.cpu_milli += round((ran.cpu_s or 0) * _MILLI)
        self.read_bytes += ran.read_bytes or 0
        self.write_bytes += ran.write_bytes or 0
        self.first_s, self.last_s = _least(self.first_s, ran.started_s), _most(self.last_s, ran.ended_s)
        self.low, self.high = _least(self.low, ran.execution), _most(self.high, ran.execution)
        for counts, name in ((self.software, f"{ran.software}\t{ran.version}"), (self.recipes, ran.recipe)):
            if name.strip():
                _count(counts, name)
        if good:
            self.wall.add(ran.wall_s)
            self.cpu.add(ran.cpu_s)
            self.memory.add(ran.memory_mb)
            self._note_slow(ran)
        else:
            self.wasted_milli += wall_milli
            _count(self.causes, ran.cause or ran.outcome)
        if ran.site:
            _add_amounts(self.sites, ran.site, (1, int(not good), int(good), wall_milli if good else 0))
        self._trim()

    def made(self, dataset_type: str, count: int, size_bytes: int) -> None:
        """Count datasets; negative for those that others have replaced."""
        _add_amounts(self.outputs, dataset_type, (count, size_bytes))

    def supersede(self, outcome: str, times: int = 1) -> None:
        """Take back the final outcome of instances that a later attempt has replaced."""
        _count(self.finals, outcome, -times)

    def merge(self, other: "Tally") -> None:
        """Take in what the other one holds."""
        for mine, theirs in (
            (self.executions, other.executions),
            (self.finals, other.finals),
            (self.causes, other.causes),
            (self.software, other.software),
            (self.recipes, other.recipes),
        ):
            for name, count in theirs.items():
                _count(mine, name, count)
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.first_s, self.last_s = _least(self.first_s, other.first_s), _most(self.last_s, other.last_s)
        self.low, self.high = _least(self.low, other.low), _most(self.high, other.high)
        self.wall.merge(other.wall)
        self.cpu.merge(other.cpu)
        self.memory.merge(other.memory)
        for name, amounts in other.sites.items():
            _add_amounts(self.sites, name, amounts)
        for name, amounts in other.outputs.items():
            _add_amounts(self.outputs, name, amounts)
        self.slowest = sorted([*self.slowest, *other.slowest], key=_slow_first)[:KEPT_SLOW]
        self._trim()

    def _note_slow(self, ran: Ran) -> None:
        if ran.wall_s is None:
            return
        if len(self.slowest) == KEPT_SLOW and ran.wall_s < self.slowest[-1].wall_s:
            return
        self.slowest.append(Slow(ran.wall_s, ran.execution, ran.data_id, ran.site))
        self.slowest.sort(key=_slow_first)
        del self.slowest[KEPT_SLOW:]

    def _trim(self) -> None:
        """Keep the alphabetically first names: one kept in the end was never dropped by a part, so counts are whole."""
        for counts in (self.causes, self.software, self.recipes, self.sites):
            if len(counts) > KEPT_NAMES:
                for name in sorted(counts)[KEPT_NAMES:]:
                    del counts[name]

    def to_json(self) -> dict[str, Any]:
        """Return plain data with sorted names; empty parts are left out."""
        data: dict[str, Any] = {}
        for name in ("executions", "finals", "causes", "software", "recipes", "sites", "outputs"):
            counts = getattr(self, name)
            data[name] = {key: counts[key] for key in sorted(counts)}
        for name in (*_SUMS, *_ENDS):
            data[name] = getattr(self, name)
        for name in _HISTOGRAMS:
            data[name] = getattr(self, name).to_json()
        data["slowest"] = [list(slow) for slow in self.slowest]
        return {name: value for name, value in data.items() if value or (name in _ENDS and value is not None)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Tally":
        """Read what `to_json` wrote."""
        tally = cls()
        for name in ("executions", "finals", "causes", "software", "recipes"):
            setattr(tally, name, dict(data.get(name, {})))
        for name in ("sites", "outputs"):
            setattr(tally, name, {key: list(amounts) for key, amounts in data.get(name, {}).items()})
        for name in _SUMS:
            setattr(tally, name, data.get(name, 0))
        for name in _ENDS:
            setattr(tally, name, data.get(name))
        for name in _HISTOGRAMS:
            setattr(tally, name, Histogram.from_json(data.get(name, {})))
        tally.slowest = [Slow(*slow) for slow in data.get("slowest", ())]
        return tally

    @property
    def total(self) -> int:
        """All executions, whatever their outcome."""
        return sum(self.executions.values())

    @property
    def wall_h(self) -> float:
        """Hours spent, failed attempts included."""
        return self.wall_milli / _MILLI / 3600

    @property
    def cpu_h(self) -> float:
        """CPU hours spent, failed attempts included."""
        return self.cpu_milli / _MILLI / 3600

    @property
    def wasted_h(self) -> float:
        """Hours spent on attempts that did not succeed."""
        return self.wasted_milli / _MILLI / 3600


def fold(executions: Iterable[Ran]) -> Tally:
    """Return the tally of all of them."""
    tally = Tally()
    for ran in executions:
        tally.add(ran)
    return tally


def differences(kept: Mapping[str, Any], true: Mapping[str, Any], path: str = "") -> list[str]:
    """Name the entries in which two tallies (as JSON) differ, each as `path: kept, should be true`."""
    found: list[str] = []
    for name in sorted({*kept, *true}):
        left, right, where = kept.get(name), true.get(name), f"{path}.{name}" if path else name
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            found += differences(left, right, where)
        elif left != right:
            found.append(f"{where}: {left}, should be {right}")
    return found


def _slow_first(slow: Slow) -> tuple[float, int]:
    return -slow.wall_s, slow.execution


def _count(counts: Counts, name: str, n: int = 1) -> None:
    """Add to a count; one that comes to nothing goes."""
    total = counts.get(name, 0) + n
    if total:
        counts[name] = total
    else:
        counts.pop(name, None)


def _add_amounts(table: dict[str, list[int]], name: str, amounts: Sequence[int]) -> None:
    """Add to the amounts of a name; what comes to nothing goes."""
    total = [a + b for a, b in zip(table.get(name, [0] * len(amounts)), amounts, strict=True)]
    if any(total):
        table[name] = total
    else:
        table.pop(name, None)


def _least(a: Number | None, b: Number | None) -> Number | None:
    return b if a is None else a if b is None else min(a, b)


def _most(a: Number | None, b: Number | None) -> Number | None:
    return b if a is None else a if b is None else max(a, b)
