"""What the domain may say no with; pure values, turned into HTTP in `refusals` and `pages` alone.

PortalError
├── NotAllowed   the state forbids it          409
├── Invalid      the document has problems     400
├── Refused      the role does not suffice     403
└── Missing      there is no such thing        404
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class ProblemLike(Protocol):
    """One thing wrong in a document: where (path, layer, line) and what; "" and None where unknown."""

    @property
    def path(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def layer(self) -> str: ...
    @property
    def line(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """The plain form of a problem, for those who have none of their own."""

    path: str
    message: str
    layer: str = ""
    line: int | None = None


class PortalError(Exception):
    """A refusal that tells its reader what to do."""

    status = 400

    @property
    def message(self) -> str:
        """The one sentence for people."""
        return str(self)


class NotAllowed(PortalError):
    """The subject is in a state that does not allow this; `legal` are the moves or verbs that it does allow."""

    status = 409

    def __init__(self, state: str, target: str, legal: Sequence[str], subject: str = "") -> None:
        self.state, self.target, self.legal, self.subject = (
            str(state),
            str(target),
            tuple(str(x) for x in legal),
            subject,
        )
        allowed = f"possible now: {', '.join(self.legal)}" if self.legal else "nothing can be done in this state"
        super().__init__(f"{subject or 'it'} is {self.state} and cannot become or do “{self.target}”; {allowed}.")


class Invalid(PortalError):
    """Everything that is wrong with what was sent, all at once."""

    status = 400

    def __init__(self, problems: Sequence[ProblemLike], message: str = "") -> None:
        self.problems: tuple[ProblemLike, ...] = tuple(problems)
        count = len(self.problems)
        text = message or (
            "There is 1 problem in what was sent." if count == 1 else f"There are {count} problems in what was sent."
        )
        super().__init__(text)


class Refused(PortalError):
    """The user's role does not suffice, here or anywhere."""

    status = 403

    def __init__(self, verb: str, needed_role: str, where: str = "") -> None:
        self.verb, self.needed_role, self.where = verb, str(needed_role), where
        place = f" for {where}" if where else ""
        super().__init__(
            f"“{verb}” needs the role {self.needed_role}{place}. Ask an administrator of the portal for it."
        )


class Missing(PortalError):
    """There is no such thing, or none that this user may see."""

    status = 404

    def __init__(self, kind: str, name: object) -> None:
        self.kind, self.name = kind, str(name)
        super().__init__(f"There is no {kind} “{self.name}”.")
