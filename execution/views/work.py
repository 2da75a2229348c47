"""Pages of workflows: the list, one workflow with its counts, and what may be done to it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bpsportal.web.access import require
from bpsportal.web.errors import Invalid, Missing, Problem
from bpsportal.web.newest import paged
from execution import acts, queries, selection, specs
from execution.api.work import scope_of_workflow
from execution.core.matrix import Matrix, matrix
from execution.core.rollup import VERBS, WorkflowState, state_of
from execution.core.states import InstanceState, JobState
from execution.filters import WorkflowFilter
from execution.models import Workflow

DONE = {"pause": "paused", "resume": "resumed", "terminate": "terminated"}
LIVE = (WorkflowState.LOADING, WorkflowState.RUNNING, WorkflowState.PAUSED, WorkflowState.CANCELLING)


class WhyForm(forms.Form):
    """A reason, which the ledger keeps."""

    why = forms.CharField(max_length=300, label="Reason")


class PriorityForm(forms.Form):
    """Higher goes first."""

    priority = forms.IntegerField(min_value=0, max_value=1_000_000)


@require_safe
def workflows(request: HttpRequest) -> HttpResponse:
    """The workflows, newest first."""
    require(request.user, "view.workflow")
    chosen = WorkflowFilter(request.GET, queryset=selection.workflows_for(request.user))
    page = paged(request, chosen.qs if chosen.is_valid() else Workflow.objects.none())
    states = queries.states_of_workflows(page.rows)
    rows = [(row, states[row.pk]) for row in page.rows]
    return render(request, "execution/workflows.html", {"filter": chosen, "page": page, "rows": rows})


@require_safe
def workflow(request: HttpRequest, pk: int) -> HttpResponse:
    """One workflow: state, what may be done, counts by step and state."""
    row = _workflow(request, pk)
    standing = queries.standings([row])[row.pk]
    state = state_of(standing)
    blueprint = specs.blueprint(row.blueprint_id)
    counts = queries.counts(queries.Target(row.campaign, workflow=row.name)) if not row.loading else []
    order = [step.label for step in blueprint.steps]
    context = {
        "workflow": row,
        "state": state,
        "verbs": VERBS[state],
        "live": state in LIVE,
        "jobs": _matrix(counts, "job", order),
        "instances": _matrix(counts, "instance", order),
        "job_states": dict(standing.jobs),
        "sites": list(blueprint.requests),
        "steps": blueprint.steps,
        "priority_form": PriorityForm(initial={"priority": row.priority}),
    }
    return render(request, "execution/workflow.html", context)


@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Pause, resume or terminate; a reason is needed to terminate."""
    row = _workflow(request, pk)
    require(request.user, f"workflow.{verb}", scope_of_workflow(row))
    why = request.POST.get("why", "").strip()[:300]
    if verb == "terminate" and not why:
        raise Invalid([Problem("why", "say why it is terminated; the ledger keeps the reason")])
    acts.act(row, verb, actor=request.user.get_username(), why=why)
    messages.success(request, f"Workflow {row.name} was {DONE[verb]}.")
    return redirect("execution:workflow", pk=row.pk)


@require_POST
def prioritise(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the priority of what has not gone out yet."""
    row = _workflow(request, pk)
    require(request.user, "workflow.prioritise", scope_of_workflow(row))
    form = PriorityForm(request.POST)
    if not form.is_valid():
        raise Invalid([Problem(name, str(error)) for name, errors in form.errors.items() for error in errors])
    acts.prioritise(row, form.cleaned_data["priority"], actor=request.user.get_username())
    messages.success(request, f"Workflow {row.name} now has priority {form.cleaned_data['priority']}.")
    return redirect("execution:workflow", pk=row.pk)


def _workflow(request: HttpRequest, pk: int) -> Workflow:
    require(request.user, "view.workflow")
    row = selection.workflows_for(request.user).filter(pk=pk).first()
    if row is None:
        raise Missing("workflow", pk)
    return row


def _matrix(counts: list[queries.Count], kind: str, order: list[str]) -> Matrix:
    states = JobState if kind == "job" else InstanceState
    return matrix([(count.label, count.state, count.n) for count in counts if count.kind == kind], states, order)
