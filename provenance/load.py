"""Loading facts in bulk: executions, the datasets they made and read, and the sums kept beside them.

A fixed number of statements for each few hundred facts. Told again, a fact changes nothing: a collector that dies after
its commit may be asked once more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from provenance import bulk, intern, made
from provenance.core import clean
from provenance.core.data_id import MAX_LENGTH, image_of, read, text_of
from provenance.core.facts import ExecutionFact, ExecutionKind, Outcome
from provenance.core.rollup import Ran
from provenance.models import Execution, LogFile, SubjectKind
from provenance.row import COLUMNS, NAMED, Row, names_of, values_of
from provenance.sums import Image, Key, Sums

Identity = tuple[str, int, str]
TOKEN_LENGTH = 40
DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Former:
    """A final execution that a later attempt has replaced."""

    pk: int
    key: Key
    outcome: str
    image: Image


class Claim(NamedTuple):
    """Somebody who says what became of a step instance; the greatest (succeeded, attempt) is believed."""

    succeeded: bool
    attempt: int
    by: Former | Identity


def collect(facts: Sequence[ExecutionFact]) -> int:
    """Write what is new of the facts; returns how many that were. Inside the caller's transaction."""
    fresh = _fresh(facts)
    if not fresh:
        return 0
    former, losers = _replaced(fresh)
    rows = _executions(fresh, losers)
    told = list(zip(fresh, rows, strict=True))
    sums = Sums()
    known = made.publish([(fact, row) for fact, row in told if row.publishes], sums)
    made.note_uses([(fact, row) for fact, row in told if fact.inputs], known)
    for fact, row in told:
        sums.ran(row.key, _ran(row, fact), image_of(fact.data_id))
    for old in former:
        sums.superseded(old.key, old.outcome, old.image)
    _count_read_images(sums, told, former)
    sums.write()
    return len(fresh)


def _fresh(facts: Sequence[ExecutionFact]) -> list[ExecutionFact]:
    """Leave out what was told before, here or in an earlier call. ValueError for a fact without a proper token."""
    told: dict[Identity, ExecutionFact] = {}
    for fact in facts:
        if not 0 < len(fact.token) <= TOKEN_LENGTH:
            raise ValueError(f"an execution needs a token of 1 to {TOKEN_LENGTH} characters, not “{fact.token}”")
        if len(fact.recipe) > DIGEST_LENGTH:
            raise ValueError(f"the recipe of an execution is a digest of at most {DIGEST_LENGTH} characters")
        told.setdefault(_identity(fact), fact)
    for tokens in intern.chunks(sorted({fact.token for fact in facts})):
        known = Execution.objects.filter(token__in=tokens).values_list("token", "instance", "kind")
        for identity in known:
            told.pop(identity, None)
    return list(told.values())


def _replaced(fresh: Sequence[ExecutionFact]) -> tuple[list[Former], set[Identity]]:
    """Find out whose word is final: a success before anything else, then the later attempt.

    Returns the executions in the ledger that are final no more (and marks them), and the new facts that are not either.
    """
    claims: dict[int, list[Claim]] = {}
    for fact in fresh:
        if fact.final and fact.instance and fact.kind == ExecutionKind.STEP:
            claim = Claim(fact.outcome == Outcome.SUCCEEDED, fact.attempt, _identity(fact))
            claims.setdefault(fact.instance, []).append(claim)
    for instances in intern.chunks(sorted(claims)):
        for instance, claim in _finals(instances):
            claims[instance].append(claim)
    beaten = [claim.by for several in claims.values() for claim in sorted(several, key=lambda c: c[:2])[:-1]]
    former = [by for by in beaten if isinstance(by, Former)]
    for part in intern.chunks(sorted(old.pk for old in former)):
        Execution.objects.filter(pk__in=part).update(final=False)
    return former, {by for by in beaten if not isinstance(by, Former)}


def _finals(instances: Sequence[int]) -> Iterable[tuple[int, Claim]]:
    """Yield the final executions that these step instances have so far."""
    rows = Execution.objects.filter(instance__in=instances, kind=ExecutionKind.STEP, final=True)
    columns = ("pk", "instance", "attempt", "outcome", "campaign_id", "run", "payload_id", "step_id", "data_id__name")
    for pk, instance, attempt, outcome, campaign, run, payload, step, data_id in rows.values_list(*columns):
        key = Key(campaign, run, payload, ExecutionKind.STEP.value, step)
        former = Former(pk, key, outcome, image_of(read(data_id)))
        yield instance, Claim(outcome == Outcome.SUCCEEDED, attempt, former)


