"""The closed list of what the ledger records: each kind of event with its severity and its sentence for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much an event should catch the eye."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


class EventKind(StrEnum):
    """Subject and verb of an event."""

    CAMPAIGN_CREATED = "campaign.created"
    CAMPAIGN_REVISED = "campaign.revised"
    CAMPAIGN_CLONED = "campaign.cloned"
    CAMPAIGN_READY = "campaign.ready"
    CAMPAIGN_DRAFTED = "campaign.drafted"
    CAMPAIGN_SUBMITTED = "campaign.submitted"
    CAMPAIGN_REFUSED = "campaign.refused"
    CAMPAIGN_PLANNED = "campaign.planned"
    CAMPAIGN_STARTED = "campaign.started"
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_RESUMED = "campaign.resumed"
    CAMPAIGN_TERMINATED = "campaign.terminated"
    CAMPAIGN_RESTARTED = "campaign.restarted"
    CAMPAIGN_RERUN = "campaign.rerun"
    CAMPAIGN_SUCCEEDED = "campaign.succeeded"
    CAMPAIGN_FAILED = "campaign.failed"
    CAMPAIGN_ARCHIVED = "campaign.archived"
    CAMPAIGN_PRIORITISED = "campaign.prioritised"
    CAMPAIGN_ANNOTATED = "campaign.annotated"
    CAMPAIGN_LATE = "campaign.late"
    CAMPAIGN_RESOURCES = "campaign.resources-changed"
    PAYLOAD_PLANNED = "payload.planned"
    PAYLOAD_PAUSED = "payload.paused"
    PAYLOAD_RESUMED = "payload.resumed"
    PAYLOAD_TERMINATED = "payload.terminated"
    PAYLOAD_PRIORITISED = "payload.prioritised"
    PAYLOAD_RESTARTED = "payload.restarted"
    PAYLOAD_SUCCEEDED = "payload.succeeded"
    PAYLOAD_FAILED = "payload.failed"
    WORKFLOW_LOADED = "workflow.loaded"
    WORKFLOW_EXTENDED = "workflow.extended"
    WORKFLOW_STOPPED = "workflow.stopped"
    WORKFLOW_PAUSED = "workflow.paused"
    WORKFLOW_RESUMED = "workflow.resumed"
    WORKFLOW_TERMINATED = "workflow.terminated"
    WORKFLOW_PRIORITISED = "workflow.prioritised"
    WORKFLOW_RETARGETED = "workflow.retargeted"
    WORKFLOW_SUCCEEDED = "workflow.succeeded"
    WORKFLOW_FAILED = "workflow.failed"
    JOB_RETRIED = "job.retried"
    JOB_ACCEPTED = "job.accepted"
    JOB_REJECTED = "job.rejected"
    JOB_CANCELLED = "job.cancelled"
    JOB_RECOVERED = "job.recovered"
    JOB_LOST = "job.lost"
    JOB_FAILED = "job.failed"
    JOB_SLOW = "job.slow"
    STEP_TOLERANCE = "step.tolerance-exceeded"
    STEP_BREAKPOINT = "step.breakpoint-reached"
    SITE_CREATED = "site.created"
    SITE_CHANGED = "site.changed"
    SITE_CHECKED = "site.checked"
    SITE_PAUSED = "site.paused"
    SITE_RESUMED = "site.resumed"
    SITE_DARK = "site.dark"
    SITE_BACK = "site.back"
    NODE_SUSPECTED = "node.suspected"
    NODE_CLEARED = "node.cleared"
    NODE_DRAINED = "node.drained"
    NODE_RESUMED = "node.resumed"
    SOFTWARE_CREATED = "software.created"
    SOFTWARE_CHANGED = "software.changed"
    CONFIG_CHANGED = "config.changed"
    PIPELINE_CREATED = "pipeline.created"
    DATASET_REGISTERED = "dataset.registered"
    DATASET_REMOVED = "dataset.removed"
    DATASET_QUARANTINED = "dataset.quarantined"
    DATASET_UNEXPECTED = "dataset.unexpected"
    NOTICE_SENT = "notice.sent"
    NOTICE_FAILED = "notice.failed"
    ADMIN_FIXED = "admin.fixed"
    USER_ROLE = "user.role-changed"
    USER_TOKEN = "user.token-created"  # noqa: S105 - the name of an event
    USER_TOKEN_REVOKED = "user.token-revoked"  # noqa: S105 - the name of an event


@dataclass(frozen=True, slots=True)
class Meaning:
    """What people are told: the sentence is filled with the event's own fields and its details."""

    severity: Severity
    sentence: str


