"""The ledger as one user sees it: the same rows for pages and REST."""

from typing import Any

from django.db.models import Q, QuerySet

from bpsportal.web.access import visible
from provenance import queries
from provenance.descent import Generation, Lineage
from provenance.models import Dataset, Environment, Event, Execution
from provenance.narrowing import by_name, by_subject


def datasets_for(user: Any) -> QuerySet[Dataset]:
    """Return the datasets that a user may see: registered files, and those of campaigns within the user's scope."""
    if not _sees_anything(user):
        return queries.datasets().none()
    return queries.datasets().filter(by_subject(user, "campaign_id", shared=Q(campaign=None)))


def executions_for(user: Any) -> QuerySet[Execution]:
    """Return the executions of campaigns that a user may see."""
    return queries.executions().filter(by_subject(user, "campaign_id"))


def events_for(user: Any) -> QuerySet[Event]:
    """Return the events that a user may see: of sites and the portal, and of campaigns within the user's scope."""
    if not _sees_anything(user):
        return Event.objects.none()
    return Event.objects.filter(by_name(user, "campaign", shared=Q(campaign="")))


def environments_for(user: Any) -> QuerySet[Environment]:
    """Return the environments that executions the user may see ran in."""
    if visible(user).everything:
        return Environment.objects.all()
    seen = Execution.objects.filter(by_subject(user, "campaign_id"))
    return Environment.objects.filter(pk__in=seen.values("environment_id"))


def _sees_anything(user: Any) -> bool:
    """Tell whether the user has a role at all; without one even what is everybody's stays hidden."""
    narrowing = visible(user)
    return narrowing.everything or bool(narrowing.programs or narrowing.campaigns)


def narrow_lineage(user: Any, found: Lineage) -> Lineage:
    """Leave out of a lineage what the user may not see."""
    if visible(user).everything:
        return found
    generations = (*found.ancestors, *found.descendants)
    executions = executions_for(user).filter(pk__in={number for g in generations for number in g.executions})
    datasets = datasets_for(user).filter(pk__in={number for g in generations for number in g.datasets})
    seen = set(executions.values_list("pk", flat=True)), set(datasets.values_list("pk", flat=True))

    def keep(generation: Generation) -> Generation:
        return Generation(
            tuple(number for number in generation.executions if number in seen[0]),
            tuple(number for number in generation.datasets if number in seen[1]),
            generation.cut,
        )

    return Lineage(found.dataset, tuple(map(keep, found.ancestors)), tuple(map(keep, found.descendants)))
