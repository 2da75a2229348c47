"""Data fixes: operational rows to look at, and a job's state set right by hand through `fixes`, never by editing."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from bpsportal.web.access import Scope, require
from bpsportal.web.errors import Missing, PortalError
from bpsportal.web.read_only import ReadOnlyAdmin
from execution import fixes
from execution.models import Attempt, Job, Node, OpenPoint, Site, SoftwareVersion, StepInstance, Workflow


class FixForm(forms.Form):
    """Which fix, and why."""

    what = forms.ChoiceField(widget=forms.RadioSelect, label="What is to be done")
    why = forms.CharField(max_length=300, label="Reason", widget=forms.TextInput(attrs={"size": 80}))

    def __init__(self, job: Job, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [(name, f"{fixes.FIXES[name].title}. {fixes.FIXES[name].warning}") for name in fixes.possible(job)]
        self.fields["what"].choices = chosen  # type: ignore[attr-defined]


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs; one that is stuck or failed can be set right."""

    list_display = ("id", "__str__", "workflow", "state", "state_at", "site", "attempts", "why")
    list_filter = ("state",)
    list_select_related = ("workflow", "site")
    search_fields = ("=id",)
    ordering = ("-id",)
    actions = ("fix_by_hand",)
    change_form_template = "execution/admin_job.html"

    def get_urls(self) -> list[URLPattern]:
        """The page of fixes beside Django's own."""
        own = path("<int:pk>/fix/", self.admin_site.admin_view(self.fix_view), name="execution_job_fix")
        return [own, *super().get_urls()]

    @admin.action(description="Fix by hand…")
    def fix_by_hand(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """One job at a time: each needs its own reason."""
        chosen = list(queryset.values_list("pk", flat=True)[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one job; each fix needs a reason of its own.", messages.WARNING)
            return None
        return redirect("admin:execution_job_fix", pk=chosen[0])

    def fix_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Ask what is to be done and why, then do it."""
        require(request.user, "admin.fix", Scope())
        job = Job.objects.select_related("workflow", "site").filter(pk=pk).first()
        if job is None:
            raise Missing("job", pk)
        form = FixForm(job, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                fixes.fix(
                    pk, form.cleaned_data["what"], actor=request.user.get_username(), why=form.cleaned_data["why"]
                )
            except PortalError as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, f"Job {job} was set right; the ledger has the reason.")
                return redirect(reverse("execution:job", args=[pk]))
        context = {**self.admin_site.each_context(request), "title": f"Fix job {job}", "job": job, "form": form}
        return TemplateResponse(request, "execution/admin_fix.html", context)


@admin.register(Workflow)
class WorkflowAdmin(ReadOnlyAdmin):
    """Workflows; their verbs are on their pages."""

    list_display = ("name", "campaign", "run", "payload", "priority", "wish", "stopped", "loading", "created_at")
    list_filter = ("loading", "wish")
    search_fields = ("name", "campaign")
    ordering = ("-id",)


@admin.register(StepInstance)
class StepInstanceAdmin(ReadOnlyAdmin):
    """Step instances."""

    list_display = ("id", "step", "data_id", "state", "workflow")
    list_select_related = ("workflow",)
    search_fields = ("=id",)
    ordering = ("-id",)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Attempts with their receipts."""

    list_display = ("token", "job", "number", "site", "batch_id", "is_open", "outcome", "cause", "intended_at")
    list_filter = ("is_open",)
    list_select_related = ("job", "site")
    search_fields = ("=token", "=batch_id")
    ordering = ("-id",)


@admin.register(Site)
class SiteAdmin(ReadOnlyAdmin):
    """Sites; changed by document, paused and resumed on their pages."""

    list_display = ("name", "driver", "paused", "trouble", "seen_at")


@admin.register(Node)
class NodeAdmin(ReadOnlyAdmin):
    """Machines of sites."""

    list_display = ("name", "site", "state", "drained", "seen_at")
    list_select_related = ("site",)


@admin.register(SoftwareVersion)
class SoftwareVersionAdmin(ReadOnlyAdmin):
    """Software versions; changed by document."""

    list_display = ("name", "kind", "reference", "production", "created_at")


@admin.register(OpenPoint)
class OpenPointAdmin(ReadOnlyAdmin):
    """Discovering steps whose lower part is, or was, still to be generated."""

    list_display = ("campaign", "run", "payload", "step", "open", "closed_at")
    list_filter = ("open",)
