"""Create a campaign from a document, or revise one that was not submitted yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bpsportal.web.access import Scope, User, require
from bpsportal.web.errors import Invalid
from campaigns import moves, overlap
from campaigns.core.document import Document
from campaigns.core.names import name_fault
from campaigns.core.problem import Problem
from campaigns.core.specs import CampaignSpec
from campaigns.core.states import State
from campaigns.models import Campaign, Payload, Revision
from campaigns.moves import Note
from campaigns.reading import check_campaign, origin_of, plain, read, text_of
from execution.control import Wish
from provenance import ledger
from provenance.core.events import EventKind

RESERVED = frozenset({"validate", "plan"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A document that was read and checked: its text, its data, what it says, and what is worth a second look."""

    text: str
    document: Document
    spec: CampaignSpec | None
    problems: tuple[Any, ...] = ()
    warnings: tuple[Any, ...] = ()


def check(source: bytes | str, *, actor: str, reason: str = "", revised: str = "") -> Asked:
    """Read and check a campaign document, without any effect; Invalid with every problem at once."""
    document = read(source)
    spec, catalog = check_campaign(document, origin=origin_of(actor, reason), revised=revised)
    if spec.name in RESERVED:
        message = f"a campaign cannot be called {spec.name}, which is a verb of the REST interface; choose another name"
        raise Invalid([Problem("campaign", message, "campaign", document.line(("campaign",)))])
    return Asked(text_of(source), document, spec, warnings=tuple(overlap.warnings(spec, catalog)))


def create(source: bytes | str, *, user: User, draft: bool = False, reason: str = "") -> Campaign:
    """A new campaign, ready to be submitted; Invalid with every problem, and nothing is left behind.

    As a `draft` it is kept with its problems, as long as it can be read and has a name. Refused where the user's role
    does not reach the campaign's program.
    """
    actor = user.get_username()
    asked = _kept(source, actor, reason, revised="") if draft else check(source, actor=actor, reason=reason)
    now = timezone.now()
    name = asked.spec.name if asked.spec else str(asked.document.data["campaign"])
    try:
        with transaction.atomic():
            campaign = Campaign(name=name, owner_id=user.pk or 0, state_at=now, created_at=now)
            _describe(campaign, asked)
            require(user, "campaign.create", Scope(program=campaign.program, campaign=name))
            campaign.save()
            _write(campaign, asked, actor=actor, reason=reason, now=now)
            moves.record(campaign, Note(EventKind.CAMPAIGN_CREATED, actor, reason))
            _make_ready(campaign, asked, now)
    except IntegrityError:
        if not Campaign.objects.filter(name=name).exists():
            raise
        raise Invalid([Problem("campaign", f"there is a campaign {name} already; choose another name")]) from None
    return campaign


def revise(name: str, source: bytes | str, *, user: User, reason: str, draft: bool = False) -> Campaign:
    """Replace the document of a draft or ready campaign; the former one stays. NotAllowed, Invalid, Missing."""
    actor = user.get_username()
    with transaction.atomic():
        campaign = moves.lock(name)
        moves.require(campaign, "revise")
        asked = (
            _kept(source, actor, reason, revised=name)
            if draft
            else check(source, actor=actor, reason=reason, revised=name)
        )
        given = asked.document.data.get("campaign")
        if given != name:
            message = f"the document is about campaign {given}; a campaign keeps its name, clone it to have another"
            raise Invalid([Problem("campaign", message, line=asked.document.line(("campaign",)))])
        now = timezone.now()
        moves.record(campaign, Note(EventKind.CAMPAIGN_REVISED, actor, reason))
        if campaign.state == State.READY:
            moves.move(campaign, State.DRAFT, Note(EventKind.CAMPAIGN_DRAFTED, actor, reason), now=now)
        _describe(campaign, asked)
        require(user, "campaign.revise", Scope(program=campaign.program, campaign=name))
        campaign.save(
            update_fields=["program", "description", "priority", "share", "deadline", "parent", "tags", "warnings"]
        )
        _write(campaign, asked, actor=actor, reason=reason, now=now)
        _make_ready(campaign, asked, now)
    return campaign


def _kept(source: bytes | str, actor: str, reason: str, *, revised: str) -> Asked:
    """A document for a draft: checked, and kept in spite of its problems if it has a usable name."""
    document = read(source)
    try:
        return check(source, actor=actor, reason=reason, revised=revised)
    except Invalid as invalid:
        name = document.data.get("campaign") if isinstance(document.data, dict) else None
        taken = isinstance(name, str) and name != revised and Campaign.objects.filter(name=name).exists()
        if not isinstance(name, str) or name in RESERVED or name_fault(name) or taken:
            raise
        return Asked(text_of(source), document, None, problems=invalid.problems)


def _describe(campaign: Campaign, asked: Asked) -> None:
    """The columns that repeat what the document says, for lists and filters; a draft without spec keeps what it had."""
    spec = asked.spec
    campaign.warnings = plain(asked.warnings)
    if spec is None:
        program = asked.document.data.get("program")
        campaign.program = program if isinstance(program, str) and not name_fault(program) else ""
        return
    campaign.program, campaign.description, campaign.tags = spec.program, spec.description, list(spec.tags)
    campaign.priority, campaign.share = spec.priority, spec.share
    campaign.deadline = spec.deadline.at if spec.deadline else None
    campaign.parent = Campaign.objects.get(name=spec.parent) if spec.parent else None
    if campaign.parent is not None and campaign.pk in _above(campaign.parent):
        raise Invalid(
            [Problem("parent", f"{spec.parent} is a subcampaign of {spec.name}; a circle of parents cannot be")]
        )


def _above(campaign: Campaign | None) -> set[int]:
    """The campaign and all that it is a subcampaign of."""
    found: set[int] = set()
    while campaign is not None and campaign.pk not in found:
        found.add(campaign.pk)
        campaign = campaign.parent
    return found


def _write(campaign: Campaign, asked: Asked, *, actor: str, reason: str, now: datetime) -> None:
    """The revision, and the payloads it speaks of."""
    last = campaign.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    data = asked.spec.data if asked.spec else asked.document.data
    revision = Revision.objects.create(
        campaign=campaign, number=last + 1, text=asked.text, document=data, author=actor, at=now, reason=reason[:500]
    )
    campaign.revision, campaign.problems = revision, plain(asked.problems)
    campaign.save(update_fields=["revision", "problems"])
    campaign.payloads.all().delete()
    names = [payload.name for payload in asked.spec.payloads] if asked.spec else []
    Payload.objects.bulk_create(
        Payload(campaign=campaign, name=name, position=at, wish=Wish.RUN) for at, name in enumerate(names)
    )
    owner = campaign.owner.get_username()
    parent = campaign.parent.name if campaign.parent else ""
    ledger.describe_campaign(campaign.name, program=campaign.program, parent=parent, owner=owner)


def _make_ready(campaign: Campaign, asked: Asked, now: datetime) -> None:
    if asked.spec is not None:
        moves.move(campaign, State.READY, Note(EventKind.CAMPAIGN_READY, "portal"), now=now)
