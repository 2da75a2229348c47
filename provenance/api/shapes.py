"""The shapes of the reports in the schema; the reports make their own plain data."""

from typing import Any

from rest_framework import serializers

from provenance.filters import DEVIATION_KINDS, EXECUTION_KINDS, IMAGE_OUTCOMES


class SpreadSerializer(serializers.Serializer[Any]):
    """Of the instances that succeeded."""

    median = serializers.FloatField(allow_null=True, help_text="To 2.5 %")
    p95 = serializers.FloatField(allow_null=True, help_text="To 2.5 %")
    maximum = serializers.FloatField(allow_null=True)


class DeviationSerializer(serializers.Serializer[Any]):
    """In what a step is not as it should be."""

    kind = serializers.ChoiceField(choices=DEVIATION_KINDS)
    text = serializers.CharField()


class SlowSerializer(serializers.Serializer[Any]):
    """An instance that took more than five medians."""

    wall_s = serializers.FloatField()
    execution = serializers.IntegerField()
    data_id = serializers.CharField()
    site = serializers.CharField()


class StepLineSerializer(serializers.Serializer[Any]):
    """One step of one payload in one run."""

    run = serializers.IntegerField()
    payload = serializers.CharField()
    kind = serializers.ChoiceField(choices=EXECUTION_KINDS)
    step = serializers.CharField()
    planned = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    pruned = serializers.IntegerField()
    waiting = serializers.IntegerField()
    executions = serializers.IntegerField()
    retries = serializers.IntegerField()
    wall_h = serializers.FloatField()
    cpu_h = serializers.FloatField()
    wasted_h = serializers.FloatField(help_text="Spent on attempts that did not succeed")
    read_bytes = serializers.IntegerField()
    write_bytes = serializers.IntegerField()
    wall_s = SpreadSerializer()
    cpu_s = SpreadSerializer()
    memory_mb = SpreadSerializer()
    causes = serializers.DictField(child=serializers.IntegerField())
    deviations = DeviationSerializer(many=True)
    slow = SlowSerializer(many=True)


class SoftwareFoundSerializer(serializers.Serializer[Any]):
    """A software version as it was found at run time."""

    name = serializers.CharField()
    version = serializers.CharField()


class SummarySerializer(serializers.Serializer[Any]):
    """What came of a campaign."""

    campaign = serializers.CharField()
    state = serializers.CharField()
    runs = serializers.ListField(child=serializers.IntegerField())
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    steps = StepLineSerializer(many=True)
    framework = StepLineSerializer(many=True)
    totals = serializers.DictField(child=serializers.FloatField())
    sites = serializers.DictField(child=serializers.DictField(child=serializers.FloatField()))
    software = SoftwareFoundSerializer(many=True)
    datasets = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))


class DifferenceSerializer(serializers.Serializer[Any]):
    """One setting that differs; null on a side that does not have it."""

    path = serializers.CharField()
    left = serializers.JSONField(allow_null=True)
    right = serializers.JSONField(allow_null=True)


class InputCountSerializer(serializers.Serializer[Any]):
    """Datasets from outside that were read."""

    type = serializers.CharField()
    both = serializers.IntegerField()
    only_left = serializers.IntegerField()
    only_right = serializers.IntegerField()


class OutputCountSerializer(serializers.Serializer[Any]):
    """Datasets that were made, by checksum."""

    type = serializers.CharField()
    same = serializers.IntegerField()
    different = serializers.IntegerField()
    only_left = serializers.IntegerField()
    only_right = serializers.IntegerField()


class StepFiguresSerializer(serializers.Serializer[Any]):
    """One step in one of the campaigns."""

    planned = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    retries = serializers.IntegerField()
    wall_s_median = serializers.FloatField(allow_null=True)
    wall_s_p95 = serializers.FloatField(allow_null=True)
    memory_mb_median = serializers.FloatField(allow_null=True)
    wall_h = serializers.FloatField()
    cpu_h = serializers.FloatField()
    software = serializers.ListField(child=serializers.CharField())


class StepPairSerializer(serializers.Serializer[Any]):
    """One step in both; null where a campaign does not have it."""

    payload = serializers.CharField()
    step = serializers.CharField()
    left = StepFiguresSerializer(allow_null=True)
    right = StepFiguresSerializer(allow_null=True)
    wall_ratio = serializers.FloatField(allow_null=True, help_text="Right ÷ left")
    memory_ratio = serializers.FloatField(allow_null=True, help_text="Right ÷ left")


class ComparisonSerializer(serializers.Serializer[Any]):
    """Two campaigns side by side."""

    left = serializers.CharField()
    right = serializers.CharField()
    configuration = DifferenceSerializer(many=True)
    software = DifferenceSerializer(many=True)
    inputs = InputCountSerializer(many=True)
    steps = StepPairSerializer(many=True)
    outputs = OutputCountSerializer(many=True)
    same_outputs = serializers.BooleanField()


class ImageLineSerializer(serializers.Serializer[Any]):
    """An image in a campaign, all its runs together."""

    campaign = serializers.CharField()
    runs = serializers.ListField(child=serializers.IntegerField())
    exposure = serializers.IntegerField()
    detector = serializers.IntegerField(allow_null=True, help_text="null: the exposure as a whole")
    planned = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    pruned = serializers.IntegerField()
    skipped = serializers.IntegerField()
    used = serializers.IntegerField(help_text="Executions about no single exposure that read it")
    outcome = serializers.ChoiceField(choices=IMAGE_OUTCOMES)


class CoverageSerializer(serializers.Serializer[Any]):
    """The images of a campaign, or what campaigns made of an image (then without `campaign` and `outcomes`)."""

    campaign = serializers.CharField(allow_null=True)
    outcomes = serializers.DictField(child=serializers.IntegerField(), help_text="Images by outcome")
    images = ImageLineSerializer(many=True)
    after = serializers.CharField(allow_null=True, help_text="Where the next page begins")
