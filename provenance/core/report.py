"""The campaign summary (LDM-636 0054): per step counts, times, memory and what deviates, folded from tallies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from provenance.core.deviations import Deviation, Norm, deviations_of, slow_instances
from provenance.core.facts import ExecutionKind, Outcome
from provenance.core.histogram import Histogram
from provenance.core.rollup import Slow, Tally
from provenance.core.tables import Table

STATE_AFTER: Mapping[str, str] = {
    "campaign.created": "draft",
    "campaign.drafted": "draft",
    "campaign.ready": "ready",
    "campaign.submitted": "planning",
    "campaign.refused": "ready",
    "campaign.restarted": "planning",
    "campaign.started": "running",
    "campaign.paused": "paused",
    "campaign.resumed": "running",
    "campaign.terminated": "cancelling",
    "campaign.succeeded": "succeeded",
    "campaign.failed": "failed",
    "campaign.archived": "archived",
}
"""Event kind -> what the campaign was after it; the ledger knows no other state."""


class StepKey(NamedTuple):
    """What a tally is of."""

    run: int
    payload: str
    kind: str
    step: str


class StepTally(NamedTuple):
    """One roll-up: instances foreseen, instances that can never run, and the fold of what ran."""

    key: StepKey
    planned: int
    pruned: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th percentile and maximum; None without values."""

    median: float | None
    p95: float | None
    maximum: float | None

    @classmethod
    def of(cls, histogram: Histogram) -> "Spread":
        """Read them off a histogram."""
        return cls(histogram.quantile(0.5), histogram.quantile(0.95), histogram.maximum)


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of one payload in one run. `waiting` are instances planned that have neither ended nor been pruned."""

    run: int
    payload: str
    kind: str
    step: str
    planned: int
    succeeded: int
    failed: int
    skipped: int
    cancelled: int
    pruned: int
    waiting: int
    executions: int
    retries: int
    wall_h: float
    cpu_h: float
    wasted_h: float
    read_bytes: int
    write_bytes: int
    wall_s: Spread
    cpu_s: Spread
    memory_mb: Spread
    causes: Mapping[str, int]
    deviations: tuple[Deviation, ...]
    slow: tuple[Slow, ...]


COUNTS = ("planned", "succeeded", "failed", "skipped", "cancelled", "pruned", "waiting", "executions", "retries")
SUMS = ("wall_h", "cpu_h", "wasted_h", "read_bytes", "write_bytes")


@dataclass(frozen=True, slots=True)
class Summary:
    """The report. `totals` add up the pipeline steps; framework steps have lines of their own but are no instances."""

    campaign: str
    state: str
    runs: tuple[int, ...]
    started_at: datetime | None
    ended_at: datetime | None
    steps: tuple[StepLine, ...]
    framework: tuple[StepLine, ...]
    totals: Mapping[str, float]
    sites: Mapping[str, Mapping[str, float]]
    software: tuple[tuple[str, str], ...]
    datasets: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        """Return plain data; datetimes stay datetimes."""
        data = asdict(self)
        for line in (*data["steps"], *data["framework"]):
            line["slow"] = [Slow(*slow)._asdict() for slow in line["slow"]]
        data["software"] = [{"name": name, "version": version} for name, version in self.software]
        return data

    @property
    def deviants(self) -> list[tuple[StepLine, Deviation]]:
        """Every deviation with its step."""
        return [(line, deviation) for line in (*self.steps, *self.framework) for deviation in line.deviations]

    def tables(self) -> list[Table]:
        """Return the report as tables: steps, framework steps, deviations, slow instances, sites, datasets."""
        slow = [
            (line.run, line.payload, line.step, s.data_id, s.wall_s, s.site, s.execution)
            for line in self.steps
            for s in line.slow
        ]
        deviants = [(line.run, line.payload, line.step, str(d.kind), d.text) for line, d in self.deviants]
        sites = [(name, *amounts.values()) for name, amounts in self.sites.items()]
        datasets = [(name, amounts["count"], amounts["bytes"]) for name, amounts in self.datasets.items()]
        steps, framework = ([_step_row(line) for line in lines] for lines in (self.steps, self.framework))
        return [
            Table(f"Steps of campaign {self.campaign} ({self.state})", _STEP_COLUMNS, steps),
            Table("Framework steps", _STEP_COLUMNS, framework),
            Table("Deviations from the norm", ("run", "payload", "step", "kind", "deviation"), deviants),
            Table("Slow instances", ("run", "payload", "step", "data ID", "wall s", "site", "execution"), slow),
            Table("Sites", ("site", "executions", "not succeeded", "hours of successes"), sites),
            Table("Datasets", ("type", "count", "bytes"), datasets),
        ]


def summarise(
    campaign: str,
    rows: Iterable[StepTally],
    *,
    norms: Mapping[tuple[str, str], Sequence[Norm]],
    events: Iterable[str],
) -> Summary:
    """Fold the roll-ups of a campaign into its summary.

    `norms`: (kind, step) -> medians in earlier campaigns; `events`: kinds of the campaign's events, oldest first.
    """
    known = sorted(rows, key=_in_order)
    lines = [_line(row, norms.get((row.key.kind, row.key.step), ())) for row in known]
    steps = tuple(line for line in lines if line.kind == ExecutionKind.STEP)
    whole = Tally()
    for row in known:
        if row.key.kind == ExecutionKind.STEP:
            whole.merge(row.tally)
    return Summary(
        campaign=campaign,
        state=state_after(events),
        runs=tuple(sorted({row.key.run for row in known})),
        started_at=_time(whole.first_s),
        ended_at=_time(whole.last_s),
        steps=steps,
        framework=tuple(line for line in lines if line.kind != ExecutionKind.STEP),
        totals={name: sum(getattr(line, name) for line in steps) for name in (*COUNTS, *SUMS)},
        sites={name: {"executions": n, "not_succeeded": bad, "wall_h": milli / 3_600_000}
               for name, (n, bad, _, milli) in sorted(whole.sites.items())},
        software=tuple(_software(text) for text in sorted(whole.software)),
        datasets={name: {"count": n, "bytes": total} for name, (n, total) in sorted(whole.outputs.items())},
    )  # fmt: skip


def state_after(events: Iterable[str]) -> str:
    """Return the state that the campaign's events lead to, "unknown" where none tells."""
    state = "unknown"
    for kind in events:
        state = STATE_AFTER.get(kind, state)
    return state


