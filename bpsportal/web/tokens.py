"""API tokens: how a request is known by one, and how one is made."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from bpsportal.web.models import Token, TokenScope


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Bearer …`; the user that comes out of it carries the token's scope."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """Find the token; a text that cannot be one is an authentication failure as well."""
        if not token.isascii() or not token.isalnum():
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)

    def validate_user(self, auth_token: Any) -> tuple[Any, Any]:
        """Hand the scope to `access.can`."""
        user, token = super().validate_user(auth_token)
        user.token_scope = token.scope
        return user, token


def create_token(user: AbstractBaseUser, *, scope: TokenScope, days: int, name: str = "") -> str:
    """Make a token and return its text, which is never to be seen again."""
    _, text = Token.objects.create(user, expiry=timedelta(days=days), scope=scope, name=name)
    return str(text)


def token_of(request: Request) -> Token | None:
    """Return the token a request came with, None for a session."""
    return request.auth if isinstance(request.auth, Token) else None
