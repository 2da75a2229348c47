"""Executions, one for each attempt of each step instance and framework step, and which datasets they read."""

from typing import Any

from django.db import models
from django.db.models import Q

from provenance.core.facts import ExecutionKind, Outcome
from provenance.models.datasets import Dataset
from provenance.models.subjects import Environment, LogFile, Recipe, Subject

KINDS = [(kind.value, kind.value) for kind in ExecutionKind]
OUTCOMES = [(outcome.value, outcome.value) for outcome in Outcome]


def _named() -> Any:
    """A name. Neither index nor constraint in the database: names are never deleted, and there may be many millions."""
    return models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)


def _of(model: type[models.Model]) -> Any:
    return models.ForeignKey(
        model, on_delete=models.PROTECT, related_name="+", null=True, db_index=False, db_constraint=False
    )


def _name_of(field: str) -> Any:
    """The text of a name or digest that is held by number; None where there is none."""
    which = {"environment": "digest", "recipe": "digest", "log": "path"}.get(field, "name")

    def read(row: models.Model) -> str | None:
        referred = getattr(row, field)
        return None if referred is None else getattr(referred, which)

    return property(read, doc=f"The {field}'s {which}.")


class Execution(models.Model):
    """The facts of one step instance (or framework step) in one attempt; see `core.facts.ExecutionFact`."""

    kind = models.CharField(max_length=12, choices=KINDS)
    campaign = _named()
    run = models.IntegerField()
    payload = _named()
    workflow = _named()
    job = models.BigIntegerField(default=0)
    instance = models.BigIntegerField(default=0)
    step = _named()
    data_id = _named()
    attempt = models.SmallIntegerField(default=1)
    token = models.CharField(max_length=40)
    site = _named()
    host = _named()
    software = _named()
    version = _named()
    environment = _of(Environment)
    recipe = _of(Recipe)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wall_s = models.FloatField(null=True)
    cpu_s = models.FloatField(null=True)
    memory_mb = models.FloatField(null=True)
    read_bytes = models.BigIntegerField(null=True)
    write_bytes = models.BigIntegerField(null=True)
    exit_code = models.IntegerField(null=True)
    signal = models.SmallIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=OUTCOMES)
    cause = models.CharField(max_length=40, blank=True, default="")
    message = models.CharField(max_length=1000, blank=True, default="")
    inputs = models.IntegerField(default=0, help_text="Datasets read")
    missing_inputs = models.IntegerField(default=0, help_text="Datasets foreseen that were not there")
    unknown_inputs = models.IntegerField(default=0, help_text="Datasets read that the ledger does not know")
    outputs = models.IntegerField(default=0, help_text="Datasets made")
    log = _of(LogFile)
    stdout_offset = models.BigIntegerField(default=0)
    stdout_bytes = models.BigIntegerField(default=0)
    stderr_offset = models.BigIntegerField(default=0)
    stderr_bytes = models.BigIntegerField(default=0)
    final = models.BooleanField(default=True, help_text="Whether this attempt decides what became of the instance")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("token", "instance", "kind"), name="provenance_execution_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in Outcome]), name="provenance_execution_outcome"
            ),
        ]
        indexes = [
            models.Index(fields=("instance", "attempt"), name="provenance_execution_of"),
            models.Index(fields=("campaign", "id"), name="provenance_execution_campaign"),
            models.Index(fields=("campaign", "step", "outcome", "id"), name="provenance_execution_step"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    campaign_name = _name_of("campaign")
    payload_name = _name_of("payload")
    workflow_name = _name_of("workflow")
    step_name = _name_of("step")
    data_id_name = _name_of("data_id")
    site_name = _name_of("site")
    host_name = _name_of("host")
    software_name = _name_of("software")
    version_name = _name_of("version")
    environment_digest = _name_of("environment")
    recipe_digest = _name_of("recipe")
    log_path = _name_of("log")


class CampaignInput(models.Model):
    """The campaign read a dataset that was there before it: registered, or made by an earlier campaign or run."""

    pk = models.CompositePrimaryKey("campaign_id", "dataset_id")
    campaign = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [models.Index(fields=("dataset", "campaign"), name="provenance_input_of")]

    def __str__(self) -> str:
        return f"{self.campaign_id} read {self.dataset_id}"


class Use(models.Model):
    """The execution read the dataset."""

    pk = models.CompositePrimaryKey("execution_id", "dataset_id")
    execution = models.ForeignKey(
        Execution, on_delete=models.PROTECT, related_name="uses", db_index=False, db_constraint=False
    )
    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, related_name="uses", db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [models.Index(fields=("dataset", "execution"), name="provenance_use_by_dataset")]

    def __str__(self) -> str:
        return f"{self.execution_id} read {self.dataset_id}"
