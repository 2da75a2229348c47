"""Pages of campaigns: the list, one campaign, its configuration and document, and what may be done to it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bpsportal.web.access import Scope, require, visible
from bpsportal.web.errors import Invalid, Missing, Problem
from campaigns import moves, report, standing
from campaigns.core.states import State
from campaigns.family import Outcome
from campaigns.filters import STATES, CampaignFilter
from campaigns.forms import CloneForm, PriorityForm, WhyForm
from campaigns.models import Campaign
from campaigns.services import control, payloads
from campaigns.services.clone import clone
from campaigns.services.submit import submit
from campaigns.views.listing import paged
from execution.core.states import InstanceState
from provenance import queries as history

EVENTS_SHOWN = 15
LIVE = (State.PLANNING, State.RUNNING, State.PAUSED, State.CANCELLING)
FAMILY_VERBS: Mapping[str, tuple[Callable[..., Outcome], str]] = {
    "pause": (control.pause, "paused"),
    "resume": (control.resume, "resumed"),
    "terminate": (control.terminate, "terminated"),
    "archive": (control.archive, "archived"),
}
PAYLOAD_VERBS = {"pause": "paused", "resume": "resumed", "terminate": "terminated"}


@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """The campaigns, newest first, with how far they are."""
    require(request.user, "view.campaign")
    chosen = CampaignFilter(request.GET, queryset=_visible(request))
    page = paged(request, chosen.qs if chosen.is_valid() else Campaign.objects.none())
    sums = standing.families(page.rows)
    rows = [(row, standing.in_order(sums[row.pk], InstanceState)) for row in page.rows]
    context = {"filter": chosen, "page": page, "rows": rows, "states": [state for state, _ in STATES]}
    context["live"] = any(row.state in LIVE for row in page.rows)
    return render(request, "campaigns/list.html", context)


@require_safe
def campaign(request: HttpRequest, name: str) -> HttpResponse:
    """One campaign: state, what may be done, counts by step and state, payloads, events."""
    row = campaign_of(request, name)
    parts = list(row.payloads.select_related("campaign"))
    stands = standing.of_payloads(row, parts)
    counts = report.counts(row)
    context = {
        "campaign": row,
        "verbs": moves.legal(row.state),
        "live": row.state in LIVE,
        "counts": counts,
        "matrix": _matrix(counts),
        "payloads": list(zip(parts, stands, strict=True)),
        "children": [(child["name"], child["state"], child["instances"]) for child in counts["subcampaigns"]],
        "events": history.events(campaign=row.name).order_by("-pk")[:EVENTS_SHOWN],
        "timings": sorted(row.timings.items()),
    }
    return render(request, "campaigns/campaign.html", context)


@require_safe
def configuration(request: HttpRequest, name: str) -> HttpResponse:
    """The resolved settings of a campaign, each with where it comes from."""
    row = campaign_of(request, name)
    return render(request, "campaigns/configuration.html", {"campaign": row, "config": report.config(row)})


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponse:
    """The campaign's document in all its revisions."""
    row = campaign_of(request, name)
    number = request.GET.get("revision", "")
    revisions = list(row.revisions.defer("text", "document"))
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < len("1000000000") else None
    shown = row.revisions.filter(number=wanted).first() if wanted else row.revision
    if shown is None:
        raise Missing("revision", number)
    return render(request, "campaigns/document.html", {"campaign": row, "revisions": revisions, "shown": shown})


@require_POST
def act(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    """Do what a button of the campaign's page says."""
    row = campaign_of(request, name)
    scope = Scope(program=row.program, campaign=row.name)
    permission = {"priority": "prioritise"}.get(verb, verb)
    if verb not in (*FAMILY_VERBS, "submit", "priority", "clone"):
        raise Http404(f"There is no button “{verb}”.")
    require(request.user, f"campaign.{permission}", scope)
    actor = request.user.get_username()
    match verb:
        case "submit":
            submit(row.name, user=request.user, why=_form(WhyForm, request)["why"])
            messages.success(request, f"Campaign {row.name} was submitted; it is being planned.")
        case "priority":
            given = _form(PriorityForm, request)
            outcome = control.prioritise(row.name, given["priority"], actor=actor, why=given["why"])
            _tell(request, outcome, f"got priority {given['priority']}")
        case "clone":
            given = _form(CloneForm, request)
            made = clone(row.name, given["name"], user=request.user, reason=given["why"])
            messages.success(request, f"Campaign {made.name} is a copy of {row.name}.")
            return redirect("campaigns:detail", name=made.name)
        case _:
            do, done = FAMILY_VERBS[verb]
            why = _why(request, verb)
            _tell(request, do(row.name, actor=actor, why=why), f"was {done}")
    return redirect("campaigns:detail", name=row.name)


@require_POST
def act_on_payload(request: HttpRequest, name: str, payload: str, verb: str) -> HttpResponse:
    """Do what a button of a payload says."""
    row = campaign_of(request, name)
    if verb not in (*PAYLOAD_VERBS, "priority"):
        raise Http404(f"There is no button “{verb}”.")
    permission = {"priority": "prioritise"}.get(verb, verb)
    require(request.user, f"payload.{permission}", Scope(program=row.program, campaign=row.name))
    actor = request.user.get_username()
    if verb == "priority":
        given = _form(PriorityForm, request)
        payloads.prioritise(row.name, payload, given["priority"], actor=actor, why=given["why"])
        messages.success(request, f"Payload {payload} got priority {given['priority']}.")
    else:
        payloads.act(row.name, payload, verb, actor=actor, why=_why(request, verb))
        messages.success(request, f"Payload {payload} was {PAYLOAD_VERBS[verb]}.")
    return redirect("campaigns:detail", name=row.name)


def _visible(request: HttpRequest) -> QuerySet[Campaign]:
    seen = visible(request.user).q(program="program", campaign="name")
    return Campaign.objects.filter(seen).select_related("owner", "parent", "revision")


def campaign_of(request: HttpRequest, name: str) -> Campaign:
    """The campaign, if there is one of this name that the user may see; Missing."""
    require(request.user, "view.campaign")
    row = _visible(request).filter(name=name).first()
    if row is None:
        raise Missing("campaign", name)
    return row


def _form(kind: type[forms.Form], request: HttpRequest) -> dict[str, Any]:
    """The checked fields of a small form; Invalid."""
    form = kind(request.POST)
    if not form.is_valid():
        raise Invalid([Problem(name, str(error)) for name, errors in form.errors.items() for error in errors])
    return form.cleaned_data


def _why(request: HttpRequest, verb: str) -> str:
    why = str(_form(WhyForm, request)["why"])
    if verb == "terminate" and not why:
        raise Invalid([Problem("why", "say why it is terminated; the ledger keeps the reason")])
    return why


def _tell(request: HttpRequest, outcome: Outcome, done: str) -> None:
    messages.success(request, f"{', '.join(outcome.acted)} {done}.")
    if outcome.left:
        left = ", ".join(f"{name} ({state})" for name, state in outcome.left.items())
        messages.warning(request, f"Left as they are: {left}.")


def _matrix(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Steps by those states that occur, with the sums."""
    present = {state for step in counts["steps"] for state in step["instances"]}
    states = [state.value for state in InstanceState if state.value in present]
    rows = [
        {**step, "cells": [(state, step["instances"].get(state, 0)) for state in states]} for step in counts["steps"]
    ]
    sums = [(state, sum(step["instances"].get(state, 0) for step in counts["steps"])) for state in states]
    return {"states": states, "rows": rows, "sums": sums, "total": sum(n for _, n in sums)}
