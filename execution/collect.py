"""Collect: read the exit notes, publish what was made, settle what ended; then the notes may go.

A note is the job's own witness, so it ends a job that the listing still shows running. A job that left the queue
without a
note is settled by the accounting, or counts as lost after the grace time.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from execution import backbone, persist, specs
from execution.core.errors import Unreadable
from execution.core.evidence import cause_of
from execution.core.note import InstanceNote, Note, parse_note
from execution.core.sighting import BatchId, Sighting
from execution.core.states import JobState, Wish
from execution.core.verdict import Result
from execution.core.workflow import text_of
from execution.lease import Held
from execution.models import Attempt
from execution.settle import Ending, settle
from execution.site import SiteClient
from provenance.core.facts import ExecutionFact, ExecutionKind, LogFact, Outcome, OutputFact

MOST = 300
"""Notes read in one go."""
NOTE_GRACE = timedelta(seconds=10)
"""A note may come this much later than the end of its job (a network file system, a slow disk)."""


def run(client: SiteClient, lease: Held) -> int:
    """Settle what left an exit note at the site; returns how many attempts were closed. Raises SiteError, LeaseLost."""
    notes = client.notes(MOST) if _expecting(client) else {}
    open_ones = Attempt.objects.filter(site=client.site, is_open=True, token__in=list(notes))
    attempts = {a.token: a for a in open_ones.select_related("site", "job", "job__workflow")}
    read = {token: _read(raw) for token, raw in notes.items()}
    closed = 0
    if attempts:
        pairs = [(attempt, read[token]) for token, attempt in attempts.items()]
        closed = _settle(client, lease, pairs, {})
    if notes:
        client.acknowledge(list(notes))
    return closed


def _expecting(client: SiteClient) -> bool:
    return Attempt.objects.filter(site=client.site, is_open=True).exists()


def _read(raw: bytes) -> Note | Unreadable:
    try:
        return parse_note(raw)
    except Unreadable as trouble:
        return trouble


def silent(client: SiteClient, lease: Held) -> int:
    """Settle jobs that left the queue and whose note has not come within the grace time; returns how many."""
    late = Q(job__state_at__lt=timezone.now() - NOTE_GRACE) | Q(job__workflow__wish=Wish.STOP)
    rows = Attempt.objects.filter(late, site=client.site, is_open=True, job__state=JobState.ENDED)
    attempts = list(rows.select_related("site", "job", "job__workflow")[:MOST])
    if not attempts:
        return 0
    history = client.call(client.driver.history([BatchId(a.batch_id) for a in attempts if a.batch_id]))
    return _settle(client, lease, [(attempt, None) for attempt in attempts], history)


def _settle(
    client: SiteClient,
    lease: Held,
    pairs: Sequence[tuple[Attempt, Note | Unreadable | None]],
    history: Mapping[BatchId, Sighting],
) -> int:
    workflows = {attempt.job.workflow for attempt, _ in pairs}
    endings = [_ending(a, note, history.get(BatchId(a.batch_id))) for a, note in pairs]
    store = backbone.configured()
    if any(fact.outputs for ending in endings for fact in ending.facts):
        with client.journal.step("transfer", workflows):
            endings = [persist.publish(ending, store) for ending in endings]
        with client.journal.step("verification", workflows):
            endings = [persist.verify(ending, store) for ending in endings]
    with client.journal.step("load", workflows):
        return settle(lease, endings, timezone.now())


def _ending(attempt: Attempt, note: Note | Unreadable | None, accounting: Sighting | None) -> Ending:
    evidence: dict[str, Any] = {}
    if accounting is not None:
        evidence["accounting"] = {
            "word": accounting.word,
            "exit_code": accounting.exit_code,
            "signal": accounting.signal,
        }
    if isinstance(note, Unreadable):
        evidence["note"] = str(note)
        return Ending(attempt, cause="node", message=str(note), ended_at=timezone.now(), evidence=evidence)
    cause = cause_of(note, accounting)
    if note is None:
        message = "left the queue without an exit note" + (f"; accounting says {accounting.word}" if accounting else "")
        return Ending(attempt, cause=str(cause or "lost"), message=message, ended_at=timezone.now(), evidence=evidence)
    log = persist.keep_log(attempt)
    job = attempt.job
    stored = {i.id: i for i in specs.instances(job.workflow_id, job.chunk, job.place)}
    known = [row for row in note.instances if row.id in stored]
    failed = next((row for row in known if row.outcome != "succeeded"), None)
    return Ending(
        attempt=attempt,
        cause=str(cause or (failed.cause if failed else "")),
        exit_code=failed.exit_code if failed else note.exit,
        message=note.message or (failed.message if failed else ""),
        host=note.host,
        started_at=note.started_at,
        ended_at=note.ended_at,
        results={row.id: _result(row) for row in known},
        facts=[_fact(attempt, note, row, stored[row.id], log) for row in known],
        evidence=evidence | {"note": {"exit": note.exit, "version": note.version}},
    )


def _result(row: InstanceNote) -> Result:
    return Result(row.outcome, row.cause, row.exit_code, complete=not row.missing)


def _fact(
    attempt: Attempt, note: Note, row: InstanceNote, stored: specs.StoredInstance, log: LogFact | None
) -> ExecutionFact:
    job = attempt.job
    workflow = job.workflow
    blueprint = specs.blueprint(workflow.blueprint_id)
    step = blueprint.steps[stored.step]
    used = [stored.inputs[i] for i in row.inputs if i < len(stored.inputs)]
    return ExecutionFact(
        kind=ExecutionKind.STEP,
        campaign=workflow.campaign,
        run=workflow.run,
        payload=workflow.payload,
        step=step.label,
        token=attempt.token,
        outcome=Outcome(row.outcome),
        workflow=workflow.name,
        job=job.pk,
        instance=row.id,
        data_id=dict(zip(step.dimensions, stored.data_id, strict=True)),
        attempt=attempt.number,
        site=attempt.site.name,
        host=note.host,
        software=step.software,
        version=note.version,
        environment=note.environment,
        recipe=specs.recipes(workflow.blueprint_id)[stored.step][0],
        started_at=row.started_at,
        ended_at=row.ended_at,
        wall_s=row.wall_s,
        cpu_s=row.cpu_s,
        memory_mb=row.memory_mb,
        read_bytes=row.read_bytes,
        write_bytes=row.write_bytes,
        exit_code=row.exit_code,
        signal=row.signal,
        cause=row.cause,
        message=row.message[:300],
        inputs=tuple(i.dataset or (i.type, text_of(blueprint.types[i.type], i.data_id)) for i in used),
        missing_inputs=len(stored.inputs) - len(used),
        log=log,
        stdout=row.stdout,
        stderr=row.stderr,
        outputs=tuple(OutputFact(m.type, m.data_id, m.path, m.size_bytes, m.sha256) for m in row.outputs),
    )
