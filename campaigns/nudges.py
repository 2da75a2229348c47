"""Messages that say "look now"; losing one costs an interval of the clock, never a campaign."""

from django.db import transaction

from campaigns import tasks
from campaigns.models import Campaign


def nudge_planner(campaign: Campaign) -> None:
    """Ask for planning once the present transaction is there."""
    name, run = campaign.name, campaign.run
    transaction.on_commit(lambda: tasks.plan.delay(name, run))
