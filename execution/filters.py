"""The filters of the lists, the same parameters for pages and REST; they say what is asked, `selection` finds it."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from execution.core.states import InstanceState, JobState
from execution.models import Attempt, Job, StepInstance, Workflow
from execution.selection import Asked, pick_instances, pick_jobs
from provenance.core import data_id as ids

ID = re.compile(r"[0-9]{1,18}")
JOB_STATES = [(state.value, state.value) for state in JobState]
INSTANCE_STATES = [(state.value, state.value) for state in InstanceState]


@extend_schema_field(OpenApiTypes.INT64)
class WholeFilter(filters.NumberFilter):
    """A whole number that a database can hold."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=2**63 - 1, **kwargs)


class DataIdField(forms.CharField):
    """A data ID in its canonical text, however it was ordered."""

    def clean(self, value: Any) -> str:
        """Return the canonical text, or say what a data ID looks like."""
        text = super().clean(value)
        try:
            parsed = ids.parse(text)
        except ValueError as why:
            raise ValidationError(str(why)) from None
        return ids.text_of(parsed)


class DataIdFilter(filters.CharFilter):
    """A whole data ID."""

    field_class = DataIdField


class _OfWorkflow(filters.FilterSet):
    """What jobs and step instances are narrowed by alike: the workflow's columns."""

    campaign = filters.CharFilter(help_text="Name of the campaign")
    run = WholeFilter(help_text="Run of the campaign, from 1")
    payload = filters.CharFilter(help_text="Name of the payload")
    workflow = filters.CharFilter(help_text="Id or name of the workflow")

    @property
    def asked(self) -> Asked:
        """What the parameters say; call after `is_valid`."""
        given = {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "", [])}
        workflow: dict[str, Any] = {name: given[name] for name in ("campaign", "run", "payload") if name in given}
        if "workflow" in given:
            text = given["workflow"]
            workflow |= {"pk": int(text)} if ID.fullmatch(text) else {"name": text}
        labels = tuple(given[name] for name in ("label", "step") if name in given)
        return Asked(workflow, labels, tuple(given.get("state", ())))

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the other parameters that were given."""
        return {name: value for name in names if (value := self.form.cleaned_data.get(name)) not in (None, "")}


class JobFilter(_OfWorkflow):
    """`?campaign=night&state=failed&state=held`; `label` is the step or cluster."""

    label = filters.CharFilter(help_text="Label of the step or cluster")
    state = filters.MultipleChoiceFilter(choices=JOB_STATES, help_text="Any of these states")
    site = filters.CharFilter(help_text="Name of the site it is at, or was at last")
    since = filters.IsoDateTimeFilter(help_text="Whose state has changed at this time or later")

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Return what is asked for."""
        rows = pick_jobs(queryset, self.asked)
        others = self.given("site", "since")
        if "site" in others:
            rows = rows.filter(site__name=others["site"])
        return rows.filter(state_at__gte=others["since"]) if "since" in others else rows


class InstanceFilter(_OfWorkflow):
    """`?campaign=night&exposure=7&detector=3`, or `?data_id=detector=3,exposure=7`."""

    step = filters.CharFilter(help_text="Label of the step definition")
    state = filters.MultipleChoiceFilter(choices=INSTANCE_STATES, help_text="Any of these states")
    exposure = WholeFilter(help_text="Exposure of the data ID")
    detector = WholeFilter(help_text="Detector of the data ID")
    data_id = DataIdFilter(help_text="The whole data ID, as in detector=3,exposure=7; in any order")
    job = WholeFilter(field_name="job_id", help_text="Id of the job")

    class Meta:
        model = StepInstance
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[StepInstance]) -> QuerySet[StepInstance]:
        """Return what is asked for."""
        image: dict[str, Any] = {name: int(value) for name, value in self.given("exposure", "detector").items()}
        wanted = self.given("data_id", "job")
        if "job" in wanted:
            queryset = queryset.filter(job_id=int(wanted["job"]))
        if "data_id" in wanted:
            parsed = ids.parse(wanted["data_id"])
            queryset = queryset.filter(data_id=wanted["data_id"])
            if isinstance(parsed.get("exposure"), int):
                image["exposure"] = parsed["exposure"]
        return pick_instances(queryset, self.asked, image)


class WorkflowFilter(filters.FilterSet):
    """`?campaign=night&open=true`."""

    campaign = filters.CharFilter(help_text="Name of the campaign")
    run = WholeFilter(help_text="Run of the campaign, from 1")
    payload = filters.CharFilter(help_text="Name of the payload")
    name = filters.CharFilter(help_text="Name of the workflow")
    open = filters.BooleanFilter(
        field_name="ended_at", lookup_expr="isnull", help_text="Whether anything of it is unfinished"
    )

    class Meta:
        model = Workflow
        fields: tuple[str, ...] = ()


class AttemptFilter(filters.FilterSet):
    """`?job=17`, `?token=…`, or the open ones of a site: `?site=local&open=true`."""

    job = WholeFilter(field_name="job_id", help_text="Id of the job")
    token = filters.CharFilter(help_text="Token, the attempt's name at the site")
    site = filters.CharFilter(field_name="site__name", help_text="Name of the site")
    open = filters.BooleanFilter(field_name="is_open", help_text="Whether it has not been settled yet")

    class Meta:
        model = Attempt
        fields: tuple[str, ...] = ()
