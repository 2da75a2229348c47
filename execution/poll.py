"""Poll: ask the batch system once for all jobs at the site, move what it says, cancel what is to be cancelled.

What is not in the listing is not said anything about, until it has been missing for the grace time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from execution import bulk, failures, nodes
from execution.core.evidence import next_phase
from execution.core.sighting import BatchId, Phase, Sighting
from execution.core.states import AT_SITE, InstanceState, JobState, Wish
from execution.lease import Held
from execution.models import Attempt
from execution.moves import Deltas, instances_of, move, move_instances
from execution.site import SiteClient

GRACE = timedelta(seconds=15)
"""A submission older than this, without a receipt, was interrupted: the site is asked for its token."""
UNSEEN_GRACE = timedelta(seconds=60)
"""A job that neither listing nor accounting shows for so long has left the queue."""
NODES_EVERY = timedelta(seconds=60)
AT_BATCH_SYSTEM = (JobState.QUEUED, JobState.RUNNING, JobState.HELD)


def run(client: SiteClient, lease: Held) -> int:
    """One listing; returns how many jobs moved. Raises SiteError (nothing moved then), LeaseLost."""
    attempts = _open(client)
    if not attempts:
        return 0
    doomed = _doomed(lease, attempts)
    if doomed:
        client.call(client.driver.cancel(doomed))
    looked = [a for a in attempts if a.job.state != JobState.ENDED]
    if not looked:
        return len(doomed)
    seen = client.call(client.driver.status([BatchId(a.batch_id) for a in looked if a.batch_id]))
    by_token = {s.token: s for s in seen.values() if s.token}
    moved = _interrupted(client, lease, looked, by_token)
    return len(doomed) + moved + _follow(lease, looked, seen, by_token)


def look_at_nodes(client: SiteClient) -> None:
    """Ask for the site's machines, once in NODES_EVERY; also how a site in trouble shows that it answers again."""
    now = timezone.now()
    newest = client.site.nodes.aggregate(at=Max("seen_at"))["at"]
    if client.site.trouble or newest is None or now - newest > NODES_EVERY:
        client.prepare()
        nodes.refresh(client.site, client.call(client.driver.nodes()), now)


def _open(client: SiteClient) -> list[Attempt]:
    rows = Attempt.objects.filter(site=client.site, is_open=True, job__state__in=AT_SITE)
    return list(rows.select_related("job", "job__workflow").order_by("pk"))


def _doomed(lease: Held, attempts: Iterable[Attempt]) -> list[BatchId]:
    """Batch ids to cancel: all of stopped workflows, those asked for before included, until the site says they
    are gone.
    """
    stopping = [a for a in attempts if a.job.workflow.wish == Wish.STOP]
    fresh = [a.job_id for a in stopping if a.job.state in AT_BATCH_SYSTEM]
    if fresh:
        now = timezone.now()
        with lease.writing(now):
            deltas = Deltas()
            move(fresh, JobState.CANCELLING, now=now, deltas=deltas, fields={"why": "terminated"})
            deltas.write()
        for attempt in stopping:
            if attempt.job_id in set(fresh):
                attempt.job.state = JobState.CANCELLING
    return [BatchId(a.batch_id) for a in stopping if a.batch_id and a.job.state == JobState.CANCELLING]


def _interrupted(client: SiteClient, lease: Held, attempts: Sequence[Attempt], by_token: Mapping[str, Sighting]) -> int:
    """Attempts whose submission has no receipt: adopted when the site knows the token, withdrawn when it does not."""
    now = timezone.now()
    unsure = [a for a in attempts if a.job.state == JobState.SUBMITTING and a.intended_at < now - GRACE]
    adopted: list[tuple[Attempt, str]] = []
    absent: list[Attempt] = []
    for attempt in unsure[:50]:
        sighting = by_token.get(attempt.token)
        found = [sighting.batch_id] if sighting else client.call(client.driver.find(attempt.token))
        if found:
            adopted.append((attempt, str(found[0])))
        elif not client.claimed(attempt.token):
            absent.append(attempt)
    if adopted:
        with lease.writing(now):
            deltas = Deltas()
            move([a.job_id for a, _ in adopted], JobState.QUEUED, now=now, deltas=deltas)
            bulk.update(Attempt, ["batch_id", "accepted_at"], [(a.pk, batch_id, now) for a, batch_id in adopted])
            deltas.write()
    failures.withdraw(lease, absent, "the submission was interrupted and never reached the batch system")
    return len(adopted) + len(absent)


def _follow(lease: Held, attempts: Sequence[Attempt], seen: Any, by_token: Mapping[str, Sighting]) -> int:
    now = timezone.now()
    targets: dict[JobState, list[int]] = defaultdict(list)
    changed: list[tuple[Any, ...]] = []
    for attempt in attempts:
        if attempt.job.state == JobState.SUBMITTING:
            continue
        sighting = seen.get(BatchId(attempt.batch_id)) or by_token.get(attempt.token)
        target = next_phase(JobState(attempt.job.state), sighting, unseen_for=_unseen(attempt, now), grace=UNSEEN_GRACE)
        if target is not None and target != attempt.job.state:
            targets[target].append(attempt.job_id)
        row = _news(attempt, sighting, now)
        if row is not None:
            changed.append(row)
    if not targets and not changed:
        return 0
    moved = 0
    with lease.writing(now):
        deltas = Deltas()
        for target, jobs in targets.items():
            done = move(jobs, target, now=now, deltas=deltas)
            moved += len(done)
            if target is JobState.RUNNING:
                move_instances(instances_of(done, [InstanceState.WAITING]), InstanceState.RUNNING, deltas=deltas)
        bulk.update(Attempt, ["word", "host", "seen_at", "unseen_at", "started_at"], changed)
        deltas.write()
    return moved


def _unseen(attempt: Attempt, now: datetime) -> timedelta:
    return now - attempt.unseen_at if attempt.unseen_at else timedelta(0)


def _news(attempt: Attempt, sighting: Sighting | None, now: datetime) -> tuple[Any, ...] | None:
    """The attempt's new columns when the batch system says something new of it, else None: cost follows change."""
    if sighting is None:
        if attempt.unseen_at:
            return None
        return (attempt.pk, attempt.word, attempt.host, attempt.seen_at, now, attempt.started_at)
    word = sighting.word[:60]
    if attempt.unseen_at is None and attempt.word == word and attempt.seen_at:
        return None
    started = sighting.started_at or attempt.started_at or (now if sighting.phase is Phase.RUNNING else None)
    return (attempt.pk, word, sighting.host[:200] or attempt.host, now, None, started)
