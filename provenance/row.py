"""A row of executions on its way into the ledger: a plain value, for there are thousands in a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from provenance.core import clean
from provenance.core.facts import ExecutionFact, Outcome
from provenance.intern import Name
from provenance.models import SubjectKind
from provenance.sums import Key

NAME_LENGTH = 300
NAMED = (
    SubjectKind.CAMPAIGN,
    SubjectKind.PAYLOAD,
    SubjectKind.WORKFLOW,
    SubjectKind.STEP,
    SubjectKind.SITE,
    SubjectKind.HOST,
    SubjectKind.SOFTWARE,
    SubjectKind.VERSION,
)
"""What of a fact is a name, in this order; the fields of facts and rows bear the same words."""

_names = attrgetter(*(kind.value for kind in NAMED))


@dataclass(slots=True)
class Row:
    """The columns of an execution, and after them what the sums need besides."""

    kind: str
    run: int
    job: int
    instance: int
    attempt: int
    token: str
    started_at: datetime | None
    ended_at: datetime | None
    wall_s: float | None
    cpu_s: float | None
    memory_mb: float | None
    read_bytes: int | None
    write_bytes: int | None
    exit_code: int | None
    signal: int | None
    outcome: str
    cause: str
    message: str
    inputs: int
    missing_inputs: int
    outputs: int
    stdout_offset: int
    stdout_bytes: int
    stderr_offset: int
    stderr_bytes: int
    campaign_id: int = 0
    payload_id: int = 0
    workflow_id: int = 0
    step_id: int = 0
    site_id: int = 0
    host_id: int = 0
    software_id: int = 0
    version_id: int = 0
    data_id_id: int = 0
    environment_id: int | None = None
    recipe_id: int | None = None
    log_id: int | None = None
    final: bool = True
    unknown_inputs: int = 0
    pk: int = 0
    data_id: str = ""
    site: str = ""
    software: str = ""
    version: str = ""

    @classmethod
    def of(cls, fact: ExecutionFact) -> "Row":
        """Take over what needs no look-up."""
        return cls(
            str(fact.kind), fact.run, fact.job, fact.instance, fact.attempt, fact.token, fact.started_at, fact.ended_at,
            clean.real(fact.wall_s), clean.real(fact.cpu_s), clean.real(fact.memory_mb), clean.whole(fact.read_bytes),
            clean.whole(fact.write_bytes), clean.whole(fact.exit_code, 2**31), clean.whole(fact.signal, 2**15),
            str(fact.outcome), clean.text(fact.cause or "", 40), clean.text(fact.message, 1000), len(fact.inputs),
            fact.missing_inputs, len(fact.outputs), *fact.stdout, *fact.stderr,
        )  # fmt: skip

    def name(self, names: Sequence[str], ids: Mapping[Name, int]) -> None:
        """Fill in the ids of the names, given in the order of NAMED."""
        (
            self.campaign_id, self.payload_id, self.workflow_id, self.step_id,
            self.site_id, self.host_id, self.software_id, self.version_id,
        ) = (ids[name] for name in zip(NAMED, names, strict=True))  # fmt: skip
        self.site, self.software, self.version = names[4], names[6], names[7]

    @property
    def key(self) -> Key:
        """The roll-up it belongs to."""
        return Key(self.campaign_id, self.run, self.payload_id, self.kind, self.step_id)

    @property
    def publishes(self) -> bool:
        """Whether its outputs become datasets."""
        return self.final and self.outcome == Outcome.SUCCEEDED


COLUMNS = tuple(field.name for field in fields(Row))[: -len(("pk", "data_id", "site", "software", "version"))]
values_of = attrgetter(*COLUMNS)


def names_of(facts: Sequence[ExecutionFact]) -> list[tuple[str, ...]]:
    """Return the clean names of each fact; most facts of a call share theirs."""
    cleaned: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for fact in facts:
        raw = _names(fact)
        if raw not in cleaned:
            cleaned[raw] = tuple(clean.text(name, NAME_LENGTH) for name in raw)
        found.append(cleaned[raw])
    return found
