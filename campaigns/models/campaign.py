"""Campaigns, what was written about them (revisions), and the payloads they consist of."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.core.states import State
from campaigns.models.fields import DocumentField
from execution.core.states import Wish

STATES = [(s.value, s.value) for s in State]
WISHES = [(w.value, w.value) for w in Wish]


class Written(Exception):
    """A row that is kept as it was written was about to be changed or removed."""


class Campaign(models.Model):
    """A payload or many with defined configuration and inputs, for one objective; a subcampaign has a parent.

    `state` moves only through `campaigns.moves`. `planner*` is the lease of whoever generates its workflows now.
    """

    name = models.CharField(max_length=80, unique=True)
    program = models.CharField(max_length=80, blank=True, default="", db_index=True)
    description = models.TextField(blank=True, default="")
    priority = models.IntegerField(default=0)
    share = models.FloatField(default=1.0)
    deadline = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="campaigns")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    tags = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=12, choices=STATES, default=State.DRAFT)
    state_at = models.DateTimeField()
    run = models.IntegerField(default=1, help_text="The run that goes on, or that the next submission begins")
    revision = models.ForeignKey("Revision", on_delete=models.PROTECT, null=True, related_name="+")
    wish = models.CharField(max_length=10, choices=WISHES, default=Wish.RUN)
    wish_by = models.CharField(max_length=150, blank=True, default="")
    wish_why = models.CharField(max_length=500, blank=True, default="")
    wish_at = models.DateTimeField(null=True, blank=True)
    problems = models.JSONField(
        default=list, blank=True, help_text="What stood in the way of the last check or planning"
    )
    warnings = models.JSONField(default=list, blank=True, help_text="What the last check found worth a second look")
    timings = models.JSONField(default=dict, blank=True, help_text="Seconds that generating and loading took")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.CharField(max_length=150, blank=True, default="")
    planned_at = models.DateTimeField(null=True, blank=True, help_text="When the workflows of this run were complete")
    ended_at = models.DateTimeField(null=True, blank=True)
    planner = models.CharField(max_length=100, blank=True, default="")
    planner_until = models.DateTimeField(null=True, blank=True)
    planner_fence = models.BigIntegerField(default=0)
    planner_tries = models.SmallIntegerField(default=0, help_text="Times that planning ended in an error of the portal")

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in State]), name="campaign_state_known"),
            models.CheckConstraint(condition=Q(wish__in=[w.value for w in Wish]), name="campaign_wish_known"),
            models.CheckConstraint(condition=Q(run__gte=1), name="campaign_run_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=("-created_at", "-id"), name="campaign_newest"),
            models.Index(
                fields=("state",),
                name="campaign_alive",
                condition=Q(state__in=["planning", "running", "paused", "cancelling"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """What was asked for, as it was written and as it was read; never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="revisions")
    number = models.IntegerField()
    text = models.TextField()
    document = DocumentField(default=dict)
    author = models.CharField(max_length=150)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=("campaign", "number"), name="revision_numbered")]

    def __str__(self) -> str:
        return f"{self.campaign.name} #{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it once."""
        if not self._state.adding:
            raise Written(f"revision {self} is kept as it was written; revise the campaign instead")
        super().save(*args, **kwargs)


class Payload(models.Model):
    """A sequence of pipelines over a selection of data; its state follows from wish and counters and is not stored."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="payloads")
    name = models.CharField(max_length=80)
    position = models.IntegerField()
    priority = models.IntegerField(null=True, blank=True, help_text="Its own; empty while it follows the campaign")
    wish = models.CharField(max_length=10, choices=WISHES, default=Wish.RUN)
    wish_by = models.CharField(max_length=150, blank=True, default="")
    wish_why = models.CharField(max_length=500, blank=True, default="")
    wish_at = models.DateTimeField(null=True, blank=True)
    planned = models.JSONField(
        default=dict, blank=True, help_text="Workflows, jobs, instances and steps of the present run"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("campaign_id", "position")
        constraints = [
            models.UniqueConstraint(fields=("campaign", "name"), name="payload_once_a_campaign"),
            models.CheckConstraint(condition=Q(wish__in=[w.value for w in Wish]), name="payload_wish_known"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign.name}:{self.name}"
