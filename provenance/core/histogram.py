"""A histogram with bins that grow by 5 %: quantiles to about 2.5 % from a few hundred bytes, mergeable in any order."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GROWTH = 1.05
_LOG = math.log(GROWTH)
_MILLI = 1000


@dataclass(slots=True)
class Histogram:
    """Counts of non-negative numbers by the power of GROWTH they lie in.

    The sum is kept in whole thousandths, so that merging parts in any order gives the same histogram to the last bit.
    """

    n: int = 0
    total_milli: int = 0
    low: float = math.inf
    high: float = -math.inf
    zeros: int = 0
    bins: dict[int, int] = field(default_factory=dict)

    def add(self, value: float | None) -> None:
        """Count one value; None, negative and non-finite ones are not measurements and are left out."""
        if value is None or not 0 <= value < math.inf:
            return
        self.n += 1
        self.total_milli += round(value * _MILLI)
        self.low, self.high = min(self.low, value), max(self.high, value)
        if value == 0:
            self.zeros += 1
            return
        index = math.floor(math.log(value) / _LOG)
        self.bins[index] = self.bins.get(index, 0) + 1

    def merge(self, other: "Histogram") -> None:
        """Take in what the other one counted."""
        self.n += other.n
        self.total_milli += other.total_milli
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.zeros += other.zeros
        for index, count in other.bins.items():
            self.bins[index] = self.bins.get(index, 0) + count

    @property
    def total(self) -> float:
        """The sum of all values."""
        return self.total_milli / _MILLI

    @property
    def mean(self) -> float | None:
        """The mean, None without values."""
        return self.total / self.n if self.n else None

    @property
    def maximum(self) -> float | None:
        """The largest value, exact; None without values."""
        return self.high if self.n else None

    def quantile(self, share: float) -> float | None:
        """Return what `share` (0 to 1) of the values do not exceed, nearest rank, to half a bin; None without any."""
        if not self.n:
            return None
        rank = max(1, math.ceil(share * self.n))
        if rank == self.n:
            return self.high
        seen = self.zeros
        if rank <= seen:
            return 0.0
        for index in sorted(self.bins):
            seen += self.bins[index]
            if rank <= seen:
                return min(max(math.exp((index + 0.5) * _LOG), self.low), self.high)
        raise AssertionError("the bins of a histogram hold fewer values than it counts")

    def to_json(self) -> dict[str, Any]:
        """Return plain data; the empty histogram is {}."""
        if not self.n:
            return {}
        bins = {str(index): self.bins[index] for index in sorted(self.bins)}
        totals = {"n": self.n, "milli": self.total_milli, "low": self.low, "high": self.high, "zeros": self.zeros}
        return {**totals, "bins": bins}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Histogram":
        """Read what `to_json` wrote."""
        if not data:
            return cls()
        bins = {int(index): count for index, count in data["bins"].items()}
        return cls(data["n"], data["milli"], data["low"], data["high"], data["zeros"], bins)
