"""REST resource of attempts: their receipts and streams."""

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from bpsportal.web.api import PortalViewSet
from bpsportal.web.roles import Scope
from execution import logs, selection
from execution.api.work import scope_of_workflow
from execution.filters import AttemptFilter
from execution.models import Attempt
from execution.serializers import AttemptSerializer
from execution.streaming import download, piece


class PlainRenderer(BaseRenderer):
    """Lets a client ask for text/plain; the streams themselves are answered without it, refusals as JSON text."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        """Return a refusal as text."""
        return data if isinstance(data, str) else json.dumps(data)


class RangeSerializer(serializers.Serializer[Any]):
    """Which part of a stream is wanted."""

    instance = serializers.IntegerField(required=False, help_text="Only what this step instance wrote")
    offset = serializers.IntegerField(
        required=False, default=0, help_text="Byte to begin at; a negative one counts from the end"
    )
    limit = serializers.IntegerField(
        required=False, default=logs.MOST_BYTES, min_value=1, max_value=logs.MOST_BYTES, help_text="Bytes at most"
    )
    download = serializers.BooleanField(
        required=False, default=False, help_text="The whole stream as a file; offset and limit do not apply"
    )


def _stream(summary: str) -> Any:
    names = ("X-Log-Offset", "X-Log-Size", "X-Log-Next", "X-Log-Complete")
    words = ("offset of the first byte", "bytes written so far", "offset to go on at", "false while more may come")
    headers = [
        OpenApiParameter(name, str, OpenApiParameter.HEADER, description=word, response=[200])
        for name, word in zip(names, words, strict=True)
    ]
    return extend_schema(
        summary=summary,
        filters=False,
        parameters=[RangeSerializer, *headers],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )


@extend_schema_view(
    list=extend_schema(summary="Attempts, the newest first"),
    retrieve=extend_schema(summary="One attempt with its receipts"),
)
class AttemptViewSet(PortalViewSet):
    """Submissions of jobs, each opened once and closed once."""

    queryset = Attempt.objects.none()
    serializer_class = AttemptSerializer
    filterset_class = AttemptFilter
    verbs = {
        "list": "view.attempt",
        "retrieve": "view.attempt",
        "stdout": "view.log",
        "stderr": "view.log",
        "log": "view.log",
    }

    def get_queryset(self) -> QuerySet[Attempt]:
        """Those that the user may see."""
        return selection.attempts_for(self.request.user)

    def scope_of(self, obj: Attempt) -> Scope:
        """Its campaign."""
        return scope_of_workflow(obj.job.workflow)

    @_stream("What its step instances wrote to stdout")
    @action(detail=True, renderer_classes=[JSONRenderer, PlainRenderer])
    def stdout(self, request: Request, pk: str) -> HttpResponseBase:
        """Bytes as they were written; while it runs, those of the step instance that runs now."""
        return self._answer(request, logs.Stream.STDOUT)

    @_stream("What its step instances wrote to stderr")
    @action(detail=True, renderer_classes=[JSONRenderer, PlainRenderer])
    def stderr(self, request: Request, pk: str) -> HttpResponseBase:
        """Bytes as they were written; while it runs, those of the step instance that runs now."""
        return self._answer(request, logs.Stream.STDERR)

    @_stream("The bundle of all its streams in the order of running")
    @action(detail=True, renderer_classes=[JSONRenderer, PlainRenderer])
    def log(self, request: Request, pk: str) -> HttpResponseBase:
        """What the set-up and each finished step instance wrote."""
        return self._answer(request, logs.Stream.LOG)

    def _answer(self, request: Request, stream: logs.Stream) -> HttpResponseBase:
        asked = RangeSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        attempt, given = self.get_object(), asked.validated_data
        source = logs.source_of(attempt, stream, given.get("instance"))
        if given["download"]:
            return download(source, f"{attempt.token}.{stream}")
        return piece(logs.read(source, given["offset"], given["limit"]))
