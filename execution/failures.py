"""Attempts that never ran: withdrawn before they were sent, refused by the site, or never arrived there."""

from collections.abc import Sequence

from django.utils import timezone

from execution import bulk
from execution.core.states import JobState
from execution.lease import Held
from execution.models import Attempt
from execution.moves import Deltas, move
from execution.settle import Ending, settle


def withdraw(lease: Held, attempts: Sequence[Attempt], why: str) -> None:
    """Close attempts of which no trace can be at the site; their jobs are ready again, for any site."""
    if not attempts:
        return
    now = timezone.now()
    with lease.writing(now):
        still_open = Attempt.objects.select_for_update().filter(pk__in=[a.pk for a in attempts], is_open=True)
        rows = {pk: job for pk, job in still_open.order_by("pk").values_list("pk", "job_id")}
        deltas = Deltas()
        move(rows.values(), JobState.READY, now=now, deltas=deltas, fields={"site": None, "why": why[:300]})
        bulk.update(
            Attempt,
            ["is_open", "outcome", "message", "collected_at"],
            [(pk, False, "withdrawn", why[:500], now) for pk in rows],
        )
        deltas.write()


def refuse(lease: Held, attempts: Sequence[tuple[Attempt, str]], *, cause: str) -> None:
    """Close attempts that the site, or the portal itself, would not take; retried by the rules of their cause."""
    now = timezone.now()
    settle(lease, [Ending(attempt, cause=cause, message=message, ended_at=now) for attempt, message in attempts], now)
