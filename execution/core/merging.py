"""What a job of several step instances asks for: the most of some needs, the sum of others, agreement on the rest."""

from collections.abc import Iterable
from dataclasses import replace

from execution.core.workflow import Request

MAX = ("memory_mb", "memory_max_mb", "cpus", "retries", "memory_multiplier")
SUM = ("disk_mb", "walltime_s")
SAME = ("queue", "account", "retry_unless_exit")


class Disagreement(ValueError):
    """Two steps of one job ask for different things that a job can have only once."""


def merge(parts: Iterable[tuple[str, Request, int]]) -> Request:
    """One request for a job of `(step label, its request, number of its instances)` parts (ctrl_bps: MAX, SUM,
    must agree).
    """
    rows = list(parts)
    label, first, _ = rows[0]
    for other, request, _ in rows[1:]:
        for key in SAME:
            if getattr(request, key) != getattr(first, key):
                raise Disagreement(
                    f"{key} is {getattr(first, key)!r} for {label} and {getattr(request, key)!r} for {other}"
                )
    most = {key: max(getattr(request, key) for _, request, _ in rows) for key in MAX}
    total = {key: sum(getattr(request, key) * n for _, request, n in rows) for key in SUM}
    return replace(first, **most, **total)
