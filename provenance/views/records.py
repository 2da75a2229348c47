"""Pages of the ledger's rows: datasets with where they come from, executions, the feed of events."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpsportal.web.access import require
from bpsportal.web.errors import Missing
from bpsportal.web.newest import paged
from provenance import queries, selection
from provenance.core.events import EventKind
from provenance.core.facts import DatasetState, ExecutionKind, Outcome
from provenance.descent import Generation
from provenance.filters import DatasetFilter, EventFilter, ExecutionFilter
from provenance.models import Dataset, DatasetType, Environment, Event, Execution, Recipe, Use

SHOWN = 200
SUBJECTS = tuple(dict.fromkeys(kind.value.partition(".")[0] for kind in EventKind))


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """The datasets that the address asks for, newest first."""
    require(request.user, "view.dataset")
    chosen = DatasetFilter(request.GET, queryset=selection.datasets_for(request.user))
    page = paged(request, chosen.qs if chosen.is_valid() else Dataset.objects.none())
    types = DatasetType.objects.values_list("name", flat=True)
    context = {"filter": chosen, "page": page, "states": list(DatasetState), "types": types}
    return render(request, "provenance/datasets.html", context)


@require_safe
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    """One dataset: what made it of what, and what came of it."""
    require(request.user, "view.dataset")
    row = selection.datasets_for(request.user).filter(pk=pk).first()
    if row is None:
        raise Missing("dataset", pk)
    line = selection.narrow_lineage(request.user, queries.lineage(pk))
    above = _shown(request, line.ancestors[0]) if line.ancestors else None
    below = _shown(request, line.descendants[0]) if line.descendants else None
    return render(request, "provenance/dataset.html", {"dataset": row, "above": above, "below": below})


def _shown(request: HttpRequest, generation: Generation) -> dict[str, Any]:
    """Return the rows of a generation, as many as a page shows."""
    executions = selection.executions_for(request.user).filter(pk__in=generation.executions[:SHOWN])
    datasets = selection.datasets_for(request.user).filter(pk__in=generation.datasets[:SHOWN])
    hidden = generation.cut or max(len(generation.executions), len(generation.datasets)) > SHOWN
    return {"executions": executions.order_by("pk"), "datasets": datasets.order_by("pk"), "hidden": hidden}


@require_safe
def executions(request: HttpRequest) -> HttpResponse:
    """The executions that the address asks for, newest first; `?instance=` those of a step instance."""
    require(request.user, "view.execution")
    chosen = ExecutionFilter(request.GET, queryset=selection.executions_for(request.user))
    page = paged(request, chosen.qs if chosen.is_valid() else Execution.objects.none())
    context = {"filter": chosen, "page": page, "outcomes": list(Outcome), "kinds": list(ExecutionKind)}
    return render(request, "provenance/executions.html", context)


@require_safe
def execution(request: HttpRequest, pk: int) -> HttpResponse:
    """One execution: when, where, with what, what it read and made (LDM-636 0052)."""
    require(request.user, "view.execution")
    row = selection.executions_for(request.user).filter(pk=pk).first()
    if row is None:
        raise Missing("execution", pk)
    seen = selection.datasets_for(request.user)
    read = seen.filter(pk__in=Use.objects.filter(execution_id=pk).values("dataset_id"))
    environment = Environment.objects.filter(pk=row.environment_id or 0).first()
    recipe = Recipe.objects.filter(pk=row.recipe_id or 0).first()
    context = {
        "execution": row,
        "read": list(read.order_by("pk")[:SHOWN]),
        "made": list(seen.filter(execution=pk).order_by("pk")[:SHOWN]),
        "most": SHOWN,
        "variables": sorted(environment.variables.items()) if environment else [],
        "recipe": recipe,
        "others": selection.executions_for(request.user)
        .filter(instance=row.instance, kind=row.kind)
        .exclude(pk=pk)
        .order_by("-attempt")[:SHOWN]
        if row.instance
        else [],
    }
    return render(request, "provenance/execution.html", context)


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """The feed of events, newest first."""
    require(request.user, "view.event")
    chosen = EventFilter(request.GET, queryset=selection.events_for(request.user))
    page = paged(request, chosen.qs if chosen.is_valid() else Event.objects.none())
    return render(request, "provenance/events.html", {"filter": chosen, "page": page, "subjects": SUBJECTS})
