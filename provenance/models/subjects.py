"""What executions refer to, each kept once: names, campaigns' own words, recipes, environments, log files."""

from enum import StrEnum

from django.db import models


class SubjectKind(StrEnum):
    """What a name is the name of."""

    CAMPAIGN = "campaign"
    PAYLOAD = "payload"
    WORKFLOW = "workflow"
    STEP = "step"
    SITE = "site"
    HOST = "host"
    SOFTWARE = "software"
    VERSION = "version"
    DATA_ID = "data-id"


class Subject(models.Model):
    """A name, interned: executions hold numbers instead of texts. "" is a name too, the one of what is not known."""

    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in SubjectKind])
    name = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("kind", "name"), name="provenance_subject_once")]

    def __str__(self) -> str:
        return self.name


class CampaignRecord(models.Model):
    """What a campaign was meant to be: kept here so that reports need nothing else, even years later."""

    campaign = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="record")
    program = models.CharField(max_length=200, blank=True, default="", db_index=True)
    parent = models.CharField(max_length=200, blank=True, default="")
    owner = models.CharField(max_length=150, blank=True, default="")
    document = models.JSONField(default=dict, help_text="The settings it was submitted with")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.campaign)


class Recipe(models.Model):
    """What a step was to do: definition, result settings, software; the same for all its instances."""

    digest = models.CharField(max_length=64, unique=True)
    body = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.digest[:12]


class Environment(models.Model):
    """Allow-listed variables of a job's environment."""

    digest = models.CharField(max_length=64, unique=True)
    variables = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.digest[:12]


class LogFile(models.Model):
    """The log bundle of one attempt, all its step instances one after the other."""

    token = models.CharField(max_length=40, unique=True)
    campaign = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_index=False)
    path = models.CharField(max_length=500)
    size_bytes = models.BigIntegerField()

    def __str__(self) -> str:
        return self.path
