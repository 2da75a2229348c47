"""The lease that lets one worker at a time run a pass; it bounds nothing by connection, so a dead worker only
costs its term.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from execution.models import Lease

TERM = timedelta(seconds=30)


class LeaseLost(Exception):
    """Somebody else holds the lease now: whatever this pass still wanted to write is void."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease in hand; `fence` is the number that stands in the WHERE of all that its holder writes."""

    name: str
    fence: int

    @contextmanager
    def writing(self, now: datetime) -> Iterator[None]:
        """One transaction of the holder: renews the lease in its first statement, or raises LeaseLost and writes
        nothing.

        The renewed row stays locked until the commit, so a new holder cannot begin between the check and the writes.
        """
        with transaction.atomic():
            kept = Lease.objects.filter(name=self.name, fence=self.fence).update(until=now + TERM)
            if not kept:
                raise LeaseLost(self.name)
            yield

    def release(self, now: datetime) -> None:
        """Give it back early; a lease lost meanwhile is left alone."""
        Lease.objects.filter(name=self.name, fence=self.fence).update(until=now)


def take(name: str, now: datetime) -> Held | None:
    """The lease called `name`, or None while somebody else's runs."""
    Lease.objects.get_or_create(name=name)
    free = Q(until=None) | Q(until__lte=now)
    with transaction.atomic():
        holder = f"{socket.gethostname()}:{os.getpid()}"
        taken = Lease.objects.filter(free, name=name).update(fence=F("fence") + 1, holder=holder, until=now + TERM)
        if not taken:
            return None
        return Held(name, Lease.objects.values_list("fence", flat=True).get(name=name))