def _line(row: StepTally, norms: Sequence[Norm]) -> StepLine:
    tally, finals = row.tally, row.tally.finals
    ended = sum(finals.values())
    return StepLine(
        *row.key,
        planned=row.planned,
        succeeded=finals.get(Outcome.SUCCEEDED, 0),
        failed=finals.get(Outcome.FAILED, 0),
        skipped=finals.get(Outcome.SKIPPED, 0),
        cancelled=finals.get(Outcome.CANCELLED, 0),
        pruned=row.pruned,
        waiting=max(0, row.planned - ended - row.pruned),
        executions=tally.total,
        retries=tally.retries,
        wall_h=tally.wall_h,
        cpu_h=tally.cpu_h,
        wasted_h=tally.wasted_h,
        read_bytes=tally.read_bytes,
        write_bytes=tally.write_bytes,
        wall_s=Spread.of(tally.wall),
        cpu_s=Spread.of(tally.cpu),
        memory_mb=Spread.of(tally.memory),
        causes=dict(sorted(tally.causes.items())),
        deviations=tuple(deviations_of(tally, row.planned, norms)),
        slow=tuple(slow_instances(tally)),
    )


_STEP_COLUMNS = (
    "run", "payload", "step", *COUNTS, "wall h", "cpu h", "wasted h", "wall s median", "wall s p95", "wall s max",
    "cpu s median", "cpu s p95", "cpu s max", "memory MB median", "memory MB p95", "memory MB max", "deviates",
)  # fmt: skip


def _step_row(line: StepLine) -> tuple[Any, ...]:
    spreads = [value for spread in (line.wall_s, line.cpu_s, line.memory_mb) for value in astuple(spread)]
    return (
        line.run, line.payload, line.step, *(getattr(line, name) for name in COUNTS),
        line.wall_h, line.cpu_h, line.wasted_h, *(value if value is None else round(value, 3) for value in spreads),
        "; ".join(d.text for d in line.deviations),
    )  # fmt: skip


def _in_order(row: StepTally) -> tuple[int, str, float, str]:
    """Steps come in the order in which they first ran; what has not run yet comes last."""
    return row.key.run, row.key.payload, row.tally.first_s or float("inf"), row.key.step


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _software(text: str) -> tuple[str, str]:
    name, _, version = text.partition("\t")
    return name, version
