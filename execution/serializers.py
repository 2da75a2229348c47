"""What REST says of operational rows; translates and decides nothing."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from execution import queries
from execution.core.rollup import VERBS, WorkflowState
from execution.core.states import Wish
from execution.models import Attempt, Job, Node, Site, SoftwareVersion, StepInstance, Workflow

WORKFLOW_STATES = [(state.value, state.value) for state in WorkflowState]


class StateCountSerializer(serializers.Serializer[Any]):
    """How many jobs or step instances of a label are in a state."""

    kind = serializers.CharField(help_text="job or instance")
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.CharField()
    n = serializers.IntegerField()


class ReasonSerializer(serializers.Serializer[Any]):
    """One reason, and since when it has held."""

    text = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)


class WorkflowListSerializer(serializers.ListSerializer[Any]):
    """Rolls up the states of all its workflows at once."""

    def to_representation(self, data: Any) -> list[Any]:
        """Look up the counters of all, then say each."""
        rows = list(data.all() if hasattr(data, "all") else data)
        states = queries.states_of_workflows(rows)
        for row in rows:
            row.rolled_up = states[row.pk]
        return super().to_representation(rows)


class WorkflowSerializer(serializers.ModelSerializer[Workflow]):
    """A workflow with its rolled-up state and what may be done to it."""

    state = serializers.SerializerMethodField()
    verbs = serializers.SerializerMethodField(help_text="What its state allows")
    wish = serializers.ChoiceField(choices=[(wish.value, wish.value) for wish in Wish])
    blueprint = serializers.CharField(source="blueprint_id", help_text="Digest of what its workflows share")

    class Meta:
        model = Workflow
        list_serializer_class = WorkflowListSerializer
        fields: tuple[str, ...] = (
            "id", "name", "campaign", "run", "payload", "point", "program", "state", "verbs", "priority", "share",
            "wish", "wish_by", "wish_why", "wish_at", "stopped", "loading", "jobs", "instances", "blueprint",
            "created_at", "ended_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=WORKFLOW_STATES))
    def get_state(self, row: Workflow) -> str:
        """The rolled-up state."""
        return _state(row).value

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_verbs(self, row: Workflow) -> list[str]:
        """What its state allows."""
        return list(VERBS[_state(row)])


class WorkflowDetailSerializer(WorkflowSerializer):
    """The same with its counters."""

    counts = serializers.SerializerMethodField()

    class Meta(WorkflowSerializer.Meta):
        fields: tuple[str, ...] = (*WorkflowSerializer.Meta.fields, "counts")

    @extend_schema_field(StateCountSerializer(many=True))
    def get_counts(self, row: Workflow) -> Any:
        """Jobs and step instances by label and state."""
        found = queries.counts(queries.Target(row.campaign, workflow=row.name))
        return StateCountSerializer(found, many=True).data


def _state(row: Workflow) -> WorkflowState:
    """What a list looked up before, or one look-up."""
    known: WorkflowState | None = getattr(row, "rolled_up", None)
    return known if known is not None else queries.state_of_workflow(row)


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as a list shows it."""

    name = serializers.CharField(source="__str__", read_only=True)
    campaign = serializers.CharField(source="workflow.campaign")
    run = serializers.IntegerField(source="workflow.run")
    payload = serializers.CharField(source="workflow.payload")
    workflow = serializers.CharField(source="workflow.name")
    workflow_id = serializers.IntegerField()
    site = serializers.CharField(source="site.name", default=None, allow_null=True)

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "id", "name", "campaign", "run", "payload", "workflow", "workflow_id", "label", "state", "state_at", "site",
            "attempts", "instances", "parents_left", "doubt", "not_before", "memory_mb", "why",
        )  # fmt: skip


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One submission with its receipts."""

    site = serializers.CharField(source="site.name")
    evidence = serializers.JSONField(help_text="Commands, exit codes and what was said")

    class Meta:
        model = Attempt
        fields = (
            "id", "job", "number", "token", "site", "directory", "batch_id", "is_open", "word", "intended_at",
            "accepted_at", "seen_at", "unseen_at", "started_at", "ended_at", "collected_at", "verified_at", "outcome",
            "cause", "exit_code", "host", "message", "evidence",
        )  # fmt: skip


class StepInstanceSerializer(serializers.ModelSerializer[StepInstance]):
    """One step definition on one data ID."""

    campaign = serializers.CharField(source="workflow.campaign")
    run = serializers.IntegerField(source="workflow.run")
    payload = serializers.CharField(source="workflow.payload")
    workflow = serializers.CharField(source="workflow.name")

    class Meta:
        model = StepInstance
        fields = (
            "id", "campaign", "run", "payload", "workflow", "job", "step", "data_id", "exposure", "detector", "state",
        )  # fmt: skip


class JobDetailSerializer(JobSerializer):
    """The same with its attempts, the last first."""

    attempt_list = serializers.SerializerMethodField(help_text="Its attempts, the last one first")

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JobSerializer.Meta.fields, "attempt_list")

    @extend_schema_field(AttemptSerializer(many=True))
    def get_attempt_list(self, row: Job) -> Any:
        """Its attempts."""
        rows = Attempt.objects.filter(job=row).select_related("site").order_by("-number")
        return AttemptSerializer(rows, many=True).data


class NodeSerializer(serializers.ModelSerializer[Node]):
    """One machine of a site."""

    site = serializers.CharField(source="site.name")

    class Meta:
        model = Node
        fields = (
            "name", "site", "state", "cpus", "cpus_used", "memory_mb", "memory_used_mb", "load", "seen_at", "drained",
            "drained_why",
        )  # fmt: skip


class SiteSerializer(serializers.ModelSerializer[Site]):
    """A site: its document, and how it is."""

    site = serializers.CharField(source="name")
    jobs = serializers.SerializerMethodField(help_text="Jobs placed and at the site, by state")

    class Meta:
        model = Site
        fields = (
            "site", "driver", "transport", "workdir", "shared", "staging", "limits", "offers", "directives", "paused",
            "paused_why", "paused_by", "paused_at", "seen_at", "trouble", "trouble_at", "retry_at", "pace", "jobs",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_jobs(self, row: Site) -> dict[str, int]:
        """Looked up once for a whole list."""
        context = cast(dict[str, Any], self.context)
        if "loads" not in context:
            context["loads"] = queries.loads()
        return dict(context["loads"].get(row.pk, {}))


class SoftwareSerializer(serializers.ModelSerializer[SoftwareVersion]):
    """A software version: its document, and what identifies it."""

    software = serializers.CharField(source="name")

    class Meta:
        model = SoftwareVersion
        fields = ("software", "kind", "reference", "sites", "probe", "production", "digest", "created_at")


class OptionalReasonSerializer(serializers.Serializer[Any]):
    """The reason that goes with an act."""

    why = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class NeededReasonSerializer(serializers.Serializer[Any]):
    """An act that needs its reason."""

    why = serializers.CharField(max_length=300)


class WorkflowPrioritySerializer(serializers.Serializer[Any]):
    """Higher goes first."""

    priority = serializers.IntegerField(min_value=0, max_value=1_000_000)


class SiteDocumentSerializer(serializers.Serializer[Any]):
    """The site document; the site administrator's guide describes its parts."""

    site = serializers.CharField(max_length=80)
    driver = serializers.ChoiceField(choices=["local", "slurm", "htcondor", "gridengine", "pbs"])
    workdir = serializers.CharField(max_length=400)
    transport = serializers.DictField(required=False)
    shared = serializers.BooleanField(required=False)
    staging = serializers.DictField(required=False)
    limits = serializers.DictField(required=False)
    offers = serializers.DictField(required=False)
    directives = serializers.ListField(child=serializers.CharField(), required=False)


class SoftwareDocumentSerializer(serializers.Serializer[Any]):
    """The software document."""

    software = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=["venv", "eups", "container", "modules", "script"])
    reference = serializers.CharField(required=False, max_length=300)
    sites = serializers.DictField(child=serializers.DictField())
    probe = serializers.ListField(child=serializers.CharField(), required=False)
    production = serializers.BooleanField(required=False)


class SiteCheckSerializer(serializers.Serializer[Any]):
    """What one question put to a site's batch system gave."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    nodes = serializers.IntegerField()
    took_s = serializers.FloatField()
