"""REST resources of what happened: datasets and their types, executions, environments, events, reports."""

from typing import Any

from provenance.api.records import (
    DatasetTypeViewSet,
    DatasetViewSet,
    EnvironmentViewSet,
    EventViewSet,
    ExecutionViewSet,
)
from provenance.api.reports import ReportViewSet

router_entries: list[tuple[str, Any, str]] = [
    ("datasets", DatasetViewSet, "dataset"),
    ("dataset-types", DatasetTypeViewSet, "dataset-type"),
    ("executions", ExecutionViewSet, "execution"),
    ("environments", EnvironmentViewSet, "environment"),
    ("events", EventViewSet, "event"),
    ("reports", ReportViewSet, "report"),
]
