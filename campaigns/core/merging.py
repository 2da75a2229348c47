"""Merging: what the instances of one job ask of a batch system, made into one request.

As in ctrl_bps: the largest of some needs, the sum of others, and what a job can have only once must agree.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.core.problem import PlanError
from execution.core.workflow import Request

LARGEST = ("memory_mb", "cpus", "memory_max_mb", "memory_multiplier", "retries")
SUMMED = ("disk_mb", "walltime_s")
AGREEING = {"queue": "queue", "account": "accountingGroup", "retry_unless_exit": "retryUnlessExit"}
"""Field -> the name that documents use for it."""


def merge(counts: Mapping[str, int], requests: Mapping[str, Request]) -> Request:
    """The request of a job with this many instances of each step; PlanError names two steps that do not agree."""
    labels = [label for label, count in counts.items() if count]
    if not labels:
        raise ValueError("a job without instances asks for nothing")
    faults = disagreements(labels, requests)
    if faults:
        raise PlanError(faults[0])
    asked = [requests[label] for label in labels]
    values: dict[str, Any] = {name: max(getattr(item, name) for item in asked) for name in LARGEST}
    for name in SUMMED:
        values[name] = sum(getattr(requests[label], name) * counts[label] for label in labels)
    values |= {name: getattr(asked[0], name) for name in AGREEING}
    return Request(**values)


def disagreements(labels: Sequence[str], requests: Mapping[str, Request]) -> list[str]:
    """Why these steps cannot share a job, one message per need that must agree and does not."""
    found = []
    for field, name in AGREEING.items():
        first = getattr(requests[labels[0]], field)
        for label in labels[1:]:
            other = getattr(requests[label], field)
            if other != first:
                found.append(
                    f"steps {labels[0]} and {label} cannot share a job:"
                    f" {name} is {_shown(first)} for {labels[0]} and {_shown(other)} for {label}"
                )
                break
    return found


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return str(list(value))
    return repr(value) if value else "not set"
