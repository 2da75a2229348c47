"""Two campaigns side by side (LDM-636 0050): configuration, software, inputs, counts, times, outputs by checksum."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provenance.core.report import StepTally
from provenance.core.rollup import Tally
from provenance.core.tables import Table

PLACES = ("payload", "step")


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that differs; None on a side that does not have it."""

    path: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class InputCount:
    """Registered datasets, or those of earlier campaigns, that were read by both, or by one only."""

    type: str
    both: int
    only_left: int
    only_right: int


@dataclass(frozen=True, slots=True)
class OutputCount:
    """Datasets of one type by data ID: equal checksums, different ones, or made by one only."""

    type: str
    same: int
    different: int
    only_left: int
    only_right: int


@dataclass(frozen=True, slots=True)
class Side:
    """One campaign; `document` its settings, `recipes`: (payload, step) -> digest -> what was to be done."""

    campaign: str
    document: Mapping[str, Any]
    steps: Sequence[StepTally]
    recipes: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What one campaign says of one step."""

    planned: int
    succeeded: int
    failed: int
    retries: int
    wall_s_median: float | None
    wall_s_p95: float | None
    memory_mb_median: float | None
    wall_h: float
    cpu_h: float
    software: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepPair:
    """One step in both; None where a campaign does not have it. The ratios are right ÷ left of the medians."""

    payload: str
    step: str
    left: StepFigures | None
    right: StepFigures | None
    wall_ratio: float | None
    memory_ratio: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The report."""

    left: str
    right: str
    configuration: tuple[Difference, ...]
    software: tuple[Difference, ...]
    inputs: tuple[InputCount, ...]
    steps: tuple[StepPair, ...]
    outputs: tuple[OutputCount, ...]

    @property
    def same_outputs(self) -> bool:
        """True when both made the same datasets with the same content, and at least one."""
        return bool(self.outputs) and not any(o.different or o.only_left or o.only_right for o in self.outputs)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "same_outputs": self.same_outputs}

    def tables(self) -> list[Table]:
        """Return the report as tables."""
        differences = [(d.path, _shown(d.left), _shown(d.right)) for d in self.configuration]
        software = [(d.path, _shown(d.left), _shown(d.right)) for d in self.software]
        only = (f"only {self.left}", f"only {self.right}")
        return [
            Table(f"Configuration of {self.left} and {self.right}", ("setting", self.left, self.right), differences),
            Table("Software", ("step", self.left, self.right), software),
            Table("Inputs", ("type", "both", *only), [_values(i) for i in self.inputs]),
            Table("Steps", _STEP_COLUMNS, [_step_row(pair) for pair in self.steps]),
            Table("Outputs", ("type", "same", "different", *only), [_values(o) for o in self.outputs]),
        ]


def compare(left: Side, right: Side, *, inputs: Iterable[InputCount], outputs: Iterable[OutputCount]) -> Comparison:
    """Set two campaigns side by side; input and output counts come from the ledger."""
    lefts, rights = _by_step(left.steps), _by_step(right.steps)
    keys = sorted({*lefts, *rights}, key=lambda key: (key[0], _first_seen(lefts.get(key), rights.get(key)), key[1]))
    pairs = [_pair(key, lefts.get(key), rights.get(key)) for key in keys]
    recipes = [
        Difference(f"{payload}/{step}: {d.path}", d.left, d.right)
        for payload, step in keys
        for d in _recipe_differences(left.recipes.get((payload, step), {}), right.recipes.get((payload, step), {}))
    ]
    software = [
        Difference(f"{pair.payload}/{pair.step}", list(pair.left.software), list(pair.right.software))
        for pair in pairs
        if pair.left and pair.right and pair.left.software != pair.right.software
    ]
    return Comparison(
        left.campaign,
        right.campaign,
        (*differences(left.document, right.document), *recipes),
        tuple(software),
        tuple(sorted(inputs, key=lambda count: count.type)),
        tuple(pairs),
        tuple(sorted(outputs, key=lambda count: count.type)),
    )


def differences(left: Any, right: Any, path: str = "") -> list[Difference]:
    """Return in which settings two documents differ, by path (`payloads[0].config.threshold`)."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        names = [*left, *(name for name in right if name not in left)]
        below = f"{path}." if path else ""
        return [d for name in names for d in differences(left.get(name), right.get(name), f"{below}{name}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = enumerate(zip(left, right, strict=True))
        return [d for place, pair in pairs for d in differences(*pair, f"{path}[{place}]")]
    return [] if left == right else [Difference(path, left, right)]


def _recipe_differences(
    left: Mapping[str, Mapping[str, Any]], right: Mapping[str, Mapping[str, Any]]
) -> list[Difference]:
    """Compare what a step was to do; steps that ran by several recipes are compared as a list of them."""
    if not left or not right or set(left) == set(right):
        return []
    if len(left) == len(right) == 1:
        found = differences(dict(next(iter(left.values()))), dict(next(iter(right.values()))))
        return found or [Difference("recipe", *(next(iter(side))[:12] for side in (left, right)))]
    return [Difference("recipes", sorted(d[:12] for d in left), sorted(d[:12] for d in right))]


def _by_step(rows: Iterable[StepTally]) -> dict[tuple[str, str], tuple[int, Tally]]:
    """Merge the runs: (payload, step) -> (planned, tally). What a later run makes again counts as planned once."""
    merged: dict[tuple[str, str], tuple[int, Tally]] = {}
    for row in rows:
        if row.key.kind != "step":
            continue
        planned, tally = merged.setdefault((row.key.payload, row.key.step), (0, Tally()))
        tally.merge(row.tally)
        merged[row.key.payload, row.key.step] = max(planned, row.planned), tally
    return merged


def _first_seen(*sides: tuple[int, Tally] | None) -> float:
    return min((side[1].first_s for side in sides if side and side[1].first_s is not None), default=float("inf"))


def _pair(key: tuple[str, str], left: tuple[int, Tally] | None, right: tuple[int, Tally] | None) -> StepPair:
    a, b = (_figures(*side) if side else None for side in (left, right))
    return StepPair(*key, a, b, _ratio(a, b, "wall_s_median"), _ratio(a, b, "memory_mb_median"))


def _figures(planned: int, tally: Tally) -> StepFigures:
    return StepFigures(
        planned=planned,
        succeeded=tally.finals.get("succeeded", 0),
        failed=tally.finals.get("failed", 0),
        retries=tally.retries,
        wall_s_median=tally.wall.quantile(0.5),
        wall_s_p95=tally.wall.quantile(0.95),
        memory_mb_median=tally.memory.quantile(0.5),
        wall_h=tally.wall_h,
        cpu_h=tally.cpu_h,
        software=tuple(name.replace("\t", " ").strip() for name in sorted(tally.software)),
    )


def _ratio(left: StepFigures | None, right: StepFigures | None, name: str) -> float | None:
    a, b = (getattr(side, name) if side else None for side in (left, right))
    return b / a if a and b is not None else None


_FIGURES = tuple(name for name in StepFigures.__slots__ if name != "software")
_STEP_COLUMNS = (
    *PLACES, *(f"{name} {side}" for name in _FIGURES for side in ("left", "right")), "wall ratio", "memory ratio",
)  # fmt: skip


def _step_row(pair: StepPair) -> tuple[Any, ...]:
    figures = [getattr(side, name) if side else None for name in _FIGURES for side in (pair.left, pair.right)]
    return (pair.payload, pair.step, *figures, pair.wall_ratio, pair.memory_ratio)


def _values(count: InputCount | OutputCount) -> tuple[Any, ...]:
    return tuple(asdict(count).values())


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
