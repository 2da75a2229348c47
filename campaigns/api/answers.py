"""What the verbs of campaigns take and answer."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from campaigns.serializers import CampaignDetailSerializer, CountersField, PlainField, ProblemsField

MAX_WHY = 500
PRIORITY_RANGE = 1_000_000


class PerhapsWhySerializer(serializers.Serializer[Any]):
    """A reason that may be left out."""

    why = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_WHY, help_text="Reason")


class GroundsSerializer(serializers.Serializer[Any]):
    """A reason that has to be given."""

    why = serializers.CharField(max_length=MAX_WHY, help_text="Reason, kept with the event")


class NewPrioritySerializer(PerhapsWhySerializer):
    """A new priority."""

    priority = serializers.IntegerField(
        min_value=-PRIORITY_RANGE, max_value=PRIORITY_RANGE, help_text="Higher goes first"
    )


class CloneSerializer(PerhapsWhySerializer):
    """The name of the copy."""

    name = serializers.CharField(max_length=80)


class DoneSerializer(serializers.Serializer[Any]):
    """Which campaigns did what was asked, which were left alone in which state, and the campaign as it is now."""

    acted = serializers.ListField(child=serializers.CharField())
    left = serializers.DictField(child=serializers.CharField(), help_text="Campaign -> its state")
    campaign = CampaignDetailSerializer()


class CheckedSerializer(serializers.Serializer[Any]):
    """Nothing is wrong; `warnings` are worth a second look."""

    valid = serializers.BooleanField()
    problems = ProblemsField()
    warnings = ProblemsField()


class PreviewStepSerializer(serializers.Serializer[Any]):
    """One step; with `open` nothing of it is planned yet, with `measured` the hours come from earlier executions."""

    step = serializers.CharField()
    cluster = serializers.CharField()
    instances = serializers.IntegerField()
    jobs = serializers.IntegerField()
    core_hours = serializers.FloatField()
    measured = serializers.BooleanField()
    open = serializers.BooleanField()


class PreviewPayloadSerializer(serializers.Serializer[Any]):
    """One payload; `omissions` say which data IDs got no step instance and why."""

    payload = serializers.CharField()
    sites = serializers.ListField(child=serializers.CharField())
    instances = serializers.IntegerField()
    jobs = serializers.IntegerField()
    workflows = serializers.IntegerField()
    core_hours = serializers.FloatField()
    at_least = serializers.BooleanField()
    steps = PreviewStepSerializer(many=True)
    open_points = serializers.ListField(child=serializers.DictField())
    omissions = serializers.ListField(child=serializers.CharField())


class PreviewSerializer(serializers.Serializer[Any]):
    """What would run; `core_hours` is what is asked for, an upper bound."""

    campaign = serializers.CharField()
    instances = serializers.IntegerField()
    jobs = serializers.IntegerField()
    workflows = serializers.IntegerField()
    core_hours = serializers.FloatField()
    at_least = serializers.BooleanField()
    payloads = PreviewPayloadSerializer(many=True)
    warnings = ProblemsField()


class StepCountsSerializer(serializers.Serializer[Any]):
    """One step's instances by state; `planned` is null where that is not known yet."""

    payload = serializers.CharField()
    step = serializers.CharField()
    planned = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField()
    open = serializers.IntegerField()
    instances = CountersField()


class SubcampaignCountsSerializer(serializers.Serializer[Any]):
    """A subcampaign's step instances by state, with those of its own subcampaigns."""

    name = serializers.CharField()
    state = serializers.CharField()
    instances = CountersField()


class CountsSerializer(serializers.Serializer[Any]):
    """Steps by states and sums."""

    campaign = serializers.CharField()
    run = serializers.IntegerField()
    state = serializers.CharField()
    at_least = serializers.BooleanField()
    steps = StepCountsSerializer(many=True)
    jobs = CountersField()
    instances = CountersField()
    subcampaigns = SubcampaignCountsSerializer(many=True)
    with_subcampaigns = CountersField()


class ConfigSerializer(serializers.Serializer[Any]):
    """Resolved settings with their origins; `newer` are versions that came after the pinned ones."""

    campaign = serializers.CharField()
    run = serializers.IntegerField()
    pinned = serializers.BooleanField()
    at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField()
    revision = serializers.IntegerField()
    newer = serializers.ListField(child=serializers.DictField())
    layers = serializers.ListField(child=serializers.DictField())
    pipelines = PlainField()
    software = PlainField()
    tables = PlainField()
    payloads = PlainField()


class CampaignEventSerializer(serializers.Serializer[Any]):
    """One line of the ledger."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    sentence = serializers.CharField()
    actor = serializers.CharField()
    run = serializers.IntegerField()
    workflow = serializers.CharField()
    step = serializers.CharField()
    site = serializers.CharField()
    why = serializers.CharField()
    details = PlainField()


class DocumentOutcomeSerializer(serializers.Serializer[Any]):
    """What became of one document."""

    kind = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    outcome = serializers.CharField()


def why(request: Request) -> str:
    """The reason that came with a verb, "" when none did."""
    return str(_valid(PerhapsWhySerializer, request)["why"])


def needed_why(request: Request) -> str:
    """The reason that has to come with a verb."""
    return str(_valid(GroundsSerializer, request)["why"])


def priority(request: Request) -> tuple[int, str]:
    """The new priority, and the reason for it."""
    values = _valid(NewPrioritySerializer, request)
    return int(values["priority"]), str(values["why"])


def _valid(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
