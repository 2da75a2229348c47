"""Register: a text of many documents, each through the door that its kind belongs to; all of them or none."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from bpsportal.web.access import Scope, User, require
from bpsportal.web.errors import Invalid, ProblemLike
from campaigns import catalog
from campaigns.core import schema
from campaigns.core.catalog import Catalog
from campaigns.core.config import Layer
from campaigns.core.document import Document
from campaigns.core.pipeline import Pipeline
from campaigns.core.problem import Problem, did_you_mean, listing
from campaigns.core.schema import KINDS, kind_of
from campaigns.core.specs import DatasetSpec
from campaigns.core.universe import Table
from campaigns.reading import located, origin_of, parts_of, read_many, text_of
from campaigns.services import layers, pipelines, tables
from execution import control
from execution import queries as work
from provenance import ledger

MAX_BYTES = 4 << 20
"""Datasets are registered by the thousand; a campaign's own document is held to the usual limit."""

VERBS = {
    "site": "site.change",
    "software": "software.change",
    "pipeline": "pipeline.change",
    "layer": "config.change",
    "table": "config.change",
    "dataset": "dataset.register",
}
"""Kind of document -> the verb its author must be allowed, in the order in which kinds build on each other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a text, its own part of the text, and its place there."""

    place: int
    kind: str
    document: Document
    text: str


@dataclass(slots=True)
class Registering:
    """One registration under way; problems are collected over all documents."""

    actor: str
    reason: str
    several: bool
    done: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def prefix(self, entry: Entry) -> str:
        """What a path begins with, when there are several documents: `[3].`"""
        return f"[{entry.place}]." if self.several else ""

    def complain(self, entry: Entry, problems: Iterable[ProblemLike]) -> None:
        """Note problems of a document with its lines."""
        self.problems += located(problems, entry.document, self.prefix(entry))

    def note(self, entry: Entry, name: str, outcome: str, version: int | None = None) -> None:
        """Note what became of a document."""
        self.done.append({"kind": entry.kind, "name": name, "version": version, "outcome": outcome})


def register(source: bytes | str, *, user: User, reason: str = "") -> list[dict[str, Any]]:
    """Register every document of a text; what is there already as it is said is left alone.

    Returns kind, name, version and outcome of each. Invalid with the problems of all documents at once, Refused when
    the user may not do one of them; then nothing is left behind.
    """
    documents = read_many(source, limit_bytes=MAX_BYTES)
    parts = parts_of(text_of(source), documents)
    entries = [Entry(at, kind_of(document), document, parts[at]) for at, document in enumerate(documents)]
    job = Registering(user.get_username(), reason, several=len(entries) > 1)
    _refuse_others(job, entries)
    for kind in dict.fromkeys(entry.kind for entry in entries if entry.kind in VERBS):
        require(user, VERBS[kind], Scope())
    with transaction.atomic():
        for kind in VERBS:
            of_kind = [entry for entry in entries if entry.kind == kind]
            if of_kind:
                _DOORS[kind](job, of_kind)
        if job.problems:
            raise Invalid(sorted(job.problems, key=lambda problem: (problem.line or 0, problem.path)))
    return job.done


def _refuse_others(job: Registering, entries: Sequence[Entry]) -> None:
    """Complain about documents that are not for registering."""
    for entry in entries:
        if entry.kind == "campaign":
            job.complain(entry, [Problem("campaign", "a campaign is created, not registered: send it to campaigns/")])
        elif not entry.kind:
            keys = entry.document.data if isinstance(entry.document.data, dict) else {}
            hints = [hint for hint in (did_you_mean(str(key), VERBS) for key in list(keys)[:20]) if hint]
            hint = hints[0] if hints else f"; it begins with one of {listing(KINDS.keys() - {'campaign'})}"
            job.complain(entry, [Problem("", f"this is no known kind of document{hint}")])


