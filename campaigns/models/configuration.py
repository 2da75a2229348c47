"""Pipelines, configuration layers and data ID tables, all in versions; and what a submission pinned of them."""

from typing import Any

from django.db import models

from campaigns.models.campaign import Campaign, Revision, Written
from campaigns.models.fields import DocumentField

SCOPES = [(s, s) for s in ("global", "site", "campaign", "payload", "step")]


class Pipeline(models.Model):
    """A named sequence of pipeline step definitions; what it says stands in its versions."""

    name = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PipelineVersion(models.Model):
    """One version of a pipeline; never changed, since campaigns that ran with it refer to it."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="versions")
    version = models.IntegerField()
    text = models.TextField()
    document = DocumentField()
    digest = models.CharField(max_length=64)
    author = models.CharField(max_length=150)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ("pipeline__name", "-version")
        constraints = [models.UniqueConstraint(fields=("pipeline", "version"), name="pipeline_version_once")]

    def __str__(self) -> str:
        return f"{self.pipeline.name} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it once."""
        if not self._state.adding:
            raise Written(f"pipeline {self} is kept as it was written; add a version")
        super().save(*args, **kwargs)


class ConfigLayer(models.Model):
    """One version of one source of configuration (LDM-636 0007); append-only, the newest version of a target counts."""

    scope = models.CharField(max_length=10, choices=SCOPES)
    target = models.CharField(max_length=250, blank=True, default="", help_text="Empty for global; site, campaign, …")
    version = models.IntegerField()
    values = DocumentField()
    text = models.TextField(blank=True, default="")
    author = models.CharField(max_length=150)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ("scope", "target", "-version")
        constraints = [
            models.UniqueConstraint(fields=("scope", "target", "version"), name="layer_version_once"),
            models.CheckConstraint(condition=models.Q(scope__in=[s for s, _ in SCOPES]), name="layer_scope_known"),
        ]

    def __str__(self) -> str:
        return f"{self.scope}{f' {self.target}' if self.target else ''} v{self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it once."""
        if not self._state.adding:
            raise Written(f"configuration layer {self} is kept as it was written; add a version")
        super().save(*args, **kwargs)


class DataIdTable(models.Model):
    """How data IDs of one kind overlap those of another (tract, patch against exposure, detector); in versions."""

    name = models.CharField(max_length=80)
    version = models.IntegerField()
    columns = models.JSONField()
    rows = models.BinaryField(help_text="JSON rows, compressed with zlib")
    count = models.IntegerField()
    digest = models.CharField(max_length=64)
    author = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("name", "-version")
        constraints = [models.UniqueConstraint(fields=("name", "version"), name="table_version_once")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Pin(models.Model):
    """What one run of a campaign was planned with; later edits of layers and pipelines never reach it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pins")
    run = models.IntegerField()
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    layers = models.JSONField(help_text="[[scope, target, version], …]")
    pipelines = models.JSONField(help_text="Name -> [version, digest]")
    software = models.JSONField(help_text="Name -> digest")
    tables = models.JSONField(help_text="Name -> version")
    settings = DocumentField(default=dict, help_text="Resolved settings by payload, step and site, with their origins")
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("campaign_id", "-run")
        constraints = [models.UniqueConstraint(fields=("campaign", "run"), name="pin_once_a_run")]

    def __str__(self) -> str:
        return f"{self.campaign.name} r{self.run}"