def _executions(fresh: Sequence[ExecutionFact], losers: set[Identity]) -> list[Row]:
    """Insert the executions and return their rows, ids filled in."""
    rows = [Row.of(fact) for fact in fresh]
    names = names_of(fresh)
    texts = [clean.text(text_of(fact.data_id), MAX_LENGTH) for fact in fresh]
    wanted = {name for group in set(names) for name in zip(NAMED, group, strict=True)}
    ids = intern.subjects(wanted | {(SubjectKind.DATA_ID, text) for text in texts})
    environments = _environments(fresh)
    recipes = intern.recipes({fact.recipe for fact in fresh if fact.recipe})
    for fact, row, group, text in zip(fresh, rows, names, texts, strict=True):
        row.name(group, ids)
        row.data_id_id, row.data_id = ids[SubjectKind.DATA_ID, text], text
        row.environment_id, row.recipe_id = environments.get(id(fact.environment)), recipes.get(fact.recipe)
        row.final = fact.final and _identity(fact) not in losers
    _keep_logs(fresh, rows)
    bulk.insert(Execution, COLUMNS, map(values_of, rows))
    _fill_ids(rows)
    return rows


def _environments(fresh: Sequence[ExecutionFact]) -> dict[int, int]:
    """Return the row ids of the environments by the identity of the mappings: instances of a job share one."""
    variables = {id(fact.environment): fact.environment for fact in fresh if fact.environment}
    digests = {number: intern.digest_of(clean.data(told)) for number, told in variables.items()}
    ids = intern.environments({digests[number]: clean.data(told) for number, told in variables.items()})
    return {number: ids[digest] for number, digest in digests.items()}


def _keep_logs(fresh: Sequence[ExecutionFact], rows: Sequence[Row]) -> None:
    """Keep each attempt's log bundle once and refer to it."""
    bundles = {
        fact.token: LogFile(
            token=fact.token, campaign_id=row.campaign_id, path=fact.log.path, size_bytes=fact.log.size_bytes
        )
        for fact, row in zip(fresh, rows, strict=True)
        if fact.log
    }
    ids = intern.logs(list(bundles.values()))
    for row in rows:
        row.log_id = ids.get(row.token)


def _fill_ids(rows: Sequence[Row]) -> None:
    """Find the ids that the database gave."""
    ids: dict[Identity, int] = {}
    for tokens in intern.chunks(sorted({row.token for row in rows})):
        there = Execution.objects.filter(token__in=tokens).values_list("token", "instance", "kind", "pk")
        ids |= {(token, instance, kind): pk for token, instance, kind, pk in there}
    for row in rows:
        row.pk = ids[row.token, row.instance, row.kind]


def _identity(fact: ExecutionFact) -> Identity:
    return fact.token, fact.instance, str(fact.kind)


def seconds(moment: datetime | None) -> float | None:
    """Return a time as seconds since 1970."""
    return None if moment is None else moment.timestamp()


def _ran(row: Row, fact: ExecutionFact) -> Ran:
    return Ran(
        row.pk, row.data_id, row.outcome, row.final, row.attempt, row.site, row.software, row.version, fact.recipe,
        row.cause, seconds(row.started_at), seconds(row.ended_at), row.wall_s, row.cpu_s, row.memory_mb,
        row.read_bytes, row.write_bytes,
    )  # fmt: skip


def _count_read_images(sums: Sums, told: Sequence[tuple[ExecutionFact, Row]], former: Sequence[Former]) -> None:
    """Count an image as used where a success that is about no single exposure read it."""
    keys: Mapping[int, tuple[Key, int]] = {
        **{old.pk: (old.key, -1) for old in former if old.outcome == Outcome.SUCCEEDED and old.image[0] is None},
        **{row.pk: (row.key, 1) for fact, row in told if row.publishes and image_of(fact.data_id)[0] is None},
    }
    for part in intern.chunks(sorted(keys)):
        for execution, exposure, detector in made.images_read(part):
            key, n = keys[execution]
            sums.image(key, (exposure, detector), "used", n)