INFO, GOOD, WARN, BAD = Severity.INFO, Severity.SUCCESS, Severity.WARNING, Severity.ERROR
K = EventKind

MEANINGS: dict[EventKind, Meaning] = {
    K.CAMPAIGN_CREATED: Meaning(INFO, "{actor} created campaign {campaign}"),
    K.CAMPAIGN_REVISED: Meaning(INFO, "{actor} revised campaign {campaign}"),
    K.CAMPAIGN_CLONED: Meaning(INFO, "{actor} cloned campaign {campaign} from {source}"),
    K.CAMPAIGN_READY: Meaning(INFO, "campaign {campaign} is valid and ready"),
    K.CAMPAIGN_DRAFTED: Meaning(INFO, "{actor} took campaign {campaign} back to draft"),
    K.CAMPAIGN_SUBMITTED: Meaning(INFO, "{actor} submitted campaign {campaign}"),
    K.CAMPAIGN_REFUSED: Meaning(BAD, "campaign {campaign} could not be planned"),
    K.CAMPAIGN_PLANNED: Meaning(INFO, "campaign {campaign} was planned"),
    K.CAMPAIGN_STARTED: Meaning(INFO, "campaign {campaign} started"),
    K.CAMPAIGN_PAUSED: Meaning(WARN, "{actor} paused campaign {campaign}"),
    K.CAMPAIGN_RESUMED: Meaning(INFO, "{actor} resumed campaign {campaign}"),
    K.CAMPAIGN_TERMINATED: Meaning(WARN, "{actor} terminated campaign {campaign}"),
    K.CAMPAIGN_RESTARTED: Meaning(INFO, "{actor} restarted campaign {campaign}"),
    K.CAMPAIGN_RERUN: Meaning(INFO, "{actor} began to rerun campaign {campaign}"),
    K.CAMPAIGN_SUCCEEDED: Meaning(GOOD, "campaign {campaign} succeeded"),
    K.CAMPAIGN_FAILED: Meaning(BAD, "campaign {campaign} failed"),
    K.CAMPAIGN_ARCHIVED: Meaning(INFO, "{actor} archived campaign {campaign}"),
    K.CAMPAIGN_PRIORITISED: Meaning(INFO, "{actor} changed the priority of campaign {campaign}"),
    K.CAMPAIGN_ANNOTATED: Meaning(INFO, "{actor} commented on campaign {campaign}"),
    K.CAMPAIGN_LATE: Meaning(WARN, "campaign {campaign} is going to miss its deadline"),
    K.CAMPAIGN_RESOURCES: Meaning(INFO, "{actor} changed the resources of campaign {campaign}"),
    K.PAYLOAD_PLANNED: Meaning(INFO, "payload {payload} of {campaign} was planned"),
    K.PAYLOAD_PAUSED: Meaning(WARN, "{actor} paused payload {payload} of {campaign}"),
    K.PAYLOAD_RESUMED: Meaning(INFO, "{actor} resumed payload {payload} of {campaign}"),
    K.PAYLOAD_TERMINATED: Meaning(WARN, "{actor} terminated payload {payload} of {campaign}"),
    K.PAYLOAD_PRIORITISED: Meaning(INFO, "{actor} changed the priority of payload {payload} of {campaign}"),
    K.PAYLOAD_RESTARTED: Meaning(INFO, "{actor} restarted payload {payload} of {campaign}"),
    K.PAYLOAD_SUCCEEDED: Meaning(GOOD, "payload {payload} of {campaign} succeeded"),
    K.PAYLOAD_FAILED: Meaning(BAD, "payload {payload} of {campaign} failed"),
    K.WORKFLOW_LOADED: Meaning(INFO, "workflow {workflow} of {campaign} was loaded"),
    K.WORKFLOW_EXTENDED: Meaning(INFO, "workflow {workflow} of {campaign} was extended below {step}"),
    K.WORKFLOW_STOPPED: Meaning(BAD, "workflow {workflow} was stopped by its failure policy"),
    K.WORKFLOW_PAUSED: Meaning(WARN, "{actor} paused workflow {workflow}"),
    K.WORKFLOW_RESUMED: Meaning(INFO, "{actor} resumed workflow {workflow}"),
    K.WORKFLOW_TERMINATED: Meaning(WARN, "{actor} terminated workflow {workflow}"),
    K.WORKFLOW_PRIORITISED: Meaning(INFO, "{actor} changed the priority of workflow {workflow}"),
    K.WORKFLOW_RETARGETED: Meaning(INFO, "{actor} moved workflow {workflow} to other sites"),
    K.WORKFLOW_SUCCEEDED: Meaning(GOOD, "workflow {workflow} succeeded"),
    K.WORKFLOW_FAILED: Meaning(BAD, "workflow {workflow} failed"),
    K.JOB_RETRIED: Meaning(WARN, "job {job} is tried again"),
    K.JOB_ACCEPTED: Meaning(INFO, "{actor} accepted failed job {job}"),
    K.JOB_REJECTED: Meaning(WARN, "{actor} rejected job {job}"),
    K.JOB_CANCELLED: Meaning(WARN, "{actor} cancelled job {job}"),
    K.JOB_RECOVERED: Meaning(INFO, "job {job} was found again at {site}"),
    K.JOB_LOST: Meaning(BAD, "job {job} was lost at {site}"),
    K.JOB_FAILED: Meaning(BAD, "job {job} failed"),
    K.JOB_SLOW: Meaning(WARN, "job {job} runs longer than expected"),
    K.STEP_TOLERANCE: Meaning(BAD, "step {step} of {campaign} failed more often than tolerated"),
    K.STEP_BREAKPOINT: Meaning(WARN, "campaign {campaign} reached the breakpoint at {step}"),
    K.SITE_CREATED: Meaning(INFO, "{actor} added site {site}"),
    K.SITE_CHANGED: Meaning(INFO, "{actor} changed site {site}"),
    K.SITE_CHECKED: Meaning(INFO, "{actor} checked site {site}"),
    K.SITE_PAUSED: Meaning(WARN, "{actor} paused site {site}"),
    K.SITE_RESUMED: Meaning(INFO, "{actor} resumed site {site}"),
    K.SITE_DARK: Meaning(BAD, "site {site} does not answer"),
    K.SITE_BACK: Meaning(GOOD, "site {site} answers again"),
    K.NODE_SUSPECTED: Meaning(WARN, "node {node} of {site} is suspected to be faulty"),
    K.NODE_CLEARED: Meaning(INFO, "node {node} of {site} is trusted again"),
    K.NODE_DRAINED: Meaning(WARN, "{actor} drained node {node} of {site}"),
    K.NODE_RESUMED: Meaning(INFO, "{actor} resumed node {node} of {site}"),
    K.SOFTWARE_CREATED: Meaning(INFO, "{actor} added software version {software}"),
    K.SOFTWARE_CHANGED: Meaning(INFO, "{actor} changed software version {software}"),
    K.CONFIG_CHANGED: Meaning(INFO, "{actor} changed the {scope} configuration {target}"),
    K.PIPELINE_CREATED: Meaning(INFO, "{actor} added pipeline {pipeline} version {version}"),
    K.DATASET_REGISTERED: Meaning(INFO, "{actor} registered datasets ({count})"),
    K.DATASET_REMOVED: Meaning(INFO, "datasets were removed ({count})"),
    K.DATASET_QUARANTINED: Meaning(WARN, "datasets were put into quarantine ({count})"),
    K.DATASET_UNEXPECTED: Meaning(WARN, "files of {campaign} were not expected ({count})"),
    K.NOTICE_SENT: Meaning(INFO, "{to} was notified about {subject}"),
    K.NOTICE_FAILED: Meaning(BAD, "{to} could not be notified about {subject}"),
    K.ADMIN_FIXED: Meaning(WARN, "{actor} fixed {subject} by hand"),
    K.USER_ROLE: Meaning(WARN, "{actor} changed the roles of {user}"),
    K.USER_TOKEN: Meaning(INFO, "{actor} made a token"),
    K.USER_TOKEN_REVOKED: Meaning(INFO, "{actor} revoked a token"),
}


_BY_TEXT: dict[str, Meaning] = {kind.value: meaning for kind, meaning in MEANINGS.items()}


class _Fields(dict[str, str]):
    """A field that an event does not have reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def severity_of(kind: str) -> Severity:
    """Return the severity of a kind; one that a later version left behind is plain information."""
    meaning = _BY_TEXT.get(kind)
    return meaning.severity if meaning else Severity.INFO


def sentence_of(kind: str, fields: Mapping[str, Any], why: str = "") -> str:
    """Return the event as one sentence, the reason behind a colon. The fields are plain values, never templates."""
    meaning, text = _BY_TEXT.get(kind), kind
    if meaning:
        plain = {name: str(value) for name, value in fields.items() if value not in (None, "", 0)}
        text = meaning.sentence.format_map(_Fields(plain))
    return f"{text}: {why}" if why else text
