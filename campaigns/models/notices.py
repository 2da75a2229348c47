"""The outbox of notices: what is to be told to whom, kept until it was sent (LDM-636 0045)."""

from django.db import models

NOTICE_STATES = [(s, s) for s in ("pending", "sent", "failed")]


class NoticeCursor(models.Model):
    """How far the ledger was read."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0, help_text="Id of the last event that is surely dealt with")

    def __str__(self) -> str:
        return f"{self.name} {self.position}"


class Notice(models.Model):
    """One message about one event to one recipient; unique, so that nobody is told twice."""

    event = models.BigIntegerField(help_text="Id of the ledger's event")
    kind = models.CharField(max_length=60)
    campaign = models.CharField(max_length=80, blank=True, default="")
    recipient = models.EmailField(max_length=254)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=10, choices=NOTICE_STATES, default="pending")
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("event", "recipient"), name="notice_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=[s for s, _ in NOTICE_STATES]), name="notice_state_known"
            ),
        ]
        indexes = [models.Index(fields=("next_at",), name="notice_to_send", condition=models.Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
