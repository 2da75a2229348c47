"""REST resource of payloads, known as `campaign:payload`."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpsportal.web.access import visible
from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.errors import Missing
from bpsportal.web.roles import Scope
from campaigns.api import answers
from campaigns.filters import PayloadFilter
from campaigns.models import Payload
from campaigns.serializers import PayloadSerializer
from campaigns.services import payloads

CHUNK = 200
KEY = OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH, description="`campaign:payload`")


def _verb(summary: str, request: Any = answers.PerhapsWhySerializer) -> Any:
    return extend_schema(summary=summary, request=request, responses=PayloadSerializer, parameters=[KEY])


@extend_schema_view(
    list=extend_schema(summary="Payloads, the newest first"),
    retrieve=extend_schema(summary="One payload", parameters=[KEY]),
)
class PayloadViewSet(PortalViewSet):
    """Sequences of pipelines over a selection of data; their state is rolled up from wish and counters."""

    queryset = Payload.objects.none()
    serializer_class = PayloadSerializer
    filterset_class = PayloadFilter
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    verbs = {
        "list": "view.payload",
        "retrieve": "view.payload",
        "pause": "payload.pause",
        "resume": "payload.resume",
        "terminate": "payload.terminate",
        "priority": "payload.prioritise",
    }

    def get_queryset(self) -> QuerySet[Payload]:
        """Those of the campaigns that the user may see."""
        seen = visible(self.request.user).q(program="campaign__program", campaign="campaign__name")
        return Payload.objects.filter(seen).select_related("campaign")

    def get_object(self) -> Payload:
        """The payload of a key `campaign:payload`."""
        campaign, _, name = str(self.kwargs["id"]).partition(":")
        found = self.get_queryset().filter(campaign__name=campaign, name=name).first()
        if found is None:
            raise Missing("payload", self.kwargs["id"])
        self.check_object_permissions(self.request, found)
        return found

    def scope_of(self, obj: Payload) -> Scope:
        """Its campaign."""
        return Scope(program=obj.campaign.program, campaign=obj.campaign.name)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response | StreamingHttpResponse:
        """A page of the filtered list, or with `?format=csv` all of it."""
        renderer = getattr(request, "accepted_renderer", None)
        if renderer is not None and renderer.format == "csv":
            return super().list(request, *args, **kwargs)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PayloadSerializer.many_of(list(page or ())))

    @_verb("Dispatch nothing more of it")
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: Request, id: str) -> Response:
        """What runs may finish."""
        return self._act(request, "pause", answers.why(request))

    @_verb("Let a paused one go on")
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, id: str) -> Response:
        """At once, or with its campaign when that is paused."""
        return self._act(request, "resume", answers.why(request))

    @_verb("End it for good", answers.GroundsSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def terminate(self, request: Request, id: str) -> Response:
        """Its running jobs are killed, the rest never starts, and it has failed."""
        return self._act(request, "terminate", answers.needed_why(request))

    @_verb("Give it a priority of its own", answers.NewPrioritySerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def priority(self, request: Request, id: str) -> Response:
        """Holds for what has not gone out yet; nothing that runs is evicted."""
        payload, (priority, why) = self.get_object(), answers.priority(request)
        actor = request.user.get_username()
        payloads.prioritise(payload.campaign.name, payload.name, priority, actor=actor, why=why)
        return self._now()

    def _act(self, request: Request, verb: str, why: str) -> Response:
        payload = self.get_object()
        payloads.act(payload.campaign.name, payload.name, verb, actor=request.user.get_username(), why=why)
        return self._now()

    def _now(self) -> Response:
        return Response(PayloadSerializer(self.get_object()).data)

    def _all(self, queryset: QuerySet[Payload]) -> Iterator[Mapping[str, Any]]:
        """Every row, the counters of some hundred looked up at once."""
        rows = queryset.order_by("-pk").iterator(chunk_size=CHUNK)
        while chunk := [*islice(rows, CHUNK)]:
            yield from PayloadSerializer.many_of(chunk)
