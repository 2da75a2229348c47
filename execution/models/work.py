"""What runs: workflows of jobs of step instances, their attempts, and the counters that move with the states."""

from django.db import models
from django.db.models import Q

from execution.core.states import AT_SITE, InstanceState, JobState, Wish
from execution.models.places import Site

JOB_STATES = [(s.value, s.value) for s in JobState]
INSTANCE_STATES = [(s.value, s.value) for s in InstanceState]


class IdRange(models.Model):
    """Where the next block of ids begins: rows loaded in bulk get theirs here, so that edges can be written
    beside them.
    """

    name = models.CharField(max_length=40, primary_key=True)
    next = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.name} {self.next}"


class StoredBlueprint(models.Model):
    """What the workflows of one planned payload share (`core.workflow.Blueprint`), compressed, kept once by
    its hash.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()

    def __str__(self) -> str:
        return self.digest[:12]


class Workflow(models.Model):
    """The jobs of a payload, or a part of them. Its state is rolled up from wish and counters, never stored."""

    name = models.CharField(max_length=300, unique=True)
    campaign = models.CharField(max_length=80)
    run = models.IntegerField(default=1)
    payload = models.CharField(max_length=80)
    point = models.CharField(max_length=80, blank=True, default="", help_text="Discovering step below which this lies")
    program = models.CharField(max_length=80, blank=True, default="")
    blueprint = models.ForeignKey(StoredBlueprint, on_delete=models.PROTECT)
    priority = models.IntegerField(default=0)
    share = models.FloatField(default=1.0)
    wish = models.CharField(max_length=10, default=Wish.RUN, choices=[(w.value, w.value) for w in Wish])
    wish_by = models.CharField(max_length=150, blank=True, default="")
    wish_why = models.CharField(max_length=500, blank=True, default="")
    wish_at = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=500, blank=True, default="", help_text="Why the failure policy ended it")
    first_number = models.IntegerField(default=0, help_text="Plan number of its first job")
    first_job = models.BigIntegerField(default=0, help_text="Id of its first job; the others follow without gaps")
    loading = models.BooleanField(default=True, help_text="Not complete yet; none of its jobs may start")
    jobs = models.IntegerField(default=0)
    instances = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=("campaign", "run", "payload"), name="workflow_of_payload"),
            models.Index(fields=("priority",), name="workflow_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """What a batch system receives. Ids come from an IdRange; `parents_left` counts the parents that have not
    finished.
    """

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    number = models.IntegerField()
    label = models.CharField(max_length=80)
    rank = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=JOB_STATES, default=JobState.WAITING)
    state_at = models.DateTimeField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    parents_left = models.IntegerField(default=0)
    doubt = models.BooleanField(default=False, help_text="Some parent did not make all it should: look at the inputs")
    counted = models.BooleanField(default=False, help_text="Its children were told that it finished")
    attempts = models.SmallIntegerField(default=0)
    payload_failures = models.SmallIntegerField(default=0)
    memory_mb = models.IntegerField(null=True, help_text="Raised by retries after running out of memory")
    avoid = models.JSONField(default=list, help_text="Sites and nodes that failed it")
    not_before = models.DateTimeField(null=True)
    why = models.CharField(max_length=300, blank=True, default="", help_text="What its last move was for")
    instances = models.IntegerField(default=0)
    chunk = models.IntegerField(help_text="JobChunk.number in its workflow")
    place = models.IntegerField(help_text="Position within the chunk")

    class Meta:
        indexes = [
            models.Index(fields=("workflow", "label", "state"), name="job_by_state"),
            models.Index(fields=("workflow", "rank"), name="job_to_place", condition=Q(state="ready", site=None)),
            models.Index(
                fields=("site", "state"),
                name="job_at_site",
                condition=Q(site__isnull=False) & Q(state__in=[JobState.READY.value, *(s.value for s in AT_SITE)]),
            ),
            models.Index(fields=("workflow",), name="job_to_release", condition=Q(state="waiting", parents_left=0)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in JobState]), name="job_state_known"),
            models.CheckConstraint(condition=Q(parents_left__gte=0), name="job_parents_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.label}/{self.number:06d}"


class Edge(models.Model):
    """The child waits for the parent to finish."""

    parent = models.BigIntegerField()
    child = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=("parent",), name="edge_down"), models.Index(fields=("child",), name="edge_up")]

    def __str__(self) -> str:
        return f"{self.parent} -> {self.child}"


class JobChunk(models.Model):
    """Specifications of some thousand jobs, compressed: read when they are dispatched or when something failed."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    number = models.IntegerField()
    body = models.BinaryField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("workflow", "number"), name="chunk_once")]

    def __str__(self) -> str:
        return f"{self.workflow_id}/{self.number}"


class StepInstance(models.Model):
    """One step definition on one data ID. Ids come from an IdRange."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+", db_index=False)
    step = models.CharField(max_length=80)
    data_id = models.CharField(max_length=300)
    exposure = models.BigIntegerField(null=True)
    detector = models.IntegerField(null=True)
    state = models.CharField(max_length=12, choices=INSTANCE_STATES, default=InstanceState.WAITING)

    class Meta:
        indexes = [
            models.Index(fields=("workflow", "step", "state"), name="instance_by_state"),
            models.Index(
                fields=("exposure", "detector"), name="instance_of_image", condition=Q(exposure__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in InstanceState]), name="instance_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.data_id}"


class Attempt(models.Model):
    """One submission of a job: opened once, closed once; its receipts say what is known and since when."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    number = models.SmallIntegerField()
    token = models.CharField(max_length=40, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    directory = models.CharField(max_length=500)
    batch_id = models.CharField(max_length=100, blank=True, default="")
    is_open = models.BooleanField(default=True)
    word = models.CharField(max_length=60, blank=True, default="", help_text="The batch system's own last word")
    intended_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    unseen_at = models.DateTimeField(null=True, help_text="Since when no listing shows it")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True, default="")
    cause = models.CharField(max_length=30, blank=True, default="")
    exit_code = models.IntegerField(null=True)
    host = models.CharField(max_length=200, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    evidence = models.JSONField(default=dict, help_text="Commands, exit codes and what was said")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("job", "number"), name="attempt_numbered"),
            models.UniqueConstraint(fields=("job",), name="attempt_open_once", condition=Q(is_open=True)),
        ]
        indexes = [models.Index(fields=("site",), name="attempt_open_at_site", condition=Q(is_open=True))]

    def __str__(self) -> str:
        return self.token


class Tally(models.Model):
    """How many jobs or step instances of one label are in one state; moved in the transaction that moves the states."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=[("job", "job"), ("instance", "instance")])
    label = models.CharField(max_length=80)
    state = models.CharField(max_length=12)
    n = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("workflow", "kind", "label", "state"), name="tally_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.label} {self.state}: {self.n}"


class OpenPoint(models.Model):
    """A discovering step: what lies below it is generated once its upstream has finished (LDM-636 0011)."""

    campaign = models.CharField(max_length=80)
    run = models.IntegerField()
    payload = models.CharField(max_length=80)
    step = models.CharField(max_length=80)
    waits_for = models.JSONField(default=list, help_text="Labels of the steps that must have finished")
    open = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("campaign", "run", "payload", "step"), name="open_point_once")]

    def __str__(self) -> str:
        return f"{self.campaign}/{self.payload}: below {self.step}"
