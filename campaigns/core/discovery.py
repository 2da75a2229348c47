"""Discovery: the places of a payload below which the plan waits for datasets that nobody can foresee (LDM-636 0011).

A step that carries `discover: <type>` makes as many datasets of that type as it finds. The steps that read them, and
all steps below those, form the region of that point. A step below several points belongs to the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.core.dependencies import below, parents_of
from execution.core.workflow import StepSpec


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """A discovering step: its region can be planned when every step in `waits_for` has finished all its instances.

    `after` names the points that must have been opened before, because some of `waits_for` lie below them.
    `region` names the steps that are planned then.
    """

    step: str
    waits_for: tuple[str, ...]
    after: tuple[str, ...]
    region: tuple[str, ...]


def regions(steps: Sequence[StepSpec]) -> dict[str, str]:
    """Label of each step -> the discovering step whose region it belongs to, "" for what is known at submission."""
    found = dict.fromkeys((step.label for step in steps), "")
    for step in steps:
        if step.discover:
            found.update(dict.fromkeys(below(step.label, steps, frozenset({step.discover})), step.label))
    return found


def open_points(steps: Sequence[StepSpec], planned: str = "") -> tuple[OpenPoint, ...]:
    """The points whose discovering step lies in the planned region ("" for the first plan), in order of the steps."""
    region_of = regions(steps)
    return tuple(
        _point(step.label, steps, region_of)
        for step in steps
        if step.discover and region_of[step.label] == planned and step.label in region_of.values()
    )


def _point(label: str, steps: Sequence[StepSpec], region_of: dict[str, str]) -> OpenPoint:
    region = tuple(step.label for step in steps if region_of[step.label] == label)
    parents = parents_of(steps)
    outside = {parent for name in region for parent in parents[name]} - set(region) | {label}
    waits_for = tuple(step.label for step in steps if step.label in outside)
    after = dict.fromkeys(region_of[name] for name in waits_for if region_of[name])
    return OpenPoint(label, waits_for, tuple(after), region)
