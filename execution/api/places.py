"""REST resources of places: sites with their nodes, software versions."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.errors import Invalid, Problem
from bpsportal.web.roles import Scope
from execution import registry
from execution.models import Node, Site, SoftwareVersion
from execution.nodes import check as check_site
from execution.serializers import (
    NeededReasonSerializer,
    NodeSerializer,
    OptionalReasonSerializer,
    SiteCheckSerializer,
    SiteDocumentSerializer,
    SiteSerializer,
    SoftwareDocumentSerializer,
    SoftwareSerializer,
)

NODE = r"(?P<node>[^/]+)"
NODE_PARAMETER = OpenApiParameter("node", OpenApiTypes.STR, OpenApiParameter.PATH, description="Name of the node")
WHY_PARAMETER = OpenApiParameter("why", OpenApiTypes.STR, description="Reason, kept with the event")


@extend_schema_view(
    list=extend_schema(summary="Sites by name"),
    retrieve=extend_schema(summary="One site"),
)
class SiteViewSet(PortalViewSet):
    """Computational platforms: batch system, how it is reached, limits, and how it is."""

    queryset = Site.objects.all()
    serializer_class = SiteSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    ordering = ("name",)
    verbs = {
        "list": "view.site",
        "retrieve": "view.site",
        "nodes": "view.site",
        "create": "site.change",
        "update": "site.change",
        "check": "site.check",
        "pause": "site.pause",
        "resume": "site.resume",
        "drain_node": "node.drain",
        "resume_node": "node.resume",
    }

    def scope_of(self, obj: Site) -> Scope:
        """The site itself."""
        return Scope(site=obj.name)

    @extend_schema(
        request=SiteDocumentSerializer,
        responses={201: SiteSerializer},
        parameters=[WHY_PARAMETER],
        summary="Add a site",
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Put in a site by its document; one of the same name is changed to what the document says."""
        return self._put(request, _document(request), status=201)

    @extend_schema(
        request=SiteDocumentSerializer, responses=SiteSerializer, parameters=[WHY_PARAMETER], summary="Change a site"
    )
    def update(self, request: Request, name: str) -> Response:
        """Replace the site's document; what is left out falls back to its default."""
        self.get_object()
        return self._put(request, _named(request, "site", name))

    def _put(self, request: Request, fields: dict[str, Any], status: int = 200) -> Response:
        why = request.query_params.get("why", "")
        site = registry.put_site(fields, actor=request.user.get_username(), why=why[:300])
        return Response(self.get_serializer(site).data, status=status)

    @extend_schema(request=NeededReasonSerializer, responses=SiteSerializer, summary="Give it no new jobs")
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: Request, name: str) -> Response:
        """What it has goes on."""
        why = _why(request, NeededReasonSerializer)
        site = registry.pause_site(self.get_object().name, actor=request.user.get_username(), why=why)
        return Response(self.get_serializer(site).data)

    @extend_schema(request=OptionalReasonSerializer, responses=SiteSerializer, summary="Give it jobs again")
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, name: str) -> Response:
        """Also asks a site in trouble at once."""
        why = _why(request, OptionalReasonSerializer)
        site = registry.resume_site(self.get_object().name, actor=request.user.get_username(), why=why)
        return Response(self.get_serializer(site).data)

    @extend_schema(request=None, responses=SiteCheckSerializer, summary="Ask whether it answers")
    @action(detail=True, methods=["post"])
    def check(self, request: Request, name: str) -> Response:
        """One question to its batch system; what it says of its nodes is kept."""
        result = check_site(self.get_object().name, actor=request.user.get_username())
        return Response(SiteCheckSerializer(asdict(result)).data)

    @extend_schema(responses=NodeSerializer(many=True), summary="Its machines", filters=False)
    @action(detail=True, pagination_class=None)
    def nodes(self, request: Request, name: str) -> Response:
        """As the batch system last described them."""
        rows: QuerySet[Node] = self.get_object().nodes.select_related("site").order_by("name")
        return Response(NodeSerializer(rows, many=True).data)

    @extend_schema(
        request=NeededReasonSerializer,
        responses=NodeSerializer,
        parameters=[NODE_PARAMETER],
        summary="Keep a node free",
    )
    @action(detail=True, methods=["post"], url_path=f"nodes/{NODE}/drain")
    @idempotent
    def drain_node(self, request: Request, name: str, node: str) -> Response:
        """It gets no new jobs."""
        why = _why(request, NeededReasonSerializer)
        row = registry.drain_node(self.get_object().name, node, actor=request.user.get_username(), why=why)
        return Response(NodeSerializer(row).data)

    @extend_schema(
        request=OptionalReasonSerializer,
        responses=NodeSerializer,
        parameters=[NODE_PARAMETER],
        summary="Use a drained node again",
    )
    @action(detail=True, methods=["post"], url_path=f"nodes/{NODE}/resume")
    @idempotent
    def resume_node(self, request: Request, name: str, node: str) -> Response:
        """It gets jobs again."""
        why = _why(request, OptionalReasonSerializer)
        row = registry.resume_node(self.get_object().name, node, actor=request.user.get_username(), why=why)
        return Response(NodeSerializer(row).data)


@extend_schema_view(
    list=extend_schema(summary="Software versions by name"),
    retrieve=extend_schema(summary="One software version"),
)
class SoftwareViewSet(PortalViewSet):
    """Named software environments and where they are available."""

    queryset = SoftwareVersion.objects.all()
    serializer_class = SoftwareSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    ordering = ("name",)
    verbs = {
        "list": "view.software",
        "retrieve": "view.software",
        "create": "software.change",
        "update": "software.change",
    }

    @extend_schema(
        request=SoftwareDocumentSerializer,
        responses={201: SoftwareSerializer},
        parameters=[WHY_PARAMETER],
        summary="Add a software version",
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Put in a software version by its document; one of the same name is changed to what the document says."""
        return self._put(request, _document(request), status=201)

    @extend_schema(
        request=SoftwareDocumentSerializer,
        responses=SoftwareSerializer,
        parameters=[WHY_PARAMETER],
        summary="Change a software version",
    )
    def update(self, request: Request, name: str) -> Response:
        """A production version only becomes available at further sites."""
        self.get_object()
        return self._put(request, _named(request, "software", name))

    def _put(self, request: Request, fields: dict[str, Any], status: int = 200) -> Response:
        why = request.query_params.get("why", "")
        row = registry.put_software(fields, actor=request.user.get_username(), why=why[:300])
        return Response(self.get_serializer(row).data, status=status)


def _document(request: Request) -> dict[str, Any]:
    """The body as a mapping; Invalid when it is something else."""
    if not isinstance(request.data, dict):
        raise Invalid([Problem("", "send one document: a mapping of keys to values")])
    return dict(request.data.items())


def _named(request: Request, key: str, name: str) -> dict[str, Any]:
    """The body, which may leave out the name that the address has, but not contradict it."""
    fields = _document(request)
    if fields.setdefault(key, name) != name:
        raise Invalid([Problem(key, f"the address says {name}; a site or software version is never renamed")])
    return fields


def _why(request: Request, serializer: type[OptionalReasonSerializer] | type[NeededReasonSerializer]) -> str:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return str(asked.validated_data["why"])
