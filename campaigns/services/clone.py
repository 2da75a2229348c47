"""Clone: a campaign's present document under another name, as a campaign of its own."""

import re

import yaml
from django.db import transaction

from bpsportal.web.access import User
from bpsportal.web.errors import Invalid, Missing
from campaigns import moves
from campaigns.core.document import load
from campaigns.core.names import name_fault
from campaigns.core.problem import Problem
from campaigns.models import Campaign
from campaigns.moves import Note
from campaigns.services.create import create
from provenance.core.events import EventKind

_NAME_LINE = re.compile(r"""^(\s*\{?\s*["']?campaign["']?\s*:\s*)("[^"]*"|'[^']*'|[^\s,#}]+)""")


def clone(name: str, new_name: str, *, user: User, reason: str = "") -> Campaign:
    """A new campaign from the text of another one; Missing, Invalid."""
    campaign = Campaign.objects.select_related("revision").filter(name=name).first()
    if campaign is None or campaign.revision is None:
        raise Missing("campaign", name)
    if fault := name_fault(new_name):
        raise Invalid([Problem("name", fault)])
    with transaction.atomic():
        made = create(renamed(campaign.revision.text, new_name), user=user, reason=reason or f"cloned from {name}")
        moves.record(made, Note(EventKind.CAMPAIGN_CLONED, user.get_username(), reason, {"source": name}))
    return made


def renamed(text: str, new_name: str) -> str:
    """The document with another name: comments and order stay, where only the line of the name has to change."""
    document = load(text).documents[0]
    wanted = {**document.data, "campaign": new_name}
    lines = text.splitlines(keepends=True)
    at = (document.line(("campaign",)) or 1) - 1
    if at < len(lines):
        lines[at] = _NAME_LINE.sub(lambda match: f"{match[1]}{new_name}", lines[at], count=1)
        again = load("".join(lines))
        if not again.problems and again.documents[0].data == wanted:
            return "".join(lines)
    return yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True)
