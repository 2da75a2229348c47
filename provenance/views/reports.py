"""Pages of the three reports: summary, comparison, coverage both ways."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpsportal.web.access import require
from provenance import queries
from provenance.core.coverage import MEANING, ImageOutcome
from provenance.covered import Place
from provenance.filters import IMAGE_OUTCOMES
from provenance.models import Subject, SubjectKind
from provenance.narrowing import by_subject, ensure_visible

OFFERED = 100
PAGE = 200


class CampaignForm(forms.Form):
    """Which campaign."""

    campaign = forms.CharField(max_length=300)


class PairForm(forms.Form):
    """Which two campaigns."""

    left = forms.CharField(max_length=300)
    right = forms.CharField(max_length=300)


class CoverageForm(forms.Form):
    """A campaign, or an image."""

    campaign = forms.CharField(max_length=300, required=False)
    outcome = forms.ChoiceField(choices=[("", "any"), *IMAGE_OUTCOMES], required=False)
    after = forms.RegexField(r"^\d{1,18},-?\d{1,9}$", required=False)
    exposure = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    detector = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Where the reports begin: choose a campaign, two of them, or an image."""
    require(request.user, "view.report")
    return render(request, "provenance/reports.html", {"campaigns": _campaigns(request)})


@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """What came of a campaign, step by step."""
    require(request.user, "view.report")
    form = CampaignForm(request.GET or None)
    context: dict[str, Any] = {"form": form, "campaigns": _campaigns(request), "report": None}
    if form.is_valid():
        name = form.cleaned_data["campaign"]
        ensure_visible(request.user, name)
        context["report"] = queries.summary(name)
    return render(request, "provenance/summary.html", context)


@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """Two campaigns side by side."""
    require(request.user, "view.report")
    form = PairForm(request.GET or None)
    context: dict[str, Any] = {"form": form, "campaigns": _campaigns(request), "report": None}
    if form.is_valid():
        left, right = form.cleaned_data["left"], form.cleaned_data["right"]
        for name in (left, right):
            ensure_visible(request.user, name)
        context["report"] = queries.comparison(left, right)
    return render(request, "provenance/comparison.html", context)


@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """The images of a campaign, or the campaigns of an image."""
    require(request.user, "view.report")
    form = CoverageForm(request.GET)
    context: dict[str, Any] = {"form": form, "campaigns": _campaigns(request), "meaning": MEANING.items(), "lines": []}
    if form.is_valid():
        asked = form.cleaned_data
        if asked["campaign"]:
            context["report"] = _images_of(request, asked)
            context["lines"] = context["report"].images
        elif asked["exposure"] is not None:
            within = by_subject(request.user, "campaign_id")
            context["lines"] = queries.coverage_of(asked["exposure"], asked["detector"], within=within)
            context["asked"] = asked
    return render(request, "provenance/coverage.html", context)


def _images_of(request: HttpRequest, asked: dict[str, Any]) -> Any:
    ensure_visible(request.user, asked["campaign"])
    outcome = ImageOutcome(asked["outcome"]) if asked["outcome"] else None
    after: Place | None = None
    if asked["after"]:
        exposure, _, detector = asked["after"].partition(",")
        after = (int(exposure), int(detector))
    return queries.coverage(asked["campaign"], outcome=outcome, after=after, limit=PAGE)


def _campaigns(request: HttpRequest) -> list[str]:
    """Return the campaigns that the user may see, the latest first, to choose from."""
    names = Subject.objects.filter(by_subject(request.user, "pk"), kind=SubjectKind.CAMPAIGN.value).exclude(name="")
    return list(names.order_by("-pk").values_list("name", flat=True)[:OFFERED])