def _put(
    door: Callable[..., Any], known: Callable[[], Iterable[Any]]
) -> Callable[[Registering, Sequence[Entry]], None]:
    """The door of sites or software versions, which execution keeps and checks itself."""

    def put(job: Registering, entries: Sequence[Entry]) -> None:
        before = {item.name for item in known()}
        for entry in entries:
            try:
                with transaction.atomic():
                    row = door(entry.document.data, actor=job.actor, why=job.reason)
            except Invalid as invalid:
                job.complain(entry, invalid.problems)
                continue
            job.note(entry, row.name, "up to date" if row.name in before else "created")

    return put


def _pipelines(job: Registering, entries: Sequence[Entry]) -> None:
    for entry in entries:
        data = entry.document.data
        name, version = data.get("pipeline"), data.get("version")
        known = pipelines.stored(name, version) if isinstance(name, str) and isinstance(version, int) else None
        if known is not None and known.digest == pipelines.digest_of(data):
            job.note(entry, known.pipeline.name, "unchanged", known.version)
            continue
        spec = _checked(job, entry, Catalog(pipelines=catalog.pipelines(), types=catalog.types_in_use()))
        if isinstance(spec, Pipeline):
            try:
                with transaction.atomic():
                    row = pipelines.add(spec, data, entry.text, actor=job.actor, reason=job.reason)
            except Invalid as invalid:
                job.complain(entry, invalid.problems)
                continue
            job.note(entry, spec.name, "created", row.version)


def _layers(job: Registering, entries: Sequence[Entry]) -> None:
    known = catalog.load()
    for entry in entries:
        spec = _checked(job, entry, known)
        if isinstance(spec, Layer):
            reason = spec.reason or job.reason
            row, is_new = layers.add(spec, text=entry.text, actor=job.actor, reason=reason)
            outcome = "unchanged" if not is_new else "created" if row.version == 1 else "changed"
            job.note(entry, spec.name, outcome, row.version)


def _tables(job: Registering, entries: Sequence[Entry]) -> None:
    known = Catalog()
    for entry in entries:
        spec = _checked(job, entry, known)
        if isinstance(spec, Table):
            row, is_new = tables.add(spec, actor=job.actor, reason=job.reason)
            outcome = "unchanged" if not is_new else "created" if row.version == 1 else "changed"
            job.note(entry, spec.name, outcome, row.version)


def _datasets(job: Registering, entries: Sequence[Entry]) -> None:
    """All datasets in one call; what the ledger finds wrong with one is said at its place in the text."""
    known = Catalog(types=catalog.all_types())
    specs = [(entry, _checked(job, entry, known)) for entry in entries]
    good = [(entry, spec) for entry, spec in specs if isinstance(spec, DatasetSpec)]
    files = [
        ledger.FileFact(spec.type, spec.data_id, spec.path, spec.size or None, spec.sha256, spec.metadata)
        for _, spec in good
    ]
    try:
        with transaction.atomic():
            ledger.register(files, job.actor)
    except Invalid as invalid:
        for problem in invalid.problems:
            at, _, path = problem.path.removeprefix("[").partition("]")
            entry = good[int(at)][0]
            job.complain(entry, [Problem(f"dataset{path}", problem.message)])
        return
    for entry, spec in good:
        text = ",".join(f"{key}={value}" for key, value in sorted(spec.data_id.items()))
        job.note(entry, f"{spec.type} {text}", "registered")


def _checked(job: Registering, entry: Entry, known: Catalog) -> schema.Spec | None:
    checked = schema.check(entry.document, known, origin_of(job.actor, job.reason), kind=entry.kind)
    prefix = job.prefix(entry)
    job.problems += [replace(problem, path=f"{prefix}{problem.path}") for problem in checked.problems]
    return checked.spec


_DOORS: Mapping[str, Callable[[Registering, Sequence[Entry]], None]] = {
    "site": _put(control.put_site, work.sites),
    "software": _put(control.put_software, work.software),
    "pipeline": _pipelines,
    "layer": _layers,
    "table": _tables,
    "dataset": _datasets,
}
