"""Merging, before the run: whether steps can share jobs. What a job then asks for is `execution.core.merging.merge`."""

from collections.abc import Mapping, Sequence

from execution.core.merging import SAME
from execution.core.workflow import Request

_NAMES = {"account": "accountingGroup", "retry_unless_exit": "retryUnlessExit"}
"""Field -> the name that documents use for it, where it is another one."""


def disagreements(labels: Sequence[str], requests: Mapping[str, Request]) -> list[str]:
    """Why these steps cannot share a job: one message for each need that a job has only once and that differs."""
    found = []
    for field in SAME:
        first = getattr(requests[labels[0]], field)
        for label in labels[1:]:
            other = getattr(requests[label], field)
            if other != first:
                found.append(
                    f"steps {labels[0]} and {label} cannot share a job: {_NAMES.get(field, field)}"
                    f" is {_shown(first)} for {labels[0]} and {_shown(other)} for {label}"
                )
                break
    return found


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return str(list(value))
    return repr(value) if value else "not set"
