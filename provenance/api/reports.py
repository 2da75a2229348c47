"""REST resource of the reports: summary, comparison, coverage both ways, and the W3C PROV export."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from bpsportal.web import rows
from bpsportal.web.renderers import CsvRenderer
from bpsportal.web.roles import Scope
from provenance import queries
from provenance.api.shapes import ComparisonSerializer, CoverageSerializer, SummarySerializer
from provenance.core import coverage as images
from provenance.core.coverage import ImageOutcome
from provenance.core.tables import Table, to_csv, to_markdown
from provenance.covered import PAGE, Place
from provenance.filters import IMAGE_OUTCOMES
from provenance.narrowing import by_subject, ensure_visible

MOST = 2**63 - 1


class MarkdownRenderer(BaseRenderer):
    """`?format=md`; reports are written by themselves, refusals come as their message."""

    media_type = "text/markdown"
    format = "md"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        """Return the message of a refusal."""
        return f"{data.get('message', '') if isinstance(data, dict) else data}\n"


class CampaignSerializer(serializers.Serializer[Any]):
    """Which campaign."""

    campaign = serializers.CharField(help_text="Name of the campaign")


class PairSerializer(serializers.Serializer[Any]):
    """Which two campaigns."""

    left = serializers.CharField(help_text="Name of a campaign")
    right = serializers.CharField(help_text="Name of another campaign")


class CoveredSerializer(serializers.Serializer[Any]):
    """Either a campaign, or an image."""

    campaign = serializers.CharField(required=False, help_text="Name of the campaign: its images")
    outcome = serializers.ChoiceField(
        choices=IMAGE_OUTCOMES, required=False, help_text="With a campaign: only images of this outcome"
    )
    after = serializers.RegexField(
        r"^\d{1,18},-?\d{1,9}$", required=False, help_text="With a campaign: `after` of the page before"
    )
    exposure = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST, help_text="The image, or all of an exposure: its campaigns"
    )
    detector = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1, help_text="With an exposure")
    limit = serializers.IntegerField(
        required=False, default=PAGE, min_value=1, max_value=PAGE, help_text="Images a page"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two directions."""
        if ("campaign" in attrs) == ("exposure" in attrs):
            raise serializers.ValidationError({"campaign": ["name a campaign, or an exposure (and detector)"]})
        return attrs


class ReportViewSet(ViewSet):
    """Reports, computed from sums kept beside the ledger; `?format=csv`, `?format=md` for tables."""

    renderer_classes = [JSONRenderer, CsvRenderer, MarkdownRenderer]
    verbs = {name: "view.report" for name in ("summary", "comparison", "coverage", "prov")}

    def scope_of(self, obj: Any) -> Scope:
        """Reports belong to campaigns, which every action checks."""
        return Scope()

    @extend_schema(summary="Summary of a campaign", parameters=[CampaignSerializer], responses=SummarySerializer)
    @action(detail=False)
    def summary(self, request: Request) -> HttpResponseBase:
        """Per step: counts, times, memory, and what deviates from the norm (LDM-636 0054)."""
        name = _asked(CampaignSerializer, request)["campaign"]
        ensure_visible(request.user, name)
        report = queries.summary(name)
        return _answer(request, f"summary-{name}", report.to_json, report.tables)

    @extend_schema(summary="Two campaigns side by side", parameters=[PairSerializer], responses=ComparisonSerializer)
    @action(detail=False)
    def comparison(self, request: Request) -> HttpResponseBase:
        """Configuration, software, inputs, counts, times, and outputs by checksum (LDM-636 0050)."""
        asked = _asked(PairSerializer, request)
        for name in (asked["left"], asked["right"]):
            ensure_visible(request.user, name)
        report = queries.comparison(asked["left"], asked["right"])
        return _answer(request, f"comparison-{asked['left']}-{asked['right']}", report.to_json, report.tables)

    @extend_schema(summary="Coverage both ways", parameters=[CoveredSerializer], responses=CoverageSerializer)
    @action(detail=False)
    def coverage(self, request: Request) -> HttpResponseBase:
        """Which images a campaign processed, or which campaigns processed an image (LDM-636 0055)."""
        asked = _asked(CoveredSerializer, request)
        if "campaign" in asked:
            return _coverage_of_campaign(request, asked)
        lines = queries.coverage_of(
            asked["exposure"],
            asked.get("detector"),
            within=by_subject(request.user, "campaign_id"),
            limit=asked["limit"],
        )
        title = f"Exposure {asked['exposure']}"
        return _answer(
            request,
            f"coverage-{asked['exposure']}",
            lambda: {
                "campaign": None,
                "outcomes": images.count_outcomes(lines),
                "images": [line.to_json() for line in lines],
                "after": None,
            },
            lambda: images.tables(title, lines),
        )

    @extend_schema(
        summary="A campaign as W3C PROV-JSON",
        parameters=[CampaignSerializer],
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    @action(detail=False, renderer_classes=[JSONRenderer])
    def prov(self, request: Request) -> HttpResponseBase:
        """Datasets, executions with their retries, people and software, streamed."""
        name = _asked(CampaignSerializer, request)["campaign"]
        ensure_visible(request.user, name)
        response = StreamingHttpResponse(queries.prov_document(name), content_type="application/json")
        response["Content-Disposition"] = attachment(f"prov-{name}.json")
        return response


def _coverage_of_campaign(request: Request, asked: dict[str, Any]) -> HttpResponseBase:
    name = asked["campaign"]
    ensure_visible(request.user, name)
    outcome = ImageOutcome(asked["outcome"]) if "outcome" in asked else None
    if request.accepted_renderer.format == "csv":
        lines = queries.coverage_lines(name, outcome=outcome)
        return rows.download(map(images.record_of, lines), "csv", f"coverage-{name}", images.COLUMNS)
    page = queries.coverage(name, outcome=outcome, after=_place(asked.get("after")), limit=asked["limit"])
    return _answer(request, f"coverage-{name}", page.to_json, lambda: images.tables(f"Images of {name}", page.images))


def _asked(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the checked parameters."""
    asked = form(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _place(text: str | None) -> Place | None:
    if not text:
        return None
    exposure, _, detector = text.partition(",")
    return int(exposure), int(detector)


def _answer(
    request: Request, name: str, to_json: Callable[[], dict[str, Any]], tables: Callable[[], Sequence[Table]]
) -> HttpResponseBase:
    """Return the report in the form that was asked for."""
    writers = {"csv": to_csv, "md": to_markdown}
    form = request.accepted_renderer.format
    if form not in writers:
        return Response(to_json())
    content = HttpResponse(writers[form](tables()), content_type=f"{request.accepted_media_type}; charset=utf-8")
    content["Content-Disposition"] = attachment(f"{name}.{form}")
    return content


def attachment(name: str) -> str:
    """Return the header that makes a browser save an answer under this name."""
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
