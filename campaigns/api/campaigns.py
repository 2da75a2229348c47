"""REST resource of campaigns: documents in, verbs, and what became of them."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from bpsportal.web.access import visible
from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.roles import Scope
from campaigns import report
from campaigns.api import answers
from campaigns.api.parsers import DOCUMENT_REQUEST, PARSERS, sent
from campaigns.family import Outcome
from campaigns.filters import CampaignFilter
from campaigns.models import Campaign
from campaigns.reading import plain
from campaigns.serializers import CampaignDetailSerializer, CampaignSerializer
from campaigns.services import control, preview
from campaigns.services.clone import clone
from campaigns.services.create import check, create, revise
from campaigns.services.submit import submit
from provenance import queries as history

CHUNK = 200
VERB: dict[str, Any] = {"detail": True, "methods": ["post"], "parser_classes": [JSONParser, FormParser]}
DRAFT = OpenApiParameter("draft", OpenApiTypes.BOOL, description="Keep it in spite of its problems")
REASON = OpenApiParameter("reason", OpenApiTypes.STR, description="Why; kept with the change")


def _verb(summary: str, request: Any = answers.PerhapsWhySerializer) -> Any:
    return extend_schema(summary=summary, request=request, responses=answers.DoneSerializer)


@extend_schema_view(
    list=extend_schema(summary="Campaigns, the newest first"),
    retrieve=extend_schema(summary="One campaign with its payloads", responses=CampaignDetailSerializer),
)
class CampaignViewSet(PortalViewSet):
    """What is wanted: payloads with defined configuration and inputs, for one objective."""

    queryset = Campaign.objects.none()
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilter
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    parser_classes = PARSERS
    verbs = {
        **dict.fromkeys(("list", "retrieve", "counts", "config", "events"), "view.campaign"),
        "create": "campaign.create",
        "check": "campaign.validate",
        "check_stored": "campaign.validate",
        "preview": "campaign.plan",
        "preview_stored": "campaign.plan",
        **dict.fromkeys(("update", "partial_update"), "campaign.revise"),
        **{name: f"campaign.{name}" for name in ("submit", "pause", "resume", "terminate", "archive", "clone")},
        "priority": "campaign.prioritise",
    }
    scoped_inside = frozenset({"create", "check", "preview"})

    def get_queryset(self) -> QuerySet[Campaign]:
        """Those that the user may see."""
        seen = visible(self.request.user).q(program="program", campaign="name")
        return Campaign.objects.filter(seen).select_related("owner", "parent", "revision")

    def scope_of(self, obj: Campaign) -> Scope:
        """Its program and itself."""
        return Scope(program=obj.program, campaign=obj.name)

    def get_serializer_class(self) -> Any:
        """Lists say less."""
        return CampaignSerializer if self.action == "list" else CampaignDetailSerializer

    @extend_schema(summary="Create a campaign from a document", parameters=[DRAFT, REASON], request=DOCUMENT_REQUEST,
                   responses={201: CampaignDetailSerializer})  # fmt: skip
    @idempotent
    def create(self, request: Request) -> Response:
        """The campaign is ready to be submitted, or every problem of the document is said and nothing is kept."""
        given = sent(request)
        made = create(given.text, user=request.user, draft=given.draft, reason=given.reason)
        return Response(self._detail(made.name), status=201)

    @extend_schema(summary="Revise a campaign that was not submitted yet", parameters=[DRAFT, REASON],
                   request=DOCUMENT_REQUEST, responses=CampaignDetailSerializer)  # fmt: skip
    def update(self, request: Request, name: str) -> Response:
        """The whole document anew; the former one stays as a revision."""
        campaign, given = self.get_object(), sent(request)
        revise(campaign.name, given.text, user=request.user, reason=given.reason, draft=given.draft)
        return Response(self._detail(campaign.name))

    @extend_schema(summary="The same as PUT: a document is replaced as a whole", parameters=[DRAFT, REASON],
                   request=DOCUMENT_REQUEST, responses=CampaignDetailSerializer)  # fmt: skip
    def partial_update(self, request: Request, name: str) -> Response:
        """The whole document anew."""
        return self.update(request, name)

    @extend_schema(summary="Check a document without any effect", operation_id="campaigns_validate_document",
                   request=DOCUMENT_REQUEST,
                   responses=answers.CheckedSerializer)  # fmt: skip
    @action(detail=False, methods=["post"], url_path="validate", url_name="validate")
    def check(self, request: Request) -> Response:
        """Every problem at once (400), or that there is none."""
        asked = check(sent(request).text, actor=request.user.get_username())
        return Response({"valid": True, "problems": [], "warnings": plain(asked.warnings)})

    @extend_schema(summary="Check a campaign against what exists now, without any effect", request=None,
                   responses=answers.CheckedSerializer)  # fmt: skip
    @action(detail=True, methods=["post"], url_path="validate", url_name="validate-stored")
    def check_stored(self, request: Request, name: str) -> Response:
        """Every problem at once (400), or that there is none."""
        campaign = self.get_object()
        text = campaign.revision.text if campaign.revision else ""
        asked = check(text, actor=request.user.get_username(), revised=campaign.name)
        return Response({"valid": True, "problems": [], "warnings": plain(asked.warnings)})

    @extend_schema(summary="Preview of a document: instances, jobs, core hours", operation_id="campaigns_plan_document",
                   request=DOCUMENT_REQUEST,
                   responses=answers.PreviewSerializer)  # fmt: skip
    @action(detail=False, methods=["post"], url_path="plan", url_name="plan")
    def preview(self, request: Request) -> Response:
        """What would run, counted; nothing is stored."""
        return Response(preview.of_document(sent(request).text, actor=request.user.get_username()))

    @extend_schema(summary="Preview of a campaign: instances, jobs, core hours", request=None,
                   responses=answers.PreviewSerializer)  # fmt: skip
    @action(detail=True, methods=["post"], url_path="plan", url_name="plan-stored")
    def preview_stored(self, request: Request, name: str) -> Response:
        """What would run, counted; nothing is stored."""
        return Response(preview.of_campaign(self.get_object()))

    @_verb("Submit: pin every version, plan, run")
    @action(**VERB)
    @idempotent
    def submit(self, request: Request, name: str) -> Response:
        """Nothing runs before all of it is planned."""
        campaign = self.get_object()
        submit(campaign.name, user=request.user, why=answers.why(request))
        return self._done(campaign.name, Outcome((campaign.name,)))

    @_verb("Dispatch nothing more of it and its subcampaigns")
    @action(**VERB)
    @idempotent
    def pause(self, request: Request, name: str) -> Response:
        """What runs may finish."""
        return self._act(request, control.pause, answers.why(request))

    @_verb("Let it and its subcampaigns go on")
    @action(**VERB)
    @idempotent
    def resume(self, request: Request, name: str) -> Response:
        """Dispatch, or planning, goes on."""
        return self._act(request, control.resume, answers.why(request))

    @_verb("Declare it and its subcampaigns failed, at once", answers.GroundsSerializer)
    @action(**VERB)
    @idempotent
    def terminate(self, request: Request, name: str) -> Response:
        """Running jobs are killed, the rest never starts; what was produced stays listed."""
        return self._act(request, control.terminate, answers.needed_why(request))

    @_verb("Put it and its subcampaigns away")
    @action(**VERB)
    @idempotent
    def archive(self, request: Request, name: str) -> Response:
        """It stays readable."""
        return self._act(request, control.archive, answers.why(request))

    @_verb("Change its priority and that of its subcampaigns", answers.NewPrioritySerializer)
    @action(**VERB)
    @idempotent
    def priority(self, request: Request, name: str) -> Response:
        """Holds for what has not gone out yet; nothing that runs is evicted."""
        campaign, (priority, why) = self.get_object(), answers.priority(request)
        outcome = control.prioritise(campaign.name, priority, actor=request.user.get_username(), why=why)
        return self._done(campaign.name, outcome)

    @extend_schema(summary="Copy its document under another name", request=answers.CloneSerializer,
                   responses={201: CampaignDetailSerializer})  # fmt: skip
    @action(**VERB)
    @idempotent
    def clone(self, request: Request, name: str) -> Response:
        """A campaign of its own, ready to be submitted."""
        campaign = self.get_object()
        asked = answers.CloneSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        made = clone(campaign.name, values["name"], user=request.user, reason=values["why"])
        return Response(self._detail(made.name), status=201)

    @extend_schema(summary="Steps by states", responses=answers.CountsSerializer)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def counts(self, request: Request, name: str) -> Response:
        """From counters, whatever the size; `at_least` while points are open."""
        return Response(report.counts(self.get_object()))

    @extend_schema(summary="Resolved settings, each with the layer that said it", responses=answers.ConfigSerializer)
    @action(detail=True, filterset_class=None, pagination_class=None)
    def config(self, request: Request, name: str) -> Response:
        """As pinned at submission; before it, as they would be pinned now."""
        return Response(report.config(self.get_object()))

    @extend_schema(
        summary="What happened to it, the newest first", responses=answers.CampaignEventSerializer(many=True)
    )
    @action(detail=True, filterset_class=None)
    def events(self, request: Request, name: str) -> Response:
        """The ledger's lines about the campaign."""
        page = self.paginate_queryset(history.events(campaign=self.get_object().name))
        return self.get_paginated_response(answers.CampaignEventSerializer(page, many=True).data)

    def _act(self, request: Request, verb: Any, why: str) -> Response:
        name = self.get_object().name
        return self._done(name, verb(name, actor=request.user.get_username(), why=why))

    def _done(self, name: str, outcome: Outcome) -> Response:
        return Response({"acted": list(outcome.acted), "left": outcome.left, "campaign": self._detail(name)})

    def _detail(self, name: str) -> Mapping[str, Any]:
        campaign = Campaign.objects.select_related("owner", "parent", "revision").get(name=name)
        return dict(CampaignDetailSerializer(campaign).data)

    def _all(self, queryset: QuerySet[Campaign]) -> Iterator[Mapping[str, Any]]:
        """Every row, the counters of some hundred looked up at once."""
        rows = queryset.order_by("-pk").iterator(chunk_size=CHUNK)
        while chunk := list(islice(rows, CHUNK)):
            yield from CampaignSerializer(chunk, many=True).data
