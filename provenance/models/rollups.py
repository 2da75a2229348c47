"""Sums kept beside the ledger, moved in the same transaction as its rows: `manage.py rebuild_rollups` proves them."""

from django.db import models

from provenance.models.executions import KINDS
from provenance.models.subjects import Subject

WHOLE_EXPOSURE = -1
"""Stands for `detector` where step instances are about an exposure as a whole; unique keys cannot hold a null."""


class RollUp(models.Model):
    """What is known of one step of a payload in a run, however many executions it had."""

    campaign = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.IntegerField()
    payload = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=KINDS)
    step = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_index=False)
    planned = models.BigIntegerField(default=0)
    pruned = models.BigIntegerField(default=0, help_text="Step instances that will never run")
    body = models.JSONField(default=dict, help_text="core.rollup.Tally")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("campaign", "run", "payload", "kind", "step"), name="provenance_rollup_once"
            )
        ]
        indexes = [models.Index(fields=("step", "kind", "id"), name="provenance_rollup_step")]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.run}/{self.payload_id}/{self.step_id}"


class Coverage(models.Model):
    """Step instances of one image in a run of a campaign; see `core.coverage.Covered`."""

    campaign = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    run = models.IntegerField()
    exposure = models.BigIntegerField()
    detector = models.IntegerField(default=WHOLE_EXPOSURE)
    planned = models.IntegerField(default=0)
    succeeded = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    pruned = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    used = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("campaign", "exposure", "detector", "run"), name="provenance_coverage_once")
        ]
        indexes = [models.Index(fields=("exposure", "detector", "campaign", "run"), name="provenance_coverage_image")]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.exposure}/{self.detector}"
