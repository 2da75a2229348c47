"""What REST says of the ledger; translates and decides nothing."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from provenance.core.data_id import read
from provenance.core.facts import FileFact
from provenance.filters import DATASET_STATES, EVENT_KINDS, EXECUTION_KINDS, OUTCOMES, SEVERITIES
from provenance.models import Dataset, DatasetType, Environment, Event, Execution


@extend_schema_field({"type": "object", "additionalProperties": {"oneOf": [{"type": "integer"}, {"type": "string"}]}})
class DataIdField(serializers.Field[Any, Any, Any, Any]):
    """A data ID as a mapping; kept and looked up by its canonical text."""

    def to_representation(self, value: str) -> dict[str, Any]:
        """Return the mapping of a canonical text."""
        return read(value)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Take a mapping; what is in it is judged by the ledger."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("a data ID is a mapping from dimension to value")
        return dict(data)


class DatasetTypeSerializer(serializers.ModelSerializer[DatasetType]):
    """A named kind of data."""

    dimensions = serializers.ListField(child=serializers.CharField())
    metadata = serializers.ListField(child=serializers.CharField())
    check = serializers.CharField(source="checked_by")

    class Meta:
        model = DatasetType
        fields = ("id", "name", "dimensions", "format", "metadata", "check")


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    """A dataset; `campaign` and `payload` are null for a registered file."""

    type = serializers.CharField(source="type_name")
    campaign = serializers.CharField(source="campaign_name", allow_null=True)
    payload = serializers.CharField(source="payload_name", allow_null=True)
    data_id = DataIdField()
    metadata = serializers.DictField()
    state = serializers.ChoiceField(choices=DATASET_STATES)

    class Meta:
        model = Dataset
        fields = (
            "id", "type", "data_id", "campaign", "run", "payload", "state", "path", "size_bytes", "sha256", "metadata",
            "execution", "created_at",
        )  # fmt: skip


class GenerationSerializer(serializers.Serializer[Any]):
    """One step away from a dataset."""

    executions = serializers.ListField(child=serializers.IntegerField())
    datasets = serializers.ListField(child=serializers.IntegerField())
    cut = serializers.BooleanField(help_text="There are more than are listed")


class LineageSerializer(serializers.Serializer[Any]):
    """Ancestors and descendants of a dataset, nearest first, by ids."""

    dataset = serializers.IntegerField()
    ancestors = GenerationSerializer(many=True, help_text="Executions that made them, and what those read")
    descendants = GenerationSerializer(many=True, help_text="Executions that read them, and what those made")


class FileSerializer(serializers.Serializer[Any]):
    """A file to register, in the words of the dataset document."""

    type = serializers.CharField(max_length=128, help_text="Name of the dataset type")
    dataId = DataIdField(help_text="Dimension -> value")
    path = serializers.CharField(max_length=1000, help_text="Absolute, or relative to the backbone")
    sizeBytes = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**63 - 1)
    sha256 = serializers.CharField(required=False, allow_blank=True, max_length=64)
    metadata = serializers.DictField(required=False)


def as_fact(data: Mapping[str, Any]) -> FileFact:
    """Return a validated document as the ledger takes it."""
    return FileFact(
        data["type"],
        data["dataId"],
        data["path"],
        data.get("sizeBytes"),
        data.get("sha256", ""),
        data.get("metadata", {}),
    )


class RegisteredSerializer(serializers.Serializer[Any]):
    """The ids of what was registered, in the order sent."""

    count = serializers.IntegerField()
    datasets = serializers.ListField(child=serializers.IntegerField())


class StreamSerializer(serializers.Serializer[Any]):
    """A part of the log bundle."""

    offset = serializers.IntegerField()
    size = serializers.IntegerField()


class ExecutionSerializer(serializers.ModelSerializer[Execution]):
    """A step instance or framework step in one attempt."""

    kind = serializers.ChoiceField(choices=EXECUTION_KINDS)
    campaign = serializers.CharField(source="campaign_name")
    payload = serializers.CharField(source="payload_name")
    workflow = serializers.CharField(source="workflow_name")
    step = serializers.CharField(source="step_name")
    data_id = DataIdField(source="data_id_name")
    site = serializers.CharField(source="site_name")
    host = serializers.CharField(source="host_name")
    software = serializers.CharField(source="software_name")
    version = serializers.CharField(source="version_name")
    environment = serializers.CharField(source="environment_digest", allow_null=True, help_text="Digest")
    recipe = serializers.CharField(source="recipe_digest", allow_null=True, help_text="Digest of what was to be done")
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    log = serializers.CharField(source="log_path", allow_null=True, help_text="Path of the attempt's log bundle")

    class Meta:
        model = Execution
        fields = (
            "id", "kind", "campaign", "run", "payload", "workflow", "job", "instance", "step", "data_id", "attempt",
            "final", "outcome", "cause", "message", "exit_code", "signal", "site", "host", "software", "version",
            "environment", "recipe", "started_at", "ended_at", "wall_s", "cpu_s", "memory_mb", "read_bytes",
            "write_bytes", "inputs", "missing_inputs", "unknown_inputs", "outputs", "token", "log", "stdout_offset",
            "stdout_bytes", "stderr_offset", "stderr_bytes",
        )  # fmt: skip


class ExecutionDetailSerializer(ExecutionSerializer):
    """The same with what it read and made, and in which environment."""

    read = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of the datasets it read")
    made = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of the datasets it made")
    variables = serializers.DictField(child=serializers.CharField(), help_text="Recorded variables of its environment")
    recipe_body = serializers.DictField(help_text="Definition, result settings and software of the step")

    class Meta(ExecutionSerializer.Meta):
        fields = (*ExecutionSerializer.Meta.fields, "read", "made", "variables", "recipe_body")  # type: ignore[assignment]


class EnvironmentSerializer(serializers.ModelSerializer[Environment]):
    """Recorded variables of a job's environment, kept once."""

    variables = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Environment
        fields = ("id", "digest", "variables")


class EventSerializer(serializers.ModelSerializer[Event]):
    """One line of the ledger."""

    kind = serializers.ChoiceField(choices=EVENT_KINDS)
    severity = serializers.ChoiceField(choices=SEVERITIES)
    sentence = serializers.CharField(help_text="What happened, in words")
    details = serializers.DictField()

    class Meta:
        model = Event
        fields = (
            "id", "at", "kind", "severity", "sentence", "actor", "campaign", "run", "workflow", "job", "step", "site",
            "data_id", "why", "details", "request_id",
        )  # fmt: skip
