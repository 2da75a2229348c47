"""REST resources of what campaigns are made of: pipelines and configuration layers in versions; registration."""

import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.errors import Invalid, Missing, Problem
from campaigns.api.answers import DocumentOutcomeSerializer
from campaigns.api.parsers import DOCUMENT_REQUEST, PARSERS, sent
from campaigns.core.schema import kind_of
from campaigns.filters import LayerFilter, PipelineFilter
from campaigns.models import ConfigLayer, PipelineVersion
from campaigns.reading import read_many
from campaigns.serializers import ConfigLayerSerializer, PipelineVersionSerializer
from campaigns.services.register import MAX_BYTES, register

VERSION = re.compile(r"[1-9][0-9]{0,8}")
KEY = OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH, description="`pipeline:version`, or `pipeline`")


def _registered(request: Request, kind: str) -> list[dict[str, Any]]:
    """Register the documents of a request, all of which have to be of one kind."""
    given = sent(request)
    for document in read_many(given.text, limit_bytes=MAX_BYTES):
        found = kind_of(document)
        if found != kind:
            what = f"this is a {found} document" if found else "this is no known kind of document"
            raise Invalid([Problem("", f"a {kind} document is expected here; {what}", line=document.line(()))])
    return register(given.text, user=request.user, reason=given.reason)


@extend_schema_view(
    list=extend_schema(summary="Pipelines in all their versions, the newest first"),
    retrieve=extend_schema(summary="One version of a pipeline, or its newest", parameters=[KEY]),
)
class PipelineViewSet(PortalViewSet):
    """Versioned sequences of step definitions; a version never changes."""

    queryset = PipelineVersion.objects.select_related("pipeline")
    serializer_class = PipelineVersionSerializer
    filterset_class = PipelineFilter
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    parser_classes = PARSERS
    verbs = {"list": "view.pipeline", "retrieve": "view.pipeline", "create": "pipeline.change"}

    def get_object(self) -> PipelineVersion:
        """The version of a key `pipeline:version`, or the newest one of a pipeline."""
        name, _, version = str(self.kwargs["id"]).partition(":")
        rows = self.get_queryset().filter(pipeline__name=name)
        if version:
            rows = rows.filter(version=int(version)) if VERSION.fullmatch(version) else rows.none()
        found = rows.order_by("-version").first()
        if found is None:
            raise Missing("pipeline", self.kwargs["id"])
        self.check_object_permissions(self.request, found)
        return found

    @extend_schema(summary="Add a pipeline, or a version of one", request=DOCUMENT_REQUEST,
                   responses={201: DocumentOutcomeSerializer(many=True)})  # fmt: skip
    @idempotent
    def create(self, request: Request) -> Response:
        """A version that is there already with the same content is left alone; with another content it is refused."""
        return Response(_registered(request, "pipeline"), status=201)


@extend_schema_view(
    list=extend_schema(summary="Configuration layers in all their versions, the newest first"),
    retrieve=extend_schema(summary="One version of a layer"),
)
class ConfigLayerViewSet(PortalViewSet):
    """Sources of configuration; the newest version of each scope and target counts for what is submitted next."""

    queryset: QuerySet[ConfigLayer] = ConfigLayer.objects.all()
    serializer_class = ConfigLayerSerializer
    filterset_class = LayerFilter
    parser_classes = PARSERS
    verbs = {"list": "view.config", "retrieve": "view.config", "create": "config.change"}

    @extend_schema(summary="Add a version of a configuration layer", request=DOCUMENT_REQUEST,
                   responses={201: DocumentOutcomeSerializer(many=True)})  # fmt: skip
    @idempotent
    def create(self, request: Request) -> Response:
        """Submitted campaigns keep the version that they pinned."""
        return Response(_registered(request, "layer"), status=201)


class RegisterViewSet(ViewSet):
    """Many documents at once: sites, software versions, pipelines, layers, data ID tables, datasets."""

    parser_classes = PARSERS
    verbs = {"create": "view.registration"}

    @extend_schema(summary="Register the documents of a text, all of them or none", request=DOCUMENT_REQUEST,
                   responses={201: DocumentOutcomeSerializer(many=True)})  # fmt: skip
    @idempotent
    def create(self, request: Request) -> Response:
        """Documents separated by `---`, or the entries of a list; each kind asks for the role that it needs."""
        given = sent(request)
        return Response(register(given.text, user=request.user, reason=given.reason), status=201)
