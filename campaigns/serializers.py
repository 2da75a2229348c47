"""What REST says of campaigns and what they are made of; translates and decides nothing."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns import moves, standing
from campaigns.core.states import State
from campaigns.models import Campaign, ConfigLayer, Payload, PipelineVersion
from campaigns.models.campaign import WISHES
from execution.core.states import InstanceState, JobState

STATES = [(state.value, state.value) for state in State]
COUNTERS = {"type": "object", "additionalProperties": {"type": "integer"}}
PLAIN = {"type": "object", "additionalProperties": {}}


@extend_schema_field(COUNTERS)
class CountersField(serializers.DictField):
    """State -> number."""


@extend_schema_field(PLAIN)
class PlainField(serializers.JSONField):
    """Any JSON object."""


class ProblemsField(serializers.ListField):
    """Problems with path, layer, line and message."""

    child = serializers.DictField()


class CampaignListSerializer(serializers.ListSerializer[Any]):
    """Looks up the counters of all its campaigns at once."""

    def to_representation(self, data: Any) -> list[Any]:
        """Say each, once all counters are there."""
        rows = list(data.all() if hasattr(data, "all") else data)
        add_counters(rows)
        return super().to_representation(rows)


def add_counters(rows: list[Campaign]) -> None:
    """Give every campaign its counters, in a number of statements that depends on nothing."""
    parts, families = standing.progress_of(rows), standing.families(rows)
    for row in rows:
        row.whole = standing.sum_up(parts[row.pk], {})  # type: ignore[attr-defined]
        row.family_instances = families[row.pk]  # type: ignore[attr-defined]


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """A campaign as lists show it; `instances` are its own, `with_subcampaigns` those of all below it too."""

    state = serializers.ChoiceField(choices=STATES)
    wish = serializers.ChoiceField(choices=WISHES)
    owner = serializers.CharField(source="owner.username")
    parent = serializers.CharField(source="parent.name", default=None, allow_null=True)  # type: ignore[assignment]
    tags = serializers.ListField(child=serializers.CharField())
    jobs = serializers.SerializerMethodField()
    instances = serializers.SerializerMethodField()
    with_subcampaigns = serializers.SerializerMethodField()
    at_least = serializers.SerializerMethodField(help_text="More will follow at points that are still open")
    verbs = serializers.SerializerMethodField(help_text="What its state allows")

    class Meta:
        model = Campaign
        list_serializer_class = CampaignListSerializer
        fields: tuple[str, ...] = (
            "name", "program", "description", "state", "state_at", "run", "priority", "share", "deadline", "owner",
            "parent", "tags", "wish", "wish_by", "wish_why", "wish_at", "created_at", "submitted_at", "submitted_by",
            "planned_at", "ended_at", "verbs", "jobs", "instances", "with_subcampaigns", "at_least",
        )  # fmt: skip

    @extend_schema_field(COUNTERS)
    def get_jobs(self, row: Campaign) -> dict[str, int]:
        """Its jobs by state."""
        return standing.in_order(_whole(row).jobs, JobState)

    @extend_schema_field(COUNTERS)
    def get_instances(self, row: Campaign) -> dict[str, int]:
        """Its step instances by state."""
        return standing.in_order(_whole(row).instances, InstanceState)

    @extend_schema_field(COUNTERS)
    def get_with_subcampaigns(self, row: Campaign) -> dict[str, int]:
        """Step instances by state, of its subcampaigns too."""
        _whole(row)
        return standing.in_order(row.family_instances, InstanceState)  # type: ignore[attr-defined]

    def get_at_least(self, row: Campaign) -> bool:
        """Whether the counts will grow."""
        return standing.will_grow(row, _whole(row))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_verbs(self, row: Campaign) -> list[str]:
        """What its state allows."""
        return list(moves.legal(row.state))


class PayloadSerializer(serializers.ModelSerializer[Payload]):
    """A payload with its rolled-up state; its `id` is `campaign:payload`."""

    id = serializers.SerializerMethodField()
    campaign = serializers.CharField(source="campaign.name")
    state = serializers.SerializerMethodField()
    wish = serializers.ChoiceField(choices=WISHES)
    priority = serializers.SerializerMethodField(help_text="Its own, or its campaign's")
    jobs = serializers.SerializerMethodField()
    instances = serializers.SerializerMethodField()
    at_least = serializers.SerializerMethodField()
    waiting_for = serializers.SerializerMethodField(help_text="Discovering steps whose lower part is still open")
    stopped = serializers.SerializerMethodField(help_text="Why the failure policy ended workflows of it")
    planned = PlainField()
    verbs = serializers.SerializerMethodField(help_text="What its state allows")

    class Meta:
        model = Payload
        fields = (
            "id", "campaign", "name", "position", "state", "priority", "wish", "wish_by", "wish_why", "wish_at", "jobs",
            "instances", "at_least", "waiting_for", "stopped", "planned", "ended_at", "verbs",
        )  # fmt: skip

    @classmethod
    def many_of(cls, rows: list[Payload]) -> list[dict[str, Any]]:
        """Say many, their counters looked up at once."""
        add_standings(rows)
        return [dict(cls(row).data) for row in rows]

    def get_id(self, row: Payload) -> str:
        """The key under which REST knows it."""
        return str(row)

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, row: Payload) -> str:
        """The rolled-up state."""
        return _standing(row).state.value

    def get_priority(self, row: Payload) -> int:
        """The one that holds."""
        return row.campaign.priority if row.priority is None else row.priority

    @extend_schema_field(COUNTERS)
    def get_jobs(self, row: Payload) -> dict[str, int]:
        """Jobs by state."""
        return standing.in_order(_standing(row).jobs, JobState)

    @extend_schema_field(COUNTERS)
    def get_instances(self, row: Payload) -> dict[str, int]:
        """Step instances by state."""
        return standing.in_order(_standing(row).instances, InstanceState)

    def get_at_least(self, row: Payload) -> bool:
        """Whether the counts will grow."""
        return _standing(row).at_least

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_waiting_for(self, row: Payload) -> list[str]:
        """Open points."""
        return list(_standing(row).waiting_for)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_stopped(self, row: Payload) -> list[str]:
        """The policy's words."""
        return list(_standing(row).stopped)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_verbs(self, row: Payload) -> list[str]:
        """What its state allows."""
        return list(_standing(row).legal)


