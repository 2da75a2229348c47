"""How many jobs a site is given ahead of its slots."""

import math

AHEAD_S = 3.0
"""A queue of this many seconds of work keeps the slots busy between two passes, yet leaves pause and priority quick."""


def window(*, running: int, queued: int, pace: float) -> int:
    """Most jobs that may be at a site with `running` slots whose jobs lately ended at `pace` per second.

    Twice the slots at least, since slow jobs need no more; never above `queued`, the site's own limit.
    """
    return max(1, min(queued, max(2 * running, math.ceil(pace * AHEAD_S))))


def room(*, running: int, queued: int, pace: float, at_site: int) -> int:
    """How many more jobs the site takes now."""
    return max(0, window(running=running, queued=queued, pace=pace) - at_site)


def paced(former: float, ended: int, seconds: float) -> float:
    """Jobs ended per second, smoothed; slow to fall so that one quiet pass does not starve the site."""
    if seconds <= 0:
        return former
    rate = ended / seconds
    return rate if rate > former else former * 0.8 + rate * 0.2
