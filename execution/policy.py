"""The failure policy of a step, applied to the workflow in which instances of it failed (LDM-636 0013)."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import Sum

from execution import specs
from execution.core.workflow import FailurePolicy, OnFailure
from execution.models import Tally, Workflow
from provenance import ledger
from provenance.core.events import EventKind


def apply(failed: Mapping[tuple[int, str], int]) -> None:
    """Stop the workflows in which a step failed more than its policy allows.

    `failed`: (workflow id, step label) -> instances that failed just now, already in the counters. A stopped workflow
    dispatches nothing more, what runs comes to its end, and the rest is given up. Runs in the caller's transaction.
    """
    for (pk, label), _ in failed.items():
        workflow = Workflow.objects.get(pk=pk)
        if workflow.stopped:
            continue
        steps = {step.label: step for step in specs.blueprint(workflow.blueprint_id).steps}
        why = reason(steps[label].on_failure, label, _counts(pk, label))
        if not why:
            continue
        stopped = Workflow.objects.filter(pk=pk, stopped="").update(stopped=why)
        if stopped:
            ledger.record(
                EventKind.WORKFLOW_STOPPED,
                actor="portal",
                campaign=workflow.campaign,
                run=workflow.run,
                workflow=workflow.name,
                step=label,
                why=why,
            )


def reason(policy: FailurePolicy, label: str, counts: Mapping[str, int]) -> str:
    """Why the workflow has to stop, or "" when it goes on; `counts` are the step's instances by state."""
    failed, planned = counts.get("failed", 0), sum(counts.values())
    if policy.kind is OnFailure.STOP and failed:
        return f"{failed} of {planned} instances of {label} failed and its policy is to stop"
    if policy.kind is OnFailure.TOLERATE and planned and failed / planned > policy.fraction:
        return f"{failed} of {planned} instances of {label} failed, more than the tolerated {policy.fraction:.1%}"
    return ""


def _counts(workflow: int, label: str) -> Counter[str]:
    rows = Tally.objects.filter(workflow_id=workflow, kind="instance", label=label)
    return Counter(dict(rows.values_list("state").annotate(total=Sum("n")).order_by()))
