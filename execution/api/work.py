"""REST resources of work: workflows with their control verbs, jobs with their reasons, step instances."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpsportal.web.api import PortalViewSet, idempotent
from bpsportal.web.roles import Scope
from execution import acts, queries, selection
from execution.filters import InstanceFilter, JobFilter, WorkflowFilter
from execution.models import Job, StepInstance, Workflow
from execution.serializers import (
    JobDetailSerializer,
    JobSerializer,
    NeededReasonSerializer,
    OptionalReasonSerializer,
    ReasonSerializer,
    StepInstanceSerializer,
    WorkflowDetailSerializer,
    WorkflowPrioritySerializer,
    WorkflowSerializer,
)

CHUNK = 500


def scope_of_workflow(workflow: Workflow) -> Scope:
    """What a workflow and all that is in it belongs to."""
    return Scope(program=workflow.program, campaign=workflow.campaign)


@extend_schema_view(
    list=extend_schema(summary="Workflows, the newest first"),
    retrieve=extend_schema(summary="One workflow with its counters", responses=WorkflowDetailSerializer),
)
class WorkflowViewSet(PortalViewSet):
    """The workflows of payloads; their state is rolled up from wish and counters."""

    queryset = Workflow.objects.none()
    serializer_class = WorkflowSerializer
    filterset_class = WorkflowFilter
    verbs = {
        "list": "view.workflow",
        "retrieve": "view.workflow",
        "pause": "workflow.pause",
        "resume": "workflow.resume",
        "terminate": "workflow.terminate",
        "priority": "workflow.prioritise",
    }

    def get_queryset(self) -> QuerySet[Workflow]:
        """Those that the user may see."""
        return selection.workflows_for(self.request.user)

    def scope_of(self, obj: Workflow) -> Scope:
        """Its campaign."""
        return scope_of_workflow(obj)

    def get_serializer_class(self) -> Any:
        """One workflow is said with its counters."""
        return WorkflowSerializer if self.action == "list" else WorkflowDetailSerializer

    @extend_schema(
        request=OptionalReasonSerializer, responses=WorkflowDetailSerializer, summary="Dispatch nothing more of it"
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: Request, pk: str) -> Response:
        """Nothing new of it is dispatched; what runs goes on."""
        return self._act(request, "pause", OptionalReasonSerializer)

    @extend_schema(
        request=OptionalReasonSerializer, responses=WorkflowDetailSerializer, summary="Let a paused one go on"
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, pk: str) -> Response:
        """Dispatch goes on."""
        return self._act(request, "resume", OptionalReasonSerializer)

    @extend_schema(request=NeededReasonSerializer, responses=WorkflowDetailSerializer, summary="End it for good")
    @action(detail=True, methods=["post"])
    @idempotent
    def terminate(self, request: Request, pk: str) -> Response:
        """Its running jobs are cancelled, the rest never starts, and it has failed."""
        return self._act(request, "terminate", NeededReasonSerializer)

    @extend_schema(
        request=WorkflowPrioritySerializer, responses=WorkflowDetailSerializer, summary="Change its priority"
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def priority(self, request: Request, pk: str) -> Response:
        """Holds for what has not gone out yet; nothing that runs is evicted."""
        workflow = self.get_object()
        asked = WorkflowPrioritySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        acts.prioritise(workflow, asked.validated_data["priority"], actor=request.user.get_username())
        return self._now(workflow)

    def _act(self, request: Request, verb: str, serializer: type[drf.Serializer[Any]]) -> Response:
        workflow = self.get_object()
        asked = serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        acts.act(workflow, verb, actor=request.user.get_username(), why=asked.validated_data["why"])
        return self._now(workflow)

    def _now(self, workflow: Workflow) -> Response:
        return Response(WorkflowDetailSerializer(Workflow.objects.get(pk=workflow.pk)).data)

    def _all(self, queryset: QuerySet[Workflow]) -> Iterator[Mapping[str, Any]]:
        """Every row, the counters of some hundred looked up at once."""
        rows = queryset.order_by("-pk").iterator(chunk_size=CHUNK)
        while chunk := list(islice(rows, CHUNK)):
            yield from WorkflowSerializer(chunk, many=True).data


@extend_schema_view(
    list=extend_schema(summary="Jobs, the newest first"),
    retrieve=extend_schema(summary="One job with its attempts", responses=JobDetailSerializer),
)
class JobViewSet(PortalViewSet):
    """What batch systems receive: one or more step instances each."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    verbs = {"list": "view.job", "retrieve": "view.job", "why": "view.job"}

    def get_queryset(self) -> QuerySet[Job]:
        """Those that the user may see."""
        return selection.jobs_for(self.request.user)

    def scope_of(self, obj: Job) -> Scope:
        """Its campaign."""
        return scope_of_workflow(obj.workflow)

    def get_serializer_class(self) -> Any:
        """One job is said with its attempts."""
        return JobDetailSerializer if self.action == "retrieve" else JobSerializer

    @extend_schema(
        summary="Why it is where it is",
        responses=inline_serializer(
            "JobWhy",
            {
                "job": drf.IntegerField(),
                "state": drf.CharField(),
                "state_at": drf.DateTimeField(),
                "reasons": ReasonSerializer(many=True),
            },
        ),
    )
    @action(detail=True)
    def why(self, request: Request, pk: str) -> Response:
        """Every reason that holds now, the one that decides first, each with since when."""
        job = self.get_object()
        reasons = ReasonSerializer(queries.job_why(job.pk), many=True).data
        return Response({"job": job.pk, "state": job.state, "state_at": job.state_at, "reasons": reasons})


@extend_schema_view(
    list=extend_schema(summary="Step instances, the newest first"),
    retrieve=extend_schema(summary="One step instance"),
)
class StepInstanceViewSet(PortalViewSet):
    """Step definitions on data IDs, each tracked on its own within its job."""

    queryset = StepInstance.objects.none()
    serializer_class = StepInstanceSerializer
    filterset_class = InstanceFilter
    verbs = {"list": "view.instance", "retrieve": "view.instance"}

    def get_queryset(self) -> QuerySet[StepInstance]:
        """Those that the user may see."""
        return selection.instances_for(self.request.user)

    def scope_of(self, obj: StepInstance) -> Scope:
        """Its campaign."""
        return scope_of_workflow(obj.workflow)
