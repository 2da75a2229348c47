"""Planning: a submitted campaign becomes workflows, all of them stored before any of them may start.

Done under a lease by whoever gets it, and again from the beginning after a crash: what had been stored is `loading`,
invisible to execution, and is discarded. Between chunks the campaign's state is looked at, so that a pause or
termination stops it.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import Invalid, ProblemLike
from campaigns import catalog, generation, moves, planner_lease
from campaigns.catalog import Pins
from campaigns.core.blueprint import plan_spec
from campaigns.core.catalog import Catalog
from campaigns.core.document import Document
from campaigns.core.planner import PlanSpec, plan
from campaigns.core.problem import PlanError, Problem
from campaigns.core.specs import CampaignSpec, PayloadSpec
from campaigns.core.states import State
from campaigns.generation import Measured
from campaigns.models import Campaign, Payload, Pin, Revision
from campaigns.moves import Note
from campaigns.planner_lease import Held, Interrupted
from campaigns.reading import check_campaign, origin_at, plain
from execution import control, workflows
from execution.control import Target, Wish
from execution.core.workflow import Workflow
from provenance.core.events import EventKind

logger = logging.getLogger(__name__)

MAX_TRIES = 3
MAX_OMISSIONS = 100


@dataclass(slots=True)
class Stored:
    """What was stored of one payload. `steps`: labels in order with their instances, None below open points."""

    payload: Payload
    steps: Sequence[tuple[str, int | None]]
    omissions: tuple[str, ...]
    priority: int
    workflows: int = 0
    jobs: int = 0
    instances: int = 0
    measured: Measured | None = None
    points: dict[str, tuple[str, ...]] = field(default_factory=dict)


def run(name: str, number: int) -> bool:
    """Plan the run of a campaign, if it is to be planned and nobody else does; tells whether it runs now."""
    held = planner_lease.take(name, number, State.PLANNING, timezone.now())
    if held is None:
        return False
    try:
        return _plan(held)
    except Interrupted:
        logger.info("planning interrupted: campaign=%s run=%d", name, number)
        _discard_own(held)
    except Invalid as invalid:
        _refuse(held, invalid.problems)
    except Exception as trouble:
        logger.exception("planning failed: campaign=%s run=%d", name, number)
        _note_failure(held, trouble)
    finally:
        held.release()
    return False


def discard(campaign: Campaign) -> None:
    """Forget what was stored of a planning that did not come to its end."""
    for name in campaign.payloads.values_list("name", flat=True):
        workflows.discard(Target(campaign.name, campaign.run, name))


def is_abandoned(campaign: Campaign) -> bool:
    """Whether nobody can be planning the campaign any more, whatever its lease says."""
    until = campaign.planner_until
    return until is None or until <= timezone.now() or planner_lease.is_gone(campaign.planner)


def pinned_spec(campaign: Campaign, *, software_may_differ: bool = False) -> tuple[CampaignSpec, Catalog]:
    """What the campaign said when it was submitted, read with exactly the versions that were pinned; Invalid."""
    pin = Pin.objects.select_related("revision").get(campaign=campaign, run=campaign.run)
    pins = Pins([(scope, target, version) for scope, target, version in pin.layers], pin.tables)
    known = catalog.load(revised=campaign.name, pins=pins)
    versions = {
        name: {int(v): catalog.parsed(digest, name, int(v)) for v, digest in used.items()}
        for name, used in pin.pipelines.items()
    }
    changed = [name for name, digest in catalog.software_digests(pin.software).items() if digest != pin.software[name]]
    if changed and not software_may_differ:
        message = "software version {} has changed since the campaign was submitted; submit it again"
        raise Invalid([Problem("software", message.format(name)) for name in changed])
    known = replace(known, pipelines=versions, datasets=None)
    return check_campaign(_as_submitted(pin.revision), origin=origin_at(pin.revision), known=known)


def _as_submitted(revision: Revision) -> Document:
    """The document with all that it had inherited then; what its parent says by now is of no importance."""
    return Document({key: value for key, value in revision.document.items() if key != "parent"})


def _plan(held: Held) -> bool:
    campaign = Campaign.objects.select_related("revision", "owner").get(pk=held.pk)
    discard(campaign)
    spec, known = pinned_spec(campaign)
    parts = {part.name: part for part in spec.payloads}
    stored: list[Stored] = []
    problems: list[Problem] = []
    for payload in campaign.payloads.exclude(wish=Wish.STOP).order_by("position"):
        with generation.measuring() as measured:
            try:
                made = asked(held, campaign, payload, (spec, parts[payload.name], known))
                stored.append(_store(held, campaign, payload, made))
            except PlanError as error:
                problems.append(Problem(f"payloads[{payload.position}]", str(error), "payload"))
                continue
        stored[-1].measured = measured
    problems += [_nothing(item) for item in stored if not item.instances and not item.points]
    if problems:
        raise Invalid(problems)
    _begin(held, stored)
    return True


def asked(
    held: Held, campaign: Campaign, payload: Payload, said: tuple[CampaignSpec, PayloadSpec, Catalog]
) -> PlanSpec:
    """What is to be planned of a payload, read from existing datasets with an eye on the campaign."""
    spec, part, known = said
    types = {name: item.dimensions for name, item in part.pipeline.types.items()}
    datasets = held.watching(catalog.Datasets(types, part.inputs))
    priority = campaign.priority if payload.priority is None else payload.priority
    return replace(plan_spec(spec, part, known, datasets, campaign.run), priority=priority, share=campaign.share)


def _store(held: Held, campaign: Campaign, payload: Payload, asked_for: PlanSpec) -> Stored:
    """Plan one payload and store its workflows as loading."""
    made = plan(asked_for)
    omissions = tuple(str(item) for item in made.omissions[:MAX_OMISSIONS])
    points = {point.step: point.waits_for for point in made.open_points}
    steps = [(step.label, made.counts.instances.get(step.label)) for step in asked_for.blueprint.steps]
    stored = Stored(payload, steps, omissions, asked_for.priority, points=points)
    store_all(held, made.workflows(), f"{campaign.name}/r{campaign.run}/{payload.name}", campaign.program, stored)
    return stored


def store_all(held: Held, made: Iterable[Workflow], base: str, program: str, stored: Stored) -> None:
    """Hand every workflow to execution, named by number, with an eye on the campaign while its jobs are written."""
    for number, workflow in enumerate(made, start=1):
        named = replace(workflow, name=f"{base}/{number}", jobs=held.watching(workflow.jobs))
        loaded = workflows.start(named, program=program)
        stored.workflows += 1
        stored.jobs += loaded.jobs
        stored.instances += loaded.instances


def _nothing(stored: Stored) -> Problem:
    said = "; ".join(stored.omissions[:5])
    message = f"payload {stored.payload.name} has nothing to run{f': {said}' if said else ''}"
    return Problem(f"payloads[{stored.payload.position}].data", message, "payload")


def _begin(held: Held, stored: list[Stored]) -> None:
    """In one transaction everything that was stored begins to count, and the campaign runs."""
    now = timezone.now()
    with held.finishing() as campaign:
        timings = {item.payload.name: item.measured.shown for item in stored if item.measured}
        fields = {"planned_at": now, "timings": timings, "planner_tries": 0, "problems": []}
        details = {"jobs": sum(item.jobs for item in stored), "instances": sum(item.instances for item in stored)}
        moves.record(campaign, Note(EventKind.CAMPAIGN_PLANNED, "portal", details=details))
        started = Note(EventKind.CAMPAIGN_STARTED, "portal")
        if not moves.move(
            campaign, State.RUNNING, started, now=now, where={"state": State.PLANNING.value}, fields=fields
        ):
            raise Interrupted
        for item in stored:
            _let_count(campaign, item)
        generation.record(campaign, held, {item.payload.name: item.measured for item in stored if item.measured})


def _let_count(campaign: Campaign, item: Stored) -> None:
    target = Target(campaign.name, campaign.run, item.payload.name)
    workflows.complete(target, points=item.points)
    payload = Payload.objects.get(pk=item.payload.pk)
    wanted = campaign.priority if payload.priority is None else payload.priority
    if wanted != item.priority:
        control.prioritise(target, wanted, actor="portal")
    if payload.wish != Wish.RUN:
        control.wish(target, Wish(payload.wish), actor=payload.wish_by, why=payload.wish_why)
    payload.planned = {
        "workflows": item.workflows,
        "jobs": item.jobs,
        "instances": item.instances,
        "at_least": bool(item.points),
        "steps": [list(step) for step in item.steps],
        "omissions": list(item.omissions),
    }
    payload.save(update_fields=["planned"])
    details = {key: payload.planned[key] for key in ("workflows", "jobs", "instances")}
    moves.record(campaign, Note(EventKind.PAYLOAD_PLANNED, "portal", details={"payload": payload.name, **details}))


def _refuse(held: Held, problems: Iterable[ProblemLike]) -> None:
    """Back to ready, with what stands in the way attached."""
    found = plain(problems)
    _discard_own(held)
    try:
        with held.finishing() as campaign:
            why = "; ".join(item["message"] for item in found[:3])
            note = Note(EventKind.CAMPAIGN_REFUSED, "portal", why, {"problems": len(found)})
            moves.move(campaign, State.READY, note, now=timezone.now(), fields={"problems": found})
            generation.record_refusal(campaign, held, why)
    except Interrupted:
        logger.info("campaign %d was not waiting for planning any more", held.pk)


def _discard_own(held: Held) -> None:
    """Forget what this planner stored; when another one has taken over, what is there belongs to that one."""
    campaign = Campaign.objects.filter(pk=held.pk, planner_fence=held.fence).first()
    if campaign is not None:
        discard(campaign)


def _note_failure(held: Held, trouble: Exception) -> None:
    """After an error of the portal itself it is tried again by the clock, a few times; then a person is asked."""
    with transaction.atomic():
        mine = Campaign.objects.select_for_update().filter(pk=held.pk, planner_fence=held.fence)
        row = mine.first()
        if row is None:
            return
        row.planner_tries += 1
        row.save(update_fields=["planner_tries"])
    if row.planner_tries >= MAX_TRIES:
        message = f"planning ended in an error {MAX_TRIES} times: {type(trouble).__name__}: {trouble}"[:500]
        _refuse(
            held, [Problem("", f"{message}; the portal's log says more. Submit the campaign again when it is mended")]
        )
