"""Overlap: what two plans would both make, for instance those of two subcampaigns of one parent."""

from collections.abc import Mapping

from campaigns.core.planner import Plan
from execution.core.workflow import text_of


def overlap(one: Plan, other: Plan) -> Mapping[str, tuple[str, ...]]:
    """Step label -> texts of the data IDs for which both plans have an instance; steps without any are left out."""
    theirs = _data_ids(other)
    found = {label: tuple(sorted(mine & theirs.get(label, set()))) for label, mine in _data_ids(one).items()}
    return {label: both for label, both in found.items() if both}


def _data_ids(plan: Plan) -> dict[str, set[str]]:
    return {
        step.spec.label: {text_of(step.projection.dimensions, step.projection.ids[at]) for at in step.positions}
        for step in plan.generated.steps
    }
