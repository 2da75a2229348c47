"""Whether a failed attempt is followed by another, and how: a decision, nothing is done here (LDM-636 0032)."""

from dataclasses import dataclass

from execution.core.workflow import Request

SITE_CAUSES = frozenset({"lost", "node", "preempted", "site", "setup", "transfer", "rejected", "software"})
"""Not the payload's fault: they do not use up its retries."""

SITE_RETRIES = 5
DELAYS_S = (0, 5, 15, 60, 300)


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more, after `delay_s`, with `memory_mb` if that is given, at another site if `elsewhere` and
    there is one.
    """

    delay_s: int = 0
    memory_mb: int | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What was tried: attempts that failed for the site and for the payload, this one not counted."""

    site_failures: int
    payload_failures: int


def decide(*, cause: str, exit_code: int | None, history: History, request: Request) -> Again | None:
    """The next attempt, or None when it is given up.

    `request` is the job's own, with the memory it had. Exit codes of `retry_unless_exit` are final (ctrl_bps).
    """
    if cause in SITE_CAUSES:
        if history.site_failures >= SITE_RETRIES:
            return None
        return Again(delay_s=DELAYS_S[min(history.site_failures, len(DELAYS_S) - 1)], elsewhere=True)
    final = cause in {"input", "cancelled"} or exit_code in request.retry_unless_exit
    if final or history.payload_failures >= request.retries:
        return None
    return _with_more_memory(request) if cause == "memory" else Again()


def _with_more_memory(request: Request) -> Again | None:
    """The same with the multiplied memory, up to the maximum; None when it had that already."""
    more = int(request.memory_mb * request.memory_multiplier)
    given = min(more, request.memory_max_mb or more)
    return Again(memory_mb=given) if given > request.memory_mb else None
