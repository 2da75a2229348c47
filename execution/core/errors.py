"""What can go wrong, by what the caller has to do.

SiteError
├── Unreachable         try later; nothing is known about any job
│   └── AccessDenied    stop using the site and tell its operator (key refused, host key changed)
├── SchedulerDown       the host answers, its batch system does not: try later
├── Rejected            the batch system or host refused what was sent: that attempt has failed
└── Unreadable          an answer nobody can make sense of: stop and tell, guess nothing
"""

from collections.abc import Iterable


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
