"""Roles, verbs and scopes as tables: who may do what, without users or database."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the portal; each also sees everything within its scope."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SITE_ADMINISTRATOR = "site_administrator"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """The role in words."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Scope:
    """What an act is about; all empty means the portal as a whole."""

    program: str = ""
    campaign: str = ""
    site: str = ""

    @property
    def label(self) -> str:
        """The scope in words, "" for the whole portal."""
        for kind in ("campaign", "program", "site"):
            if value := getattr(self, kind):
                return f"{kind} {value}"
        return ""


_OPERATOR = (
    *(
        f"{subject}.{verb}"
        for subject in ("campaign", "payload", "workflow")
        for verb in ("submit", "pause", "resume", "terminate", "prioritise", "restart", "rerun", "resources")
    ),
    *(f"campaign.{verb}" for verb in ("create", "validate", "plan", "revise", "archive", "clone", "annotate")),
    *(f"job.{verb}" for verb in ("retry", "accept", "reject", "cancel")),
    "config.change",
    "pipeline.change",
    "dataset.register",
)
_SITE = ("site.change", "site.check", "site.pause", "site.resume", "node.drain", "node.resume", "software.change")
_ADMIN = ("admin.fix", "user.manage")

VERBS: dict[str, frozenset[Role]] = {
    **dict.fromkeys(_OPERATOR, frozenset({Role.OPERATOR, Role.ADMINISTRATOR})),
    **dict.fromkeys(_SITE, frozenset({Role.SITE_ADMINISTRATOR, Role.ADMINISTRATOR})),
    **dict.fromkeys(_ADMIN, frozenset({Role.ADMINISTRATOR})),
}
"""Acting verb → the roles that may; every verb `view.…` belongs to every role."""


def is_view(verb: str) -> bool:
    """True when the verb changes nothing."""
    return verb.startswith("view.")


def allowed_roles(verb: str) -> frozenset[Role]:
    """Return the roles that may use the verb; LookupError for a verb that nobody declared."""
    if is_view(verb):
        return frozenset(Role)
    if verb not in VERBS:
        raise LookupError(f"no such verb: {verb!r}; declare it in bpsportal.web.roles")
    return VERBS[verb]


def least_role(verb: str) -> Role:
    """Return the weakest role that may use the verb, the one to name in a refusal."""
    allowed = allowed_roles(verb)
    return next(role for role in Role if role in allowed)
