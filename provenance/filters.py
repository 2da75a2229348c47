"""The filters of the ledger's lists, the same parameters for pages and REST."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from provenance import intern
from provenance.core.coverage import ImageOutcome
from provenance.core.data_id import parse, text_of
from provenance.core.deviations import DeviationKind
from provenance.core.events import EventKind, Severity
from provenance.core.facts import DatasetState, ExecutionKind, Outcome
from provenance.models import Dataset, DatasetType, Environment, Event, Execution, SubjectKind

_NONE: list[int] = []


def choices(words: Any) -> list[tuple[str, str]]:
    """Return the choices of an enumeration."""
    return [(word.value, word.value) for word in words]


DATASET_STATES = choices(DatasetState)
EVENT_KINDS = choices(EventKind)
EXECUTION_KINDS = choices(ExecutionKind)
OUTCOMES = choices(Outcome)
IMAGE_OUTCOMES = choices(ImageOutcome)
DEVIATION_KINDS = choices(DeviationKind)
SEVERITIES = choices(Severity)


@extend_schema_field(OpenApiTypes.INT64)
class WholeFilter(filters.NumberFilter):
    """A whole number that a database can hold."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=2**63 - 1, **kwargs)


class NamedFilter(filters.CharFilter):
    """The name of something that rows hold by number; looked up first, so that the index by number serves."""

    def __init__(self, kind: SubjectKind, **kwargs: Any) -> None:
        super().__init__(field_name=f"{kind.value.replace('-', '_')}_id", **kwargs)
        self.kind = kind

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Keep the rows of this name."""
        if not value:
            return qs
        found = list(intern.find_subjects([(self.kind, value)]).values())
        return qs.filter(**{f"{self.field_name}__in": found or _NONE})


class DataIdFilter(filters.CharFilter):
    """A whole data ID, its dimensions in any order."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Keep the rows of this data ID; ValidationError for a text that is none."""
        if not value:
            return qs
        try:
            text = text_of(parse(value))
        except ValueError as why:
            raise ValidationError({"data_id": str(why)}) from None
        if qs.model is Dataset:
            return qs.filter(data_id=text)
        return qs.filter(data_id_id__in=list(intern.find_subjects([(SubjectKind.DATA_ID, text)]).values()) or _NONE)


def _since() -> WholeFilter:
    text = "Only what came after this id, oldest first: to follow what is new"
    return WholeFilter(field_name="pk", lookup_expr="gt", help_text=text)


class DatasetFilter(filters.FilterSet):
    """`?type=raw&exposure=7`, `?campaign=night&state=published`."""

    type = filters.CharFilter(method="of_type", help_text="Name of the dataset type")
    campaign = NamedFilter(SubjectKind.CAMPAIGN, help_text="Name of the campaign that made it")
    run = WholeFilter(help_text="Run of the campaign, from 1")
    payload = NamedFilter(SubjectKind.PAYLOAD, help_text="Name of the payload")
    exposure = WholeFilter(help_text="Exposure of the data ID")
    detector = WholeFilter(help_text="Detector of the data ID")
    data_id = DataIdFilter(help_text="The whole data ID, as in detector=3,exposure=7; in any order")
    state = filters.ChoiceFilter(choices=DATASET_STATES, help_text="Where it is in its life")
    execution = WholeFilter(help_text="Id of the execution that made it")
    since = _since()

    class Meta:
        model = Dataset
        fields: tuple[str, ...] = ()

    def of_type(self, rows: QuerySet[Dataset], name: str, value: str) -> QuerySet[Dataset]:
        """Keep those of a type."""
        return rows.filter(
            type_id__in=list(DatasetType.objects.filter(name=value).values_list("pk", flat=True)) or _NONE
        )


class ExecutionFilter(filters.FilterSet):
    """`?campaign=night&step=isr&outcome=failed`, `?instance=17`."""

    campaign = NamedFilter(SubjectKind.CAMPAIGN, help_text="Name of the campaign")
    run = WholeFilter(help_text="Run of the campaign, from 1")
    payload = NamedFilter(SubjectKind.PAYLOAD, help_text="Name of the payload")
    workflow = NamedFilter(SubjectKind.WORKFLOW, help_text="Name of the workflow")
    step = NamedFilter(SubjectKind.STEP, help_text="Label of the step")
    site = NamedFilter(SubjectKind.SITE, help_text="Name of the site")
    host = NamedFilter(SubjectKind.HOST, help_text="Name of the machine")
    software = NamedFilter(SubjectKind.SOFTWARE, help_text="Name of the software version")
    data_id = DataIdFilter(help_text="The whole data ID, as in detector=3,exposure=7; in any order")
    kind = filters.ChoiceFilter(choices=EXECUTION_KINDS, help_text="A step instance or which framework step")
    outcome = filters.ChoiceFilter(choices=OUTCOMES, help_text="How it ended")
    cause = filters.CharFilter(help_text="Cause of the failure")
    final = filters.BooleanFilter(help_text="Whether it decides what became of its step instance")
    instance = WholeFilter(help_text="Id of the step instance")
    job = WholeFilter(help_text="Id of the job")
    token = filters.CharFilter(help_text="Token of the attempt")
    since = _since()

    class Meta:
        model = Execution
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        """Keep what is asked for; of a campaign only the ids between its first and last execution are looked at."""
        rows = super().filter_queryset(queryset)
        given = self.form.cleaned_data
        if not given.get("campaign"):
            return rows
        extent = intern.extent_of(given["campaign"], given.get("step") or "")
        if extent is None:
            return rows.none()
        return rows.filter(step_id__in=extent.steps, pk__gte=extent.low, pk__lte=extent.high)


class EventFilter(filters.FilterSet):
    """`?campaign=night&kind=campaign.paused`, `?since=1200`."""

    campaign = filters.CharFilter(help_text="Name of the campaign")
    kind = filters.MultipleChoiceFilter(choices=EVENT_KINDS, help_text="Any of these kinds")
    subject = filters.CharFilter(method="about", help_text="First word of the kind: campaign, site, job, …")
    actor = filters.CharFilter(help_text="Who did it")
    site = filters.CharFilter(help_text="Name of the site")
    since = _since()
    after = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", help_text="At this time or later")
    before = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", help_text="Before this time")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()

    def about(self, rows: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        """Keep those about a kind of subject."""
        return rows.filter(kind__in=[kind.value for kind in EventKind if kind.value.partition(".")[0] == value])


class EnvironmentFilter(filters.FilterSet):
    """`?variable=PATH`."""

    variable = filters.CharFilter(
        field_name="variables", lookup_expr="has_key", help_text="Those that set this variable"
    )

    class Meta:
        model = Environment
        fields: tuple[str, ...] = ()
