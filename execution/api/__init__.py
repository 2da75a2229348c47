"""REST resources of what runs: workflows, jobs, step instances, attempts, sites, software versions."""

from typing import Any

from execution.api.attempts import AttemptViewSet
from execution.api.places import SiteViewSet, SoftwareViewSet
from execution.api.work import JobViewSet, StepInstanceViewSet, WorkflowViewSet

router_entries: list[tuple[str, Any, str]] = [
    ("workflows", WorkflowViewSet, "workflow"),
    ("jobs", JobViewSet, "job"),
    ("step-instances", StepInstanceViewSet, "step-instance"),
    ("attempts", AttemptViewSet, "attempt"),
    ("sites", SiteViewSet, "site"),
    ("software-versions", SoftwareViewSet, "software-version"),
]
