"""What of the ledger a user may see: what belongs to no campaign, and to the campaigns within the user's scope."""

from typing import Any

from django.db.models import Q

from bpsportal.web.access import visible
from bpsportal.web.errors import Missing
from bpsportal.web.roles import Scope
from provenance.models import CampaignRecord


def by_subject(user: Any, look_up: str, *, shared: Q | None = None) -> Q:
    """Return the condition for rows whose `look_up` is the id of a campaign's name; `shared` rows are everybody's."""
    narrowing = visible(user)
    if narrowing.everything:
        return Q()
    records = CampaignRecord.objects.filter(narrowing.q(campaign="campaign__name"))
    seen = Q(**{f"{look_up}__in": records.values("campaign_id")})
    return seen if shared is None else seen | shared


def by_name(user: Any, look_up: str, *, shared: Q | None = None) -> Q:
    """Return the condition for rows whose `look_up` is the name of a campaign; `shared` rows are everybody's."""
    narrowing = visible(user)
    if narrowing.everything:
        return Q()
    records = CampaignRecord.objects.filter(narrowing.q(campaign="campaign__name"))
    seen = Q(**{f"{look_up}__in": records.values("campaign__name")}) | narrowing.q(program="", campaign=look_up)
    return seen if shared is None else seen | shared


def scope_of(campaign: str | None) -> Scope:
    """Return what a thing of this campaign belongs to; the portal as a whole where there is none."""
    if not campaign:
        return Scope()
    record = CampaignRecord.objects.filter(campaign__name=campaign).only("program").first()
    return Scope(program=record.program if record else "", campaign=campaign)


def ensure_visible(user: Any, campaign: str) -> None:
    """Raise Missing for a campaign that the user may not see, as for one that is not there."""
    narrowing = visible(user)
    if not narrowing.everything and not narrowing.allows(scope_of(campaign)):
        raise Missing("campaign", campaign)
