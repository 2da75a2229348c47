"""REST resources of the ledger's rows."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.errors import Invalid, Problem
from bpsportal.web.roles import Scope
from provenance import ledger, queries, selection
from provenance.filters import DatasetFilter, EnvironmentFilter, EventFilter, ExecutionFilter
from provenance.models import Dataset, DatasetType, Environment, Event, Execution, Recipe, Use
from provenance.narrowing import scope_of
from provenance.serializers import (
    DatasetSerializer,
    DatasetTypeSerializer,
    EnvironmentSerializer,
    EventSerializer,
    ExecutionDetailSerializer,
    ExecutionSerializer,
    FileSerializer,
    LineageSerializer,
    RegisteredSerializer,
    as_fact,
)

MOST_FILES = 10_000
DEEPEST = 10
SHOWN = 1000


class DepthSerializer(serializers.Serializer[Any]):
    """How far a lineage reaches."""

    depth = serializers.IntegerField(
        required=False, default=1, min_value=1, max_value=DEEPEST, help_text="Generations up and down"
    )


class FeedViewSet(PortalViewSet):
    """Newest first, or with `?since=` what came after an id, oldest first."""

    @property
    def ordering(self) -> tuple[str, ...]:
        """Return the order that the parameters ask for."""
        return ("pk",) if self.request.query_params.get("since") else ("-pk",)


@extend_schema_view(
    list=extend_schema(summary="Datasets, the newest first"),
    retrieve=extend_schema(summary="One dataset"),
)
class DatasetViewSet(FeedViewSet):
    """Files of a type and data ID: registered as they were found, or made by a campaign."""

    queryset = Dataset.objects.none()
    serializer_class = DatasetSerializer
    filterset_class = DatasetFilter
    verbs = {
        "list": "view.dataset",
        "retrieve": "view.dataset",
        "lineage": "view.dataset",
        "create": "dataset.register",
    }

    def get_queryset(self) -> QuerySet[Dataset]:
        """Those that the user may see."""
        return selection.datasets_for(self.request.user)

    def scope_of(self, obj: Dataset) -> Scope:
        """The campaign that made it."""
        return scope_of(obj.campaign_name)

    @extend_schema(
        summary="Register existing files as datasets",
        request=PolymorphicProxySerializer(
            component_name="Registration",
            serializers=[FileSerializer, FileSerializer(many=True)],
            resource_type_field_name=None,
            many=False,
        ),
        responses={201: RegisteredSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Take one document or a list of up to 10,000; a dataset that is there already is brought up to date."""
        files = _files(request.data)
        with transaction.atomic():
            ids = ledger.register([as_fact(file) for file in files], request.user.get_username())
        return Response({"count": len(ids), "datasets": ids}, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Where it comes from and what came of it", parameters=[DepthSerializer], filters=False,
                   responses=LineageSerializer)  # fmt: skip
    @action(detail=True)
    def lineage(self, request: Request, pk: str) -> Response:
        """Generations of executions and datasets, up and down."""
        asked = DepthSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = queries.lineage(self.get_object().pk, depth=asked.validated_data["depth"])
        return Response(asdict(selection.narrow_lineage(request.user, found)))


@extend_schema_view(
    list=extend_schema(summary="Dataset types by name"),
    retrieve=extend_schema(summary="One dataset type"),
)
class DatasetTypeViewSet(PortalViewSet):
    """Named kinds of data with their dimensions."""

    queryset = DatasetType.objects.all()
    serializer_class = DatasetTypeSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    ordering = ("name",)
    verbs = {"list": "view.dataset", "retrieve": "view.dataset"}


@extend_schema_view(
    list=extend_schema(summary="Executions, the newest first"),
    retrieve=extend_schema(summary="One execution with what it read and made", responses=ExecutionDetailSerializer),
)
class ExecutionViewSet(FeedViewSet):
    """Step instances and framework steps, one row for each attempt."""

    queryset = Execution.objects.none()
    serializer_class = ExecutionSerializer
    filterset_class = ExecutionFilter
    verbs = {"list": "view.execution", "retrieve": "view.execution"}

    def get_queryset(self) -> QuerySet[Execution]:
        """Those that the user may see."""
        return selection.executions_for(self.request.user)

    def scope_of(self, obj: Execution) -> Scope:
        """Its campaign."""
        return scope_of(obj.campaign_name)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All that is known of one execution."""
        row: Any = self.get_object()
        row.read = list(Use.objects.filter(execution=row).values_list("dataset_id", flat=True).order_by("dataset_id"))
        row.made = list(Dataset.objects.filter(execution=row.pk).values_list("pk", flat=True).order_by("pk"))
        environment = Environment.objects.filter(pk=row.environment_id).first()
        recipe = Recipe.objects.filter(pk=row.recipe_id).first()
        row.variables, row.recipe_body = environment.variables if environment else {}, recipe.body if recipe else {}
        return Response(ExecutionDetailSerializer(row).data)


@extend_schema_view(
    list=extend_schema(summary="Recorded environments"),
    retrieve=extend_schema(
        summary="One environment", parameters=[OpenApiParameter("digest", OpenApiTypes.STR, OpenApiParameter.PATH)]
    ),
)
class EnvironmentViewSet(PortalViewSet):
    """Allow-listed variables that jobs ran with, each set of them kept once."""

    queryset = Environment.objects.none()
    serializer_class = EnvironmentSerializer
    filterset_class = EnvironmentFilter
    lookup_field = "digest"
    lookup_value_regex = "[0-9a-f]{64}"
    ordering = ("-pk",)
    verbs = {"list": "view.execution", "retrieve": "view.execution"}

    def get_queryset(self) -> QuerySet[Environment]:
        """Those of executions that the user may see."""
        return selection.environments_for(self.request.user)


@extend_schema_view(
    list=extend_schema(summary="Events, the newest first"),
    retrieve=extend_schema(summary="One event"),
)
class EventViewSet(FeedViewSet):
    """The append-only ledger: who did what to which subject, when and why."""

    queryset = Event.objects.none()
    serializer_class = EventSerializer
    filterset_class = EventFilter
    verbs = {"list": "view.event", "retrieve": "view.event"}

    def get_queryset(self) -> QuerySet[Event]:
        """Those that the user may see."""
        return selection.events_for(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what is asked for; a feed ends before an id that a slower transaction may still come before."""
        rows = super().filter_queryset(queryset)
        since = self.request.query_params.get("since", "")
        return rows.filter(pk__lte=queries.top_of_feed(int(since), now=timezone.now())) if since else rows

    def scope_of(self, obj: Event) -> Scope:
        """Its campaign or site."""
        return scope_of(obj.campaign) if obj.campaign else Scope(site=obj.site)


def _files(data: Any) -> list[dict[str, Any]]:
    """Return the documents that were sent, each checked for its form. Invalid with every problem at once."""
    many = data if isinstance(data, list) else [data]
    if len(many) > MOST_FILES:
        raise Invalid([Problem("", f"{len(many)} datasets at once; send at most {MOST_FILES} a request")])
    found, problems = [], []
    for place, document in enumerate(many):
        if isinstance(document, dict) and isinstance(document.get("dataset"), dict):
            document = document["dataset"]
        serializer = FileSerializer(data=document)
        if serializer.is_valid():
            found.append(serializer.validated_data)
            continue
        for name, errors in serializer.errors.items():
            path = f"[{place}]" if name == "non_field_errors" else f"[{place}].{name}"
            problems += [Problem(path, str(error)) for error in errors]
    if problems:
        raise Invalid(problems)
    return found
