"""Data fixes: rows to look at; a campaign's plain columns to edit, its state to set right through `services.fix`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from bpsportal.web.access import Scope, require
from bpsportal.web.errors import Missing, PortalError
from bpsportal.web.read_only import ReadOnlyAdmin
from campaigns.models import Campaign, ConfigLayer, DataIdTable, Notice, Payload, Pin, PipelineVersion, Revision
from campaigns.services import fix


class FixForm(forms.Form):
    """The state to set, and why."""

    to = forms.ChoiceField(label="New state")
    why = forms.CharField(max_length=500, label="Reason", widget=forms.TextInput(attrs={"size": 80}))

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(state, state) for state in fix.possible(campaign)]  # type: ignore[attr-defined]


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Campaigns: description, tags and owner can be edited; the state is set by hand with a reason."""

    list_display = ("name", "state", "state_at", "program", "priority", "owner", "run", "planner")
    list_filter = ("state",)
    list_select_related = ("owner",)
    search_fields = ("name", "program")
    fields = (
        "name",
        "state",
        "run",
        "program",
        "description",
        "tags",
        "owner",
        "wish",
        "wish_why",
        "planner",
        "problems",
    )
    readonly_fields = ("name", "state", "run", "program", "wish", "wish_why", "planner", "problems")
    actions = ("fix_by_hand",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Administrators edit the plain columns."""
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Write only what was edited, and record it."""
        before = Campaign.objects.get(pk=obj.pk)
        edited = {name: getattr(obj, name) for name in form.changed_data}
        changed = {name: value for name, value in edited.items() if getattr(before, name) != value}
        if changed:
            with transaction.atomic():
                obj.save(update_fields=list(changed))
                fix.note_edit(obj, changed, actor=request.user.get_username())

    def get_urls(self) -> list[URLPattern]:
        """The page of the fix beside Django's own."""
        own = path("<int:pk>/fix/", self.admin_site.admin_view(self.fix_view), name="campaigns_campaign_fix")
        return [own, *super().get_urls()]

    @admin.action(description="Set the state by hand…")
    def fix_by_hand(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> HttpResponse | None:
        """One campaign at a time: each needs its own reason."""
        chosen = list(queryset.values_list("pk", flat=True)[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one campaign; each fix needs a reason of its own.", messages.WARNING)
            return None
        return redirect("admin:campaigns_campaign_fix", pk=chosen[0])

    def fix_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose the state, say why."""
        require(request.user, "admin.fix", Scope())
        campaign = Campaign.objects.filter(pk=pk).first()
        if campaign is None:
            raise Missing("campaign", pk)
        form = FixForm(campaign, request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                fix.fix_state(campaign, given["to"], actor=request.user.get_username(), why=given["why"])
            except PortalError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(request, f"Campaign {campaign.name} is {campaign.state} now.", messages.SUCCESS)
                return redirect(reverse("admin:campaigns_campaign_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Set the state of {campaign.name}, which is {campaign.state}",
            "opts": self.model._meta,
            "campaign": campaign,
            "form": form,
        }
        return TemplateResponse(request, "campaigns/admin_fix.html", context)


@admin.register(Payload)
class PayloadAdmin(ReadOnlyAdmin):
    """Payloads, to look at."""

    list_display = ("__str__", "wish", "priority", "ended_at")
    list_select_related = ("campaign",)
    search_fields = ("name", "campaign__name")


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """What was written, to look at."""

    list_display = ("__str__", "author", "at", "reason")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name",)


@admin.register(Pin)
class PinAdmin(ReadOnlyAdmin):
    """What submissions fixed, to look at."""

    list_display = ("__str__", "by", "at")
    list_select_related = ("campaign",)
    search_fields = ("campaign__name",)


@admin.register(PipelineVersion)
class PipelineVersionAdmin(ReadOnlyAdmin):
    """Versions of pipelines, to look at."""

    list_display = ("__str__", "author", "at", "reason")
    list_select_related = ("pipeline",)
    search_fields = ("pipeline__name",)


@admin.register(ConfigLayer)
class ConfigLayerAdmin(ReadOnlyAdmin):
    """Versions of configuration layers, to look at."""

    list_display = ("__str__", "author", "at", "reason")
    list_filter = ("scope",)
    search_fields = ("target",)


@admin.register(DataIdTable)
class DataIdTableAdmin(ReadOnlyAdmin):
    """Data ID tables, to look at."""

    list_display = ("__str__", "count", "author", "at")
    fields = ("name", "version", "columns", "count", "digest", "author", "at")
    search_fields = ("name",)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """The outbox; what was given up can be tried again."""

    list_display = ("kind", "campaign", "recipient", "state", "tries", "next_at", "error")
    list_filter = ("state",)
    search_fields = ("campaign", "recipient")
    actions = ("try_again",)

    @admin.action(description="Try to send again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """Put what was given up back into the outbox."""
        again = sum(fix.send_again(notice) for notice in queryset)
        self.message_user(request, f"{again} notices will be sent again.", messages.SUCCESS)
