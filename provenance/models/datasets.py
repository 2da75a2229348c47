"""Dataset types and datasets: what was read and what was made."""

from django.db import models
from django.db.models import Q

from provenance.core.facts import DatasetState
from provenance.models.subjects import Subject

STATES = [(state.value, state.value) for state in DatasetState]


class DatasetType(models.Model):
    """A named kind of data."""

    name = models.CharField(max_length=128, unique=True)
    dimensions = models.JSONField(default=list, help_text="Names of the dimensions, in order")
    format = models.CharField(max_length=40, blank=True, default="")
    metadata = models.JSONField(default=list, blank=True, help_text="Keys kept of each file")
    checked_by = models.CharField(max_length=80, blank=True, default="", help_text="Check that every file has to pass")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Dataset(models.Model):
    """One file of a type and data ID: registered as found (no campaign), or made by a campaign's payload in a run.

    `execution` is the one that made it, the final attempt. `exposure` and `detector` repeat what the data ID says, for
    look-ups by image.
    """

    type = models.ForeignKey(DatasetType, on_delete=models.PROTECT, related_name="+", db_index=False)
    campaign = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False, db_constraint=False
    )
    run = models.IntegerField(default=0)
    payload = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False, db_constraint=False
    )
    data_id = models.CharField(max_length=300)
    exposure = models.BigIntegerField(null=True)
    detector = models.IntegerField(null=True)
    path = models.CharField(max_length=1000)
    size_bytes = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=12, choices=STATES)
    execution = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("campaign", "run", "payload", "type", "data_id"), name="provenance_dataset_made_once"
            ),
            models.UniqueConstraint(
                fields=("type", "data_id"), condition=Q(campaign=None), name="provenance_dataset_registered_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in DatasetState]), name="provenance_dataset_state"
            ),
        ]
        indexes = [
            models.Index(fields=("type", "data_id", "campaign"), name="provenance_dataset_key"),
            models.Index(fields=("campaign", "id"), name="provenance_dataset_campaign"),
            models.Index(fields=("campaign", "type", "id"), name="provenance_dataset_type"),
            models.Index(fields=("exposure", "detector"), name="provenance_dataset_image"),
            models.Index(fields=("execution",), name="provenance_dataset_execution"),
        ]

    def __str__(self) -> str:
        return f"{self.type_id} {self.data_id}"

    @property
    def type_name(self) -> str:
        """The type in words."""
        return self.type.name

    @property
    def campaign_name(self) -> str | None:
        """The campaign that made it, None for a registered file."""
        return self.campaign.name if self.campaign else None

    @property
    def payload_name(self) -> str | None:
        """The payload that made it, None for a registered file."""
        return self.payload.name if self.payload else None
