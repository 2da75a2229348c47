"""The filters of the lists, the same parameters for pages and REST."""

from typing import Any

from django.db.models import Max, QuerySet
from django_filters import rest_framework as filters

from campaigns.core.states import State
from campaigns.models import Campaign, ConfigLayer, Payload, PipelineVersion
from campaigns.models.configuration import SCOPES

STATES = [(state.value, state.value) for state in State]


def by_pattern(rows: QuerySet[Any], field: str, pattern: str) -> QuerySet[Any]:
    """Rows whose field is like the pattern: `*` stands for anything; without one the text may stand anywhere."""
    parts = [part for part in pattern.split("*") if part]
    if "*" not in pattern:
        return rows.filter(**{f"{field}__icontains": pattern})
    for part in parts:
        rows = rows.filter(**{f"{field}__icontains": part})
    if parts and not pattern.startswith("*"):
        rows = rows.filter(**{f"{field}__istartswith": parts[0]})
    if parts and not pattern.endswith("*"):
        rows = rows.filter(**{f"{field}__iendswith": parts[-1]})
    return rows


class CampaignFilter(filters.FilterSet):
    """`?state=running&state=paused&program=main-survey&name=night-*`."""

    name = filters.CharFilter(method="like", help_text="A part of the name; `*` stands for anything")
    state = filters.MultipleChoiceFilter(choices=STATES, help_text="Any of these states")
    program = filters.CharFilter(help_text="Name of the program")
    owner = filters.CharFilter(field_name="owner__username", help_text="Name of the owner")
    parent = filters.CharFilter(field_name="parent__name", help_text="Name of the parent campaign")
    tag = filters.CharFilter(method="tagged", help_text="One of its tags")
    since = filters.IsoDateTimeFilter(
        field_name="state_at", lookup_expr="gte", help_text="Whose state has changed at this time or later"
    )

    class Meta:
        model = Campaign
        fields: tuple[str, ...] = ()

    def like(self, rows: QuerySet[Campaign], name: str, value: str) -> QuerySet[Campaign]:
        """Narrow by a pattern of the name."""
        return by_pattern(rows, name, value)

    def tagged(self, rows: QuerySet[Campaign], name: str, value: str) -> QuerySet[Campaign]:
        """Narrow to a tag; tags are plain words, so the quotes of the stored list mark their ends."""
        return rows.filter(tags__icontains=f'"{value}"')


class PayloadFilter(filters.FilterSet):
    """`?campaign=night-1`."""

    campaign = filters.CharFilter(field_name="campaign__name", help_text="Name of the campaign")
    name = filters.CharFilter(help_text="Name of the payload")

    class Meta:
        model = Payload
        fields: tuple[str, ...] = ()


class PipelineFilter(filters.FilterSet):
    """`?pipeline=calibration&version=3`."""

    pipeline = filters.CharFilter(field_name="pipeline__name", help_text="Name of the pipeline")
    version = filters.NumberFilter(help_text="Version", min_value=1)

    class Meta:
        model = PipelineVersion
        fields: tuple[str, ...] = ()


class LayerFilter(filters.FilterSet):
    """`?scope=site&target=local`; `newest=true` leaves the former versions out."""

    scope = filters.ChoiceFilter(choices=SCOPES, help_text="Scope of the layer")
    target = filters.CharFilter(help_text="Target of the layer: site, pipeline/step, …")
    newest = filters.BooleanFilter(method="only_newest", help_text="Only the versions that count now")

    class Meta:
        model = ConfigLayer
        fields: tuple[str, ...] = ()

    def only_newest(self, rows: QuerySet[ConfigLayer], name: str, value: bool) -> QuerySet[ConfigLayer]:
        """Narrow to the newest version of each layer."""
        return rows.filter(pk__in=newest_ids()) if value else rows


def newest_ids() -> QuerySet[ConfigLayer, Any]:
    """Keys of the versions that count now."""
    return ConfigLayer.objects.order_by().values("scope", "target").annotate(last=Max("id")).values("last")
