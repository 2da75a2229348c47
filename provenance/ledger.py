"""The door for those who write to the ledger. Every call belongs into the transaction of what it tells about.

`collected`, `planned` and `unrun` lock sums until that transaction ends: call them last in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provenance import intern, load
from provenance.core import clean
from provenance.core.events import EventKind
from provenance.core.facts import (
    EventFact,
    ExecutionFact,
    ExecutionKind,
    FileFact,
    LogFact,
    OutputFact,
    TypeFact,
)
from provenance.models import CampaignRecord, Recipe, SubjectKind
from provenance.recording import record, record_many
from provenance.registration import mark, register, register_types
from provenance.sums import Key, Sums

__all__ = [
    "EventFact",
    "EventKind",
    "ExecutionFact",
    "FileFact",
    "LogFact",
    "OutputFact",
    "TypeFact",
    "collected",
    "describe_campaign",
    "describe_recipes",
    "mark",
    "planned",
    "record",
    "record_many",
    "register",
    "register_types",
    "revived",
    "unrun",
]

LONGEST_TEXT = 100_000
Unrun = tuple[str, int | None, int | None]
"""A step instance without an execution: step label, exposure, detector."""


def collected(facts: Sequence[ExecutionFact]) -> None:
    """Add executions with their outputs, inputs, environments and logs; what was told before changes nothing.

    An attempt that is not final publishes no datasets. Of several that say they are final a success is believed before
    anything else, then the later attempt. ValueError for a fact without a token.
    """
    load.collect(facts)


def planned(
    *,
    campaign: str,
    run: int,
    payload: str,
    steps: Mapping[str, int],
    images: Iterable[tuple[int | None, int | None, int]],
) -> None:
    """Add to what is foreseen: step label -> instances, and (exposure, detector, instances) by image."""
    keys = _keys(campaign, run, payload, steps)
    sums = Sums()
    for step, instances in steps.items():
        sums.planned(keys[step], instances)
    for key in list(keys.values())[:1]:
        for exposure, detector, instances in images:
            sums.image(key, (exposure, detector), "planned", instances)
    sums.write()


def unrun(*, campaign: str, run: int, payload: str, instances: Iterable[Unrun]) -> None:
    """These step instances, pruned or given up, will never run (`collected` itself counts what was skipped)."""
    _count_unrun(campaign, run, payload, instances, 1)


def revived(*, campaign: str, run: int, payload: str, instances: Iterable[Unrun]) -> None:
    """These step instances, told to `unrun` before, may run after all."""
    _count_unrun(campaign, run, payload, instances, -1)


def describe_campaign(
    name: str, *, program: str = "", parent: str = "", owner: str = "", document: Mapping[str, Any] | None = None
) -> None:
    """Keep what a campaign is meant to be: reports compare `document` (its settings), access looks at `program`.

    To be called when a campaign is created, revised and submitted; the last word holds, and no document leaves the
    one that was told before.
    """
    campaign = intern.subjects([(SubjectKind.CAMPAIGN, name)])[SubjectKind.CAMPAIGN, name]
    told: dict[str, Any] = {"program": program, "parent": parent, "owner": owner}
    if document is not None:
        told["document"] = clean.data(document, LONGEST_TEXT)
    CampaignRecord.objects.update_or_create(campaign_id=campaign, defaults=told)


def describe_recipes(recipes: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep the bodies of recipes: digest -> definition, result settings and software of a step."""
    rows = [Recipe(digest=digest, body=clean.data(recipes[digest], LONGEST_TEXT)) for digest in sorted(recipes)]
    Recipe.objects.bulk_create(rows, update_conflicts=True, unique_fields=["digest"], update_fields=["body"])


def _keys(campaign: str, run: int, payload: str, steps: Iterable[str]) -> dict[str, Key]:
    """Return step label -> roll-up key."""
    labels = list(steps)
    fixed = [(SubjectKind.CAMPAIGN, campaign), (SubjectKind.PAYLOAD, payload)]
    ids = intern.subjects([*fixed, *((SubjectKind.STEP, label) for label in labels)])
    step, pair = ExecutionKind.STEP.value, [ids[name] for name in fixed]
    return {label: Key(pair[0], run, pair[1], step, ids[SubjectKind.STEP, label]) for label in labels}


def _count_unrun(campaign: str, run: int, payload: str, instances: Iterable[Unrun], n: int) -> None:
    rows = list(instances)
    keys = _keys(campaign, run, payload, {step for step, _, _ in rows})
    sums = Sums()
    for step, exposure, detector in rows:
        sums.pruned(keys[step], n)
        sums.image(keys[step], (exposure, detector), "pruned", n)
    sums.write()
