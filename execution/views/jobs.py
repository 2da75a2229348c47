"""Pages of jobs and step instances: lists with filters, one of each with all that is known of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from bpsportal.web.access import require
from bpsportal.web.errors import Missing
from bpsportal.web.newest import paged
from execution import queries, selection
from execution.core.states import FINISHED, InstanceState, JobState
from execution.filters import InstanceFilter, JobFilter
from execution.models import Attempt, Job, StepInstance
from provenance.core.facts import ExecutionKind
from provenance.models import Dataset, Execution

SHOWN_INSTANCES = 200


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The jobs that the address asks for, newest first."""
    require(request.user, "view.job")
    chosen = JobFilter(request.GET, queryset=selection.jobs_for(request.user))
    valid = chosen.is_valid()
    page = paged(request, chosen.qs if valid else Job.objects.none())
    exact = valid and not chosen.given("site", "since")
    total = selection.how_many("job", request.user, chosen.asked) if exact else None
    rows = _with_last_words(page.rows)
    context = {"filter": chosen, "page": page, "rows": rows, "total": total, "states": list(JobState)}
    return render(request, "execution/jobs.html", context)


def _with_last_words(rows: list[Job]) -> list[tuple[Job, str]]:
    """Each job with what its last attempt said, or what its last move was for."""
    attempts = Attempt.objects.filter(job__in=rows, is_open=False).order_by("job_id", "number")
    words = {job: (cause, message) for job, cause, message in attempts.values_list("job_id", "cause", "message")}
    return [(row, row.why or ": ".join(part for part in words.get(row.pk, ()) if part)) for row in rows]


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: its state and why, its attempts with their receipts, its step instances."""
    require(request.user, "view.job")
    row = selection.jobs_for(request.user).filter(pk=pk).first()
    if row is None:
        raise Missing("job", pk)
    instances = list(StepInstance.objects.filter(job=row).order_by("pk")[:SHOWN_INSTANCES])
    context = {
        "job": row,
        "reasons": queries.job_why(row.pk),
        "attempts": list(Attempt.objects.filter(job=row).select_related("site").order_by("-number")),
        "instances": instances,
        "hidden": row.instances - len(instances),
        "live": row.state not in FINISHED,
    }
    return render(request, "execution/job.html", context)


@require_safe
def instances(request: HttpRequest) -> HttpResponse:
    """The step instances that the address asks for, newest first."""
    require(request.user, "view.instance")
    chosen = InstanceFilter(request.GET, queryset=selection.instances_for(request.user))
    valid = chosen.is_valid()
    page = paged(request, chosen.qs if valid else StepInstance.objects.none())
    exact = valid and not chosen.given("exposure", "detector", "data_id", "job")
    total = selection.how_many("instance", request.user, chosen.asked) if exact else None
    context = {"filter": chosen, "page": page, "total": total, "states": list(InstanceState)}
    return render(request, "execution/instances.html", context)


@require_safe
def find_instance(request: HttpRequest) -> HttpResponse:
    """Straight to the page of the one step instance that the address describes, else to the list of all that fit."""
    require(request.user, "view.instance")
    chosen = InstanceFilter(request.GET, queryset=selection.instances_for(request.user))
    found = list(chosen.qs.order_by("-pk")[:2]) if chosen.is_valid() else []
    if len(found) == 1:
        return redirect("execution:instance", pk=found[0].pk)
    response = redirect("execution:instances")
    response["Location"] += f"?{request.GET.urlencode()}"
    return response


@require_safe
def instance(request: HttpRequest, pk: int) -> HttpResponse:
    """One step instance: its executions, what they wrote, what they made."""
    require(request.user, "view.instance")
    row = selection.instances_for(request.user).filter(pk=pk).first()
    if row is None:
        raise Missing("step instance", pk)
    executions = list(
        Execution.objects.filter(instance=row.pk, kind=ExecutionKind.STEP)
        .select_related("site", "host", "software", "version")
        .order_by("-attempt")
    )
    attempts = {a.token: a for a in Attempt.objects.filter(job_id=row.job_id).select_related("site")}
    made = Dataset.objects.filter(execution__in=[each.pk for each in executions]).select_related("type").order_by("pk")
    context = {
        "instance": row,
        "executions": [(each, attempts.get(each.token)) for each in executions],
        "datasets": list(made[:SHOWN_INSTANCES]),
        "running": next((a for a in attempts.values() if a.is_open), None),
    }
    return render(request, "execution/instance.html", context)
