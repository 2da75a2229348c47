"""Submit: check once more against what exists now, pin every version, and ask for planning (LDM-636 0018)."""

from django.db import transaction
from django.utils import timezone

from bpsportal.web.access import User
from campaigns import moves, overlap, pinning
from campaigns.core.catalog import Catalog
from campaigns.core.specs import CampaignSpec
from campaigns.core.states import State, Verb
from campaigns.models import Campaign, Pin
from campaigns.moves import Note
from campaigns.nudges import nudge_planner
from campaigns.reading import plain, spec_of
from execution.control import Wish
from provenance import ledger
from provenance.core.events import EventKind


def submit(name: str, *, user: User, why: str = "") -> Campaign:
    """Begin a campaign: ready → planning; nothing runs before its planning is complete.

    NotAllowed, Missing; Invalid when what was right when it was written is wrong by now (a site gone, no data left).
    """
    actor, now = user.get_username(), timezone.now()
    with transaction.atomic():
        campaign = moves.lock(name)
        moves.require(campaign, Verb.SUBMIT)
        spec, catalog = spec_of(campaign)
        settings = _pin(campaign, spec, catalog, actor)
        fields = {
            "wish": Wish.RUN, "wish_by": actor, "wish_why": "", "wish_at": now, "problems": [], "timings": {},
            "warnings": plain(overlap.warnings(spec, catalog)), "submitted_at": now, "submitted_by": actor,
            "planned_at": None, "ended_at": None, "planner_tries": 0,
        }  # fmt: skip
        note = Note(
            EventKind.CAMPAIGN_SUBMITTED, actor, why, {"revision": campaign.revision.number if campaign.revision else 0}
        )
        if not moves.move(campaign, State.PLANNING, note, now=now, where={"state": State.READY.value}, fields=fields):
            raise moves.refuse(campaign, Verb.SUBMIT)
        campaign.payloads.update(wish=Wish.RUN, wish_by="", wish_why="", wish_at=None, planned={}, ended_at=None)
        parent = campaign.parent.name if campaign.parent else ""
        owner = campaign.owner.get_username()
        document = pinning.values_of(spec, settings)
        ledger.describe_campaign(name, program=campaign.program, parent=parent, owner=owner, document=document)
        nudge_planner(campaign)
    return campaign


def _pin(campaign: Campaign, spec: CampaignSpec, catalog: Catalog, actor: str) -> dict[str, object]:
    columns = pinning.pinned(spec, catalog)
    defaults = {**columns, "revision": campaign.revision, "by": actor, "at": timezone.now()}
    Pin.objects.update_or_create(campaign=campaign, run=campaign.run, defaults=defaults)
    settings: dict[str, object] = columns["settings"]
    return settings
