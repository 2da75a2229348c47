"""`can(user, verb, subject)`: the one rule that views, API, templates and the administration site ask."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q

from bpsportal.web.errors import Refused
from bpsportal.web.models import Membership, TokenScope
from bpsportal.web.roles import VERBS, Role, Scope, allowed_roles, is_view, least_role

__all__ = ["VERBS", "Narrowing", "Role", "RoleBackend", "Scope", "can", "require", "roles_of", "visible"]

User = AbstractBaseUser | AnonymousUser
_REMEMBERED = "_portal_grants"


@dataclass(frozen=True, slots=True)
class Grant:
    """One membership as a value."""

    role: Role
    program: str = ""
    campaign: str = ""

    @property
    def everywhere(self) -> bool:
        """True when not narrowed to a program or campaign."""
        return not (self.program or self.campaign)

    def covers(self, verb: str, subject: Scope | None) -> bool:
        """Tell whether the narrowing lets the verb reach the subject; None asks "is there anything it could reach?"."""
        if self.everywhere or subject is None:
            return True
        if subject.program or subject.campaign:
            return subject.campaign == self.campaign if self.campaign else subject.program == self.program
        return is_view(verb)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which campaigns a user may see; None in both means all of them, empty sets mean none."""

    programs: frozenset[str] | None
    campaigns: frozenset[str] | None

    @property
    def everything(self) -> bool:
        """True when nothing is hidden."""
        return self.programs is None

    def allows(self, subject: Scope) -> bool:
        """Tell whether a thing of this program or campaign may be seen."""
        if self.programs is None or self.campaigns is None:
            return True
        return subject.program in self.programs or subject.campaign in self.campaigns

    def q(self, *, program: str = "program", campaign: str = "name") -> Q:
        """Return the condition for a list query; `program` and `campaign` are the model's look-ups for the
        two names.
        """
        if self.programs is None or self.campaigns is None:
            return Q()
        condition = Q(pk__in=[])
        if self.programs and program:
            condition |= Q(**{f"{program}__in": sorted(self.programs)})
        if self.campaigns and campaign:
            condition |= Q(**{f"{campaign}__in": sorted(self.campaigns)})
        return condition


def can(user: User, verb: str, subject: Scope | None = None) -> bool:
    """Tell whether the user may do `verb` to `subject`; no subject asks whether there is any it could be done to.

    `Scope()` is the portal as a whole: acting on it takes a role that is not narrowed. LookupError for an undeclared
    verb.
    """
    allowed = allowed_roles(verb)
    if not is_view(verb) and getattr(user, "token_scope", TokenScope.OPERATE) == TokenScope.READ:
        return False
    return any(grant.role in allowed and grant.covers(verb, subject) for grant in _grants(user))


def require(user: User, verb: str, subject: Scope | None = None) -> None:
    """Raise Refused, naming the role that is needed, unless `can`."""
    if can(user, verb, subject):
        return
    if not is_view(verb) and getattr(user, "token_scope", TokenScope.OPERATE) == TokenScope.READ:
        raise Refused(verb, f"{least_role(verb).label} and a token of scope “operate”")
    raise Refused(verb, least_role(verb).label, subject.label if subject else "")


def visible(user: User) -> Narrowing:
    """Return what the user may see of campaigns and all that hangs on them."""
    grants = _grants(user)
    if any(grant.everywhere for grant in grants):
        return Narrowing(None, None)
    return Narrowing(
        frozenset(grant.program for grant in grants if grant.program),
        frozenset(grant.campaign for grant in grants if grant.campaign),
    )


def roles_of(user: User) -> frozenset[Role]:
    """Return the user's roles, narrowed ones too."""
    return frozenset(grant.role for grant in _grants(user))


def _grants(user: User) -> tuple[Grant, ...]:
    """Read the memberships once for each user object, that is once a request."""
    if not user.is_authenticated or not user.is_active:
        return ()
    known: tuple[Grant, ...] | None = getattr(user, _REMEMBERED, None)
    if known is None:
        rows = Membership.objects.filter(user_id=user.pk).values_list("role", "program", "campaign")
        known = tuple(Grant(Role(role), program, campaign) for role, program, campaign in rows)
        if getattr(user, "is_superuser", False):
            known = (Grant(Role.ADMINISTRATOR), *known)
        setattr(user, _REMEMBERED, known)
    return known


class RoleBackend(BaseBackend):
    """Django's own permission questions (the administration site's) answered by the roles."""

    def has_perm(self, user_obj: User, perm: str, obj: Any = None) -> bool:
        """Administrators may fix any data."""
        return can(user_obj, "admin.fix", Scope())

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        """The same for a whole app."""
        return can(user_obj, "admin.fix", Scope())
