"""A campaign with its subcampaigns: verbs said to the parent act on all of them (LDM-636 0018)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bpsportal.web.errors import Missing, NotAllowed
from campaigns import moves
from campaigns.models import Campaign


@dataclass(frozen=True, slots=True)
class Outcome:
    """Names of the campaigns that did what was asked, and of those left alone with their states."""

    acted: tuple[str, ...]
    left: dict[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What happened, for people."""
        text = f"done: {', '.join(self.acted)}"
        return (
            text
            if not self.left
            else f"{text}; left as they are: " + ", ".join(f"{n} ({s})" for n, s in self.left.items())
        )


def members(name: str) -> list[Campaign]:
    """The campaign and everything below it, parents before children, locked; Missing."""
    root = Campaign.objects.filter(name=name).values_list("pk", flat=True).first()
    if root is None:
        raise Missing("campaign", name)
    generation, order = [root], [root]
    while generation:
        below = Campaign.objects.filter(parent__in=generation).exclude(pk__in=order).order_by("pk")
        generation = list(below.values_list("pk", flat=True))
        order += generation
    rows = (
        Campaign.objects.select_for_update(of=("self",)).filter(pk__in=order).select_related("revision").order_by("pk")
    )
    by_pk = {row.pk: row for row in rows}
    return [by_pk[pk] for pk in order]


def act(name: str, verb: str, one: Callable[[Campaign], None]) -> Outcome:
    """Do `one` to every member whose state allows the verb, inside the caller's transaction.

    NotAllowed, as of the campaign itself, when no member's state does.
    """
    acted, left = [], {}
    family = members(name)
    for campaign in family:
        if verb not in moves.legal(campaign.state):
            left[campaign.name] = campaign.state
            continue
        try:
            one(campaign)
        except NotAllowed as refused:
            left[campaign.name] = refused.state
        else:
            acted.append(campaign.name)
    if not acted:
        raise moves.refuse(family[0], verb)
    return Outcome(tuple(acted), left)
