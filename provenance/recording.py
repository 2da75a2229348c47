"""Adding events to the ledger."""

from collections.abc import Iterable, Mapping
from typing import Any

from bpsportal.web import tracing
from provenance.core import clean
from provenance.core.events import EventKind
from provenance.core.facts import EventFact
from provenance.models import Event


def record(  # noqa: PLR0913 - the fields of an event
    kind: EventKind,
    *,
    actor: str,
    campaign: str = "",
    run: int = 0,
    workflow: str = "",
    job: int | None = None,
    step: str = "",
    site: str = "",
    data_id: str = "",
    why: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add an event: who (`actor`, "portal" for the portal itself) did what to which subject, and why."""
    record_many([EventFact(kind, actor, campaign, run, workflow, job, step, site, data_id, why, details)])


def record_many(events: Iterable[EventFact]) -> None:
    """Add several events. ValueError for a kind that is not in the closed list."""
    Event.objects.bulk_create([_event(fact) for fact in events])


def _event(fact: EventFact) -> Event:
    return Event(
        kind=EventKind(fact.kind), actor=clean.text(fact.actor, 150), campaign=clean.text(fact.campaign, 200),
        run=fact.run, workflow=clean.text(fact.workflow, 300), job=fact.job, step=clean.text(fact.step, 200),
        site=clean.text(fact.site, 200), data_id=clean.text(fact.data_id, 300), why=clean.text(fact.why, 4000),
        details=clean.data(fact.details or {}), request_id=tracing.current(),
    )  # fmt: skip
