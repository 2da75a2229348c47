"""The right to generate one campaign's workflows: one planner at a time, and nothing of it counts once it was lost."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from campaigns.core.states import State
from campaigns.models import Campaign

TERM = timedelta(minutes=10)
"""Longer than any stretch of planning in which nothing is written."""
RENEW = timedelta(seconds=2)
_HOST = socket.gethostname()

T = TypeVar("T")


class Interrupted(Exception):
    """The campaign is not to be planned any more, or somebody else plans it now: what was stored does not count."""


@dataclass(frozen=True, slots=True)
class Held:
    """The right in hand for a campaign in a state; `fence` grows with every taking."""

    pk: int
    state: State
    fence: int

    @contextmanager
    def finishing(self) -> Iterator[Campaign]:
        """One transaction that first makes sure of the right and keeps the campaign's row locked; else Interrupted."""
        with transaction.atomic():
            self.renew()
            yield Campaign.objects.select_related("revision").get(pk=self.pk)

    def renew(self) -> None:
        """Keep the right; Interrupted when the state has changed or somebody else has it."""
        mine = Campaign.objects.filter(pk=self.pk, state=self.state.value, planner_fence=self.fence)
        if not mine.update(planner_until=timezone.now() + TERM):
            raise Interrupted

    def watching(self, items: Iterable[T]) -> Iterator[T]:
        """The items, with a look at the campaign every few seconds between them: Interrupted stops the reading."""
        next_look = timezone.now()
        for item in items:
            if timezone.now() >= next_look:
                self.renew()
                next_look = timezone.now() + RENEW
            yield item

    def release(self) -> None:
        """Give it back; one that was lost meanwhile is left alone."""
        Campaign.objects.filter(pk=self.pk, planner_fence=self.fence).update(planner="", planner_until=None)


def take(name: str, run: int, state: State, now: datetime) -> Held | None:
    """The right to plan this run of a campaign in this state, or None while somebody has it or the state is another."""
    row = (
        Campaign.objects.filter(name=name, run=run, state=state.value).values("pk", "planner", "planner_fence").first()
    )
    if row is None:
        return None
    free = Q(planner_until=None) | Q(planner_until__lte=now)
    if is_gone(row["planner"]):
        free |= Q(planner=row["planner"])
    mine = Campaign.objects.filter(free, pk=row["pk"], run=run, state=state.value, planner_fence=row["planner_fence"])
    holder = f"{_HOST}:{os.getpid()}"[:100]
    if not mine.update(planner=holder, planner_until=now + TERM, planner_fence=F("planner_fence") + 1):
        return None
    return Held(row["pk"], state, row["planner_fence"] + 1)


def is_gone(planner: str) -> bool:
    """Whether the planner was a process of this machine that has ended; of other machines nothing is known."""
    host, _, pid = planner.rpartition(":")
    if host != _HOST or not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
