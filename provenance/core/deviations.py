"""What deviates from a norm: steps from earlier campaigns, sites from each other, instances from the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from provenance.core.rollup import Slow, Tally

FAILED_SHARE = 0.05
RETRIED_SHARE = 0.10
TAIL = 3.0
"""p95 ÷ median from which a step is said to have a long tail."""
ENOUGH = 10
"""With fewer instances than this, shares and tails say nothing."""
MADS = 3.0
MAD_TO_SIGMA = 1.4826
LEAST_CHANGE = 0.10
"""A change below this share of the norm is never a deviation, however alike the earlier campaigns were."""
FEW_NORMS = 3
FEW_FACTOR = 2.0
"""With fewer than FEW_NORMS earlier campaigns only a factor counts, a spread cannot be told."""
SITE_FACTOR = 2.0
SLOW_FACTOR = 5.0
"""Instances that take so many medians are listed."""


class DeviationKind(StrEnum):
    """In which way something deviates."""

    FAILURES = "failures"
    RETRIES = "retries"
    TAIL = "tail"
    WALL = "wall"
    MEMORY = "memory"
    SITE = "site"
    INSTANCES = "instances"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One deviation, in words."""

    kind: DeviationKind
    text: str


@dataclass(frozen=True, slots=True)
class Norm:
    """Medians of one step in one earlier campaign."""

    campaign: str
    wall_s: float | None
    memory_mb: float | None


def deviations_of(tally: Tally, planned: int, norms: Sequence[Norm]) -> list[Deviation]:
    """Return in what a step deviates from its norm, in the order of DeviationKind; [] for a step as it should be."""
    found = [
        _failures(tally, planned),
        _retries(tally),
        _tail(tally),
        _against(DeviationKind.WALL, "wall time", "s", tally.wall.quantile(0.5), [n.wall_s for n in norms]),
        _against(DeviationKind.MEMORY, "memory", "MB", tally.memory.quantile(0.5), [n.memory_mb for n in norms]),
        *_sites(tally),
    ]
    slow = slow_instances(tally)
    if slow:
        more = "at least " if len(slow) == len(tally.slowest) else ""
        text = f"{more}{len(slow)} of {tally.wall.n} instances took more than {SLOW_FACTOR:g} × the median"
        found.append(Deviation(DeviationKind.INSTANCES, text))
    return [deviation for deviation in found if deviation]


def slow_instances(tally: Tally, factor: float = SLOW_FACTOR) -> list[Slow]:
    """Return the remembered executions that took more than `factor` × the median, slowest first."""
    middle = tally.wall.quantile(0.5)
    if not middle or tally.wall.n < FEW_NORMS:
        return []
    return [slow for slow in tally.slowest if slow.wall_s > factor * middle]


def _failures(tally: Tally, planned: int) -> Deviation | None:
    failed = tally.finals.get("failed", 0)
    of = max(planned, sum(tally.finals.values()))
    if not failed or failed <= FAILED_SHARE * of:
        return None
    return Deviation(DeviationKind.FAILURES, f"{failed} of {of} instances failed ({failed / of:.0%})")


def _retries(tally: Tally) -> Deviation | None:
    instances = sum(tally.finals.values())
    if not tally.retries or tally.retries <= RETRIED_SHARE * max(instances, 1):
        return None
    return Deviation(DeviationKind.RETRIES, f"{tally.retries} retries for {instances} instances")


def _tail(tally: Tally) -> Deviation | None:
    middle, high = tally.wall.quantile(0.5), tally.wall.quantile(0.95)
    if tally.wall.n < ENOUGH or not middle or not high or high <= TAIL * middle:
        return None
    return Deviation(DeviationKind.TAIL, f"long tail: 95 % within {high:.3g} s, half within {middle:.3g} s")


def _against(
    kind: DeviationKind, what: str, unit: str, value: float | None, norms: Sequence[float | None]
) -> Deviation | None:
    known = [norm for norm in norms if norm is not None]
    if value is None or not known:
        return None
    middle = median(known)
    if len(known) < FEW_NORMS:
        deviates = value > FEW_FACTOR * middle or value * FEW_FACTOR < middle
    else:
        spread = MAD_TO_SIGMA * median(abs(norm - middle) for norm in known)
        deviates = abs(value - middle) > max(MADS * spread, LEAST_CHANGE * middle)
    if not deviates:
        return None
    campaigns = "1 earlier campaign" if len(known) == 1 else f"{len(known)} earlier campaigns"
    return Deviation(kind, f"median {what} {value:.3g} {unit}; the norm of {campaigns} is {middle:.3g} {unit}")


def _sites(tally: Tally) -> list[Deviation]:
    found = []
    for name in sorted(tally.sites):
        _, _, n, wall_milli = tally.sites[name]
        rest_n = sum(amounts[2] for other, amounts in tally.sites.items() if other != name)
        rest_milli = sum(amounts[3] for other, amounts in tally.sites.items() if other != name)
        if n < ENOUGH or rest_n < ENOUGH or not rest_milli:
            continue
        factor = (wall_milli / n) / (rest_milli / rest_n)
        if factor > SITE_FACTOR:
            text = f"{name} takes {factor:.1f} × as long per instance as the other sites"
            found.append(Deviation(DeviationKind.SITE, text))
    return found
