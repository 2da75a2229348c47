"""What can go wrong, by what the caller has to do.

SiteError
├── Unreachable         try later; nothing is known about any job
│   └── AccessDenied    stop using the site and tell its operator (key refused, host key changed)
├── SchedulerDown       the host answers, its batch system does not: try later
├── Rejected            the batch system or host refused what was sent: that attempt has failed
└── Unreadable          an answer nobody can make sense of: stop and tell, guess nothing
DomainError
├── NotAllowed          a state machine does not know that move (HTTP 409)
└── Invalid             what a person sent has problems, all of them at once (HTTP 400)
"""

from collections.abc import Iterable
from dataclasses import dataclass


class SiteError(Exception):
    """Trouble between the portal and a site; its text is one line for the site's operator."""


class Unreachable(SiteError):
    """The site cannot be reached now: every state stays as it is."""


class AccessDenied(Unreachable):
    """The site refuses us, or is not who it was: trying again makes it worse."""


class SchedulerDown(SiteError):
    """The batch system does not answer now: every state stays as it is."""


class Rejected(SiteError):
    """Refused for good. `tokens` names the attempts at fault where that is known, else it is empty."""

    def __init__(self, message: str, tokens: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.tokens = tuple(tokens)


class Unreadable(SiteError):
    """An answer, listing or note that does not have the expected form."""


class DomainError(Exception):
    """A wish that cannot be granted, with what the reader can do instead."""


class NotAllowed(DomainError):
    """`state` does not become `target`; `legal` are the states it may become."""

    def __init__(self, state: str, target: str, legal: Iterable[str] = ()) -> None:
        self.state = str(state)
        self.target = str(target)
        self.legal = tuple(sorted(str(name) for name in legal))
        may = ", ".join(self.legal) or "nothing: it is final"
        super().__init__(f"{self.state} cannot become {self.target}; it may become {may}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: where (path, layer, line; empty or None where unknown) and what to do."""

    message: str
    path: str = ""
    layer: str = ""
    line: int | None = None


class Invalid(DomainError):
    """Every problem of a document at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{each.path}: {each.message}" if each.path else each.message for each in self.problems)
        )
