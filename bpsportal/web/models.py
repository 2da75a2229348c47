"""Who has which role where, API tokens, and the answers kept for repeated requests."""

from django.conf import settings
from django.db import models
from knox.models import AbstractAuthToken

from bpsportal.web.roles import Role


class TokenScope(models.TextChoices):
    """What a token may be used for."""

    READ = "read", "read only"
    OPERATE = "operate", "everything its user may"


class Membership(models.Model):
    """One role of one user, everywhere or narrowed to one program or one campaign."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=32, choices=[(role.value, role.label) for role in Role])
    program = models.CharField(max_length=200, blank=True, default="", help_text="Only this program; empty for all.")
    campaign = models.CharField(max_length=200, blank=True, default="", help_text="Only this campaign; empty for all.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "role", "program", "campaign"], name="web_membership_once"),
            models.CheckConstraint(
                condition=models.Q(program="") | models.Q(campaign=""),
                name="web_membership_one_narrowing",
                violation_error_message="Narrow a membership to a program or to a campaign, not to both.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]), name="web_membership_role"
            ),
        )

    def __str__(self) -> str:
        where = self.campaign or self.program
        return f"{self.user}: {Role(self.role).label}" + (f" ({where})" if where else "")


class Token(AbstractAuthToken):
    """An API token, kept as a hash; several a user, each with its scope and expiry."""

    scope = models.CharField(max_length=16, choices=TokenScope, default=TokenScope.READ)
    name = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(scope__in=TokenScope.values), name="web_token_scope"),)

    def __str__(self) -> str:
        return f"{self.name or self.token_key} ({self.scope}) of {self.user}"


class IdempotencyKey(models.Model):
    """The answer to a request that bore an `Idempotency-Key`, so that its repetition changes nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="web_idempotency_once"),)

    def __str__(self) -> str:
        return f"{self.key} of {self.user}"
