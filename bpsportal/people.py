"""What changes people's rights, each with its line in the ledger: roles given and taken, tokens made and taken."""

from django.contrib.auth.models import User
from django.db import transaction

from bpsportal.web import tokens
from bpsportal.web.models import Membership, Token, TokenScope
from bpsportal.web.roles import Role
from provenance import ledger
from provenance.ledger import EventKind


def roles_in_words(user: User) -> list[str]:
    """Return the user's roles with what narrows them, sorted."""
    rows = Membership.objects.filter(user=user)
    return sorted(
        f"{Role(row.role).label}{f' ({where})' if (where := row.program or row.campaign) else ''}" for row in rows
    )


def note_roles(user: User, before: list[str], *, actor: str) -> None:
    """Tell the ledger when the user's roles are not any more what they were."""
    after = roles_in_words(user)
    if after != before:
        details = {"user": user.get_username(), "before": before, "after": after}
        ledger.record(EventKind.USER_ROLE, actor=actor, details=details)


@transaction.atomic
def give_role(user: User, role: Role, *, program: str = "", campaign: str = "", actor: str) -> bool:
    """Give a role, everywhere or narrowed to one program or one campaign; False when the user had it already."""
    before = roles_in_words(user)
    _, is_new = Membership.objects.get_or_create(user=user, role=role, program=program, campaign=campaign)
    note_roles(user, before, actor=actor)
    return is_new


@transaction.atomic
def make_token(user: User, *, scope: TokenScope, days: int, name: str = "", actor: str) -> str:
    """Make a token and return its text, which is never to be seen again."""
    text = tokens.create_token(user, scope=scope, days=days, name=name)
    details = {"user": user.get_username(), "scope": scope.value, "days": days, "name": name}
    ledger.record(EventKind.USER_TOKEN, actor=actor, details=details)
    return text


@transaction.atomic
def revoke_token(token: Token, *, actor: str) -> None:
    """Take a token away; what it was used for so far stays."""
    details = {"user": token.user.get_username(), "scope": token.scope, "name": token.name}
    ledger.record(EventKind.USER_TOKEN_REVOKED, actor=actor, details=details)
    token.delete()
