"""What a person may do to one workflow: the verbs its state allows, each a wish; pages and REST come through here."""

from bpsportal.web.errors import NotAllowed
from execution import control, queries
from execution.core.rollup import VERBS
from execution.core.states import Wish
from execution.core.target import Target
from execution.models import Workflow

WISHES = {"pause": Wish.PAUSE, "resume": Wish.RUN, "terminate": Wish.STOP}


def act(workflow: Workflow, verb: str, *, actor: str, why: str = "") -> None:
    """Pause, resume or terminate; raises NotAllowed with what is possible instead."""
    _require(workflow, verb)
    control.wish(Target(workflow.campaign, workflow=workflow.name), WISHES[verb], actor=actor, why=why)


def prioritise(workflow: Workflow, priority: int, *, actor: str) -> None:
    """Change the priority of what has not gone out yet; raises NotAllowed."""
    _require(workflow, "prioritise")
    control.prioritise(Target(workflow.campaign, workflow=workflow.name), priority, actor=actor)


def _require(workflow: Workflow, verb: str) -> None:
    state = queries.state_of_workflow(workflow)
    if verb not in VERBS[state]:
        raise NotAllowed(state, verb, VERBS[state], f"workflow {workflow.name}")
