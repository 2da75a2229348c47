"""The operational rows: places (sites, nodes, software) and work (workflows, jobs, instances, attempts)."""

from execution.models.places import Lease, Node, Site, SoftwareVersion
from execution.models.work import (
    Attempt,
    Edge,
    IdRange,
    Job,
    JobChunk,
    OpenPoint,
    StepInstance,
    StoredBlueprint,
    Tally,
    Workflow,
)

__all__ = [
    "Attempt",
    "Edge",
    "IdRange",
    "Job",
    "JobChunk",
    "Lease",
    "Node",
    "OpenPoint",
    "Site",
    "SoftwareVersion",
    "StepInstance",
    "StoredBlueprint",
    "Tally",
    "Workflow",
]
