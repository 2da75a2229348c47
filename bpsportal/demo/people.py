"""The demo's users with their roles, passwords and tokens, kept in one file that only its owner can read."""

import json
import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from rest_framework.exceptions import AuthenticationFailed

from bpsportal.web.models import Membership, Token, TokenScope
from bpsportal.web.roles import Role
from bpsportal.web.tokens import TokenAuthentication

PEOPLE: Mapping[str, Role] = {
    "viewer": Role.VIEWER,
    "operator": Role.OPERATOR,
    "siteadmin": Role.SITE_ADMINISTRATOR,
    "admin": Role.ADMINISTRATOR,
}
LIFE = timedelta(days=90)


def prepare(path: Path, url: str) -> dict[str, dict[str, str]]:
    """Make the users that are missing and the passwords and tokens that no longer work; name -> password and token.

    What still works is left as it is, so that a second start of the demo changes nobody's password.
    """
    kept = _read(path)
    with transaction.atomic():
        users = {name: _prepare_user(name, role, kept.get(name, {})) for name, role in PEOPLE.items()}
    _write(path, {"url": url, "users": users})
    return users


def _prepare_user(name: str, role: Role, kept: Mapping[str, str]) -> dict[str, str]:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        user = get_user_model().objects.create_user(name, f"{name}@localhost.invalid")
    Membership.objects.get_or_create(user=user, role=role)
    password, token = kept.get("password", ""), kept.get("token", "")
    if not (password and user.check_password(password)):
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save(update_fields=["password"])
    return {"password": password, "token": token if _works(token, name) else _new_token(user)}


def _works(token: str, name: str) -> bool:
    try:
        user, _ = TokenAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return bool(user.get_username() == name)


def _new_token(user: AbstractBaseUser) -> str:
    Token.objects.filter(user=user, name="demo").delete()
    _, text = Token.objects.create(user, expiry=LIFE, scope=TokenScope.OPERATE, name="demo")
    return str(text)


def _read(path: Path) -> Mapping[str, Mapping[str, str]]:
    """What an earlier start kept; nothing of a file that cannot be read as what it should be."""
    try:
        users: Any = json.loads(path.read_text(encoding="utf-8"))["users"]
        return {name: dict(users[name]) for name in PEOPLE if name in users}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    draft.replace(path)
