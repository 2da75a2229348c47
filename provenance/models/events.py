"""The append-only ledger: who did what to which subject, when and why."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from provenance.core.events import Severity, sentence_of, severity_of


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete an event."""

    def __init__(self) -> None:
        super().__init__("events are never changed or deleted; record another one that says what is right")


class AppendOnly(models.QuerySet["Event"]):
    """Rows that can be added and read, nothing else."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError


class Event(models.Model):
    """One line of the ledger; texts are empty where they do not apply."""

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40, help_text="core.events.EventKind")
    actor = models.CharField(max_length=150)
    campaign = models.CharField(max_length=200, blank=True, default="")
    run = models.IntegerField(default=0)
    workflow = models.CharField(max_length=300, blank=True, default="")
    job = models.BigIntegerField(null=True)
    step = models.CharField(max_length=200, blank=True, default="")
    site = models.CharField(max_length=200, blank=True, default="")
    data_id = models.CharField(max_length=300, blank=True, default="")
    why = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True, default="")

    objects = AppendOnly.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=("campaign", "id"), name="provenance_event_campaign"),
            models.Index(fields=("kind", "id"), name="provenance_event_kind"),
            models.Index(fields=("actor", "id"), name="provenance_event_actor"),
            models.Index(fields=("site", "id"), name="provenance_event_site"),
        ]

    def __str__(self) -> str:
        return self.sentence

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the event; one that is there stays as it is."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    @property
    def severity(self) -> Severity:
        """How much it should catch the eye."""
        return severity_of(self.kind)

    @property
    def sentence(self) -> str:
        """What people are told."""
        return self.say(why=True)

    @property
    def what(self) -> str:
        """The sentence without the reason."""
        return self.say(why=False)

    def say(self, *, why: bool) -> str:
        """Return the event as a sentence, with or without its reason."""
        fields = {name: getattr(self, name) for name in ("actor", "campaign", "run", "workflow", "job", "step", "site")}
        return sentence_of(self.kind, {**self.details, **fields}, self.why if why else "")
