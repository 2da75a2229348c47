"""The ledger in the administration site: to look at; only the metadata of datasets may be put right, with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from bpsportal.web.read_only import ReadOnlyAdmin
from provenance.core.events import EventKind
from provenance.models import (
    CampaignRecord,
    Coverage,
    Dataset,
    DatasetType,
    Environment,
    Event,
    Execution,
    LogFile,
    Recipe,
    RollUp,
)
from provenance.recording import record


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The feed."""

    list_display = ("id", "at", "kind", "actor", "campaign", "site", "why")
    search_fields = ("=campaign", "=actor", "=kind")


@admin.register(Execution)
class ExecutionAdmin(ReadOnlyAdmin):
    """Attempts of step instances and framework steps."""

    list_display = ("id", "kind", "instance", "attempt", "outcome", "cause", "started_at", "wall_s")
    search_fields = ("=token",)
    raw_id_fields = ("campaign", "payload", "workflow", "step", "data_id", "site", "host", "software", "version")


@admin.register(DatasetType)
class DatasetTypeAdmin(ReadOnlyAdmin):
    """Types come from pipelines."""

    list_display = ("name", "dimensions", "format")
    search_fields = ("name",)


@admin.register(CampaignRecord)
class CampaignRecordAdmin(ReadOnlyAdmin):
    """What campaigns were meant to be."""

    list_display = ("campaign", "program", "parent", "owner", "changed_at")
    list_select_related = ("campaign",)
    search_fields = ("=campaign__name", "=program")


@admin.register(Recipe, Environment)
class DigestAdmin(ReadOnlyAdmin):
    """What is kept once by its hash."""

    list_display = ("digest",)
    search_fields = ("=digest",)


@admin.register(LogFile)
class LogFileAdmin(ReadOnlyAdmin):
    """Log bundles of attempts."""

    list_display = ("token", "path", "size_bytes")
    search_fields = ("=token",)


@admin.register(RollUp)
class RollUpAdmin(ReadOnlyAdmin):
    """Sums; `manage.py rebuild_rollups` proves them."""

    list_display = ("campaign", "run", "payload", "kind", "step", "planned", "pruned")
    list_select_related = ("campaign", "payload", "step")
    search_fields = ("=campaign__name",)


@admin.register(Coverage)
class CoverageAdmin(ReadOnlyAdmin):
    """Sums by image."""

    list_display = ("campaign", "run", "exposure", "detector", "planned", "succeeded", "failed", "pruned", "used")
    list_select_related = ("campaign",)
    search_fields = ("=exposure",)


class FixForm(forms.ModelForm):
    """New metadata, and why."""

    reason = forms.CharField(max_length=500, help_text="Kept in the ledger with your name and what was there before")

    class Meta:
        model = Dataset
        fields = ("metadata",)

    def clean_metadata(self) -> dict[str, Any]:
        """Metadata is a mapping from key to value."""
        metadata = self.cleaned_data["metadata"]
        if not isinstance(metadata, dict):
            raise forms.ValidationError("Metadata is a mapping, as in {“band”: “r”}.")
        return metadata


@admin.register(Dataset)
class DatasetAdmin(admin.ModelAdmin):
    """Datasets; their metadata can be put right."""

    form = FixForm
    list_display = ("id", "type", "data_id", "state", "path")
    list_select_related = ("type",)
    search_fields = ("=data_id", "=path")
    show_full_result_count = False
    fields = ("type", "data_id", "campaign", "run", "payload", "state", "path", "size_bytes", "sha256", "created_at",
              "metadata", "reason")  # fmt: skip
    readonly_fields = tuple(name for name in fields if name not in ("metadata", "reason"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Files are registered, not typed in."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was made stays on record."""
        return False

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:
        """Write the metadata and tell the ledger who changed what, and why."""
        before = form.initial.get("metadata")
        if before == obj.metadata:
            return
        with transaction.atomic():
            obj.save(update_fields=["metadata"])
            record(
                EventKind.ADMIN_FIXED,
                actor=request.user.get_username(),
                campaign=obj.campaign.name if obj.campaign else "",
                data_id=obj.data_id,
                why=form.cleaned_data["reason"],
                details={"subject": f"metadata of dataset {obj.pk}", "before": before, "after": obj.metadata},
            )