class CampaignDetailSerializer(CampaignSerializer):
    """The same with its payloads, subcampaigns, problems, and the document as it was written."""

    payloads = serializers.SerializerMethodField()
    subcampaigns = serializers.SerializerMethodField()
    problems = ProblemsField()
    warnings = ProblemsField()
    timings = PlainField()
    document = serializers.CharField(source="revision.text", default="")
    revision = serializers.IntegerField(source="revision.number", default=0)

    class Meta(CampaignSerializer.Meta):
        fields: tuple[str, ...] = (
            *CampaignSerializer.Meta.fields, "payloads", "subcampaigns", "problems", "warnings", "timings", "revision",
            "document",
        )  # fmt: skip

    @extend_schema_field(PayloadSerializer(many=True))
    def get_payloads(self, row: Campaign) -> list[dict[str, Any]]:
        """Its payloads in order."""
        return PayloadSerializer.many_of(list(row.payloads.select_related("campaign")))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_subcampaigns(self, row: Campaign) -> list[str]:
        """Names of the campaigns whose parent it is."""
        return list(row.children.order_by("pk").values_list("name", flat=True))


class PipelineVersionSerializer(serializers.ModelSerializer[PipelineVersion]):
    """One version of a pipeline."""

    id = serializers.SerializerMethodField(help_text="`name:version`")
    pipeline = serializers.CharField(source="pipeline.name")
    document = PlainField()

    class Meta:
        model = PipelineVersion
        fields = ("id", "pipeline", "version", "digest", "author", "at", "reason", "document", "text")

    def get_id(self, row: PipelineVersion) -> str:
        """The key under which REST knows it."""
        return f"{row.pipeline.name}:{row.version}"


class ConfigLayerSerializer(serializers.ModelSerializer[ConfigLayer]):
    """One version of one configuration layer."""

    values = PlainField()

    class Meta:
        model = ConfigLayer
        fields = ("id", "scope", "target", "version", "values", "author", "at", "reason")


def add_standings(rows: list[Payload]) -> None:
    """Give every payload its standing, the progress of all their campaigns looked up at once."""
    campaigns = {row.campaign_id: row.campaign for row in rows}
    parts = standing.progress_of(campaigns.values())
    for row in rows:
        row.standing = standing.of_payloads(row.campaign, [row], parts[row.campaign_id])[0]  # type: ignore[attr-defined]


def _whole(row: Campaign) -> standing.Whole:
    if not hasattr(row, "whole"):
        add_counters([row])
    found: standing.Whole = row.whole  # type: ignore[attr-defined]
    return found


def _standing(row: Payload) -> standing.PayloadStanding:
    if not hasattr(row, "standing"):
        add_standings([row])
    found: standing.PayloadStanding = row.standing  # type: ignore[attr-defined]
    return found
