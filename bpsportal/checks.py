"""System checks: what is missing or unwise in this installation, each with an id and what to do about it."""

import os
import sqlite3
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

from bpsportal import broker

BROKER_SCHEMES = {"redis", "rediss", "redis+socket", "memory"}
LEAST_SQLITE = (3, 35, 0)


@register(Tags.security)
def secret(**_: Any) -> list[CheckMessage]:
    """E001: nothing can be signed without a key. LazySettings refuses to return an empty one, so look beneath."""
    if settings._wrapped.SECRET_KEY:
        return []
    hint = (
        "Set BPS_SECRET_KEY to a long random text, the same in every process of the portal: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'. "
        "To try the portal out, `make demo` makes one by itself."
    )
    return [Error("The portal has no secret key.", hint=hint, id="bpsportal.E001")]


@register(Tags.files)
def data_folder(**_: Any) -> list[CheckMessage]:
    """E002: the data folder must exist, or be possible to make, and be writable."""
    folder = settings.DATA
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    hint = f"Make {folder} a folder that the portal's account may write to, or set BPS_DATA to another one."
    return [Error(f"The data folder {folder} cannot be written to.", hint=hint, id="bpsportal.E002")]


@register("broker")
def broker_address(**_: Any) -> list[CheckMessage]:
    """E003: the broker's address must be one that can be used; E004: the embedded broker needs a server program."""
    if not settings.EMBEDDED_BROKER:
        scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
        if scheme in BROKER_SCHEMES:
            return []
        hint = "Set BPS_BROKER_URL=redis://host:6379/0, or leave it out for the embedded broker."
        return [Error(f"BPS_BROKER_URL has the unknown scheme “{scheme}”.", hint=hint, id="bpsportal.E003")]
    try:
        broker.program()
    except broker.NoServer as error:
        return [Error("There is no server program for the embedded broker.", hint=str(error), id="bpsportal.E004")]
    return []


@register(Tags.database)
def database(**_: Any) -> list[CheckMessage]:
    """W001: SQLite has one writer at a time; E005: it must be new enough for upserts that return rows."""
    if not settings.SQLITE:
        return []
    found: list[CheckMessage] = []
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        least = ".".join(map(str, LEAST_SQLITE))
        hint = f"Use a Python built with SQLite {least} or later, or PostgreSQL by DATABASE_URL."
        found.append(Error(f"SQLite {sqlite3.sqlite_version} is too old.", hint=hint, id="bpsportal.E005"))
    if settings.HTTPS or (not settings.EMBEDDED_BROKER and settings.CELERY_BROKER_URL.startswith("redis")):
        hint = "Set DATABASE_URL=postgres://user:password@host/name for an installation with several workers."
        found.append(Warning("SQLite is used for what looks like production.", hint=hint, id="bpsportal.W001"))
    return found


@register("mail", deploy=True)
def mail(**_: Any) -> list[CheckMessage]:
    """I001: without a mail server notices are only files; E006: a sender's address must be one."""
    found: list[CheckMessage] = []
    if "@" not in settings.DEFAULT_FROM_EMAIL:
        hint = "Set BPS_MAIL_FROM to the address that notices come from."
        found.append(Error(f"“{settings.DEFAULT_FROM_EMAIL}” is no mail address.", hint=hint, id="bpsportal.E006"))
    if not settings.MAIL_CONFIGURED:
        hint = "Set EMAIL_URL=smtp://user:password@host:587/?tls=True to have notices sent."
        text = f"No mail server is configured: notices are kept as files in {settings.DATA / 'mail'}."
        found.append(Info(text, hint=hint, id="bpsportal.I001"))
    return found


@register("address")
def address(**_: Any) -> list[CheckMessage]:
    """E007: the public address must be a URL; W002: signing in over plain HTTP is for this machine only."""
    return list(_address(settings.PUBLIC_URL))


def _address(url: str) -> Iterator[CheckMessage]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        hint = "Set BPS_URL to the address that people type, such as https://bps.example.org."
        yield Error(f"BPS_URL “{url}” is no web address.", hint=hint, id="bpsportal.E007")
    elif parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        hint = "Put a proxy with TLS in front of the portal and set BPS_URL=https://…; cookies are then marked secure."
        yield Warning("The portal is served over plain HTTP to other machines.", hint=hint, id="bpsportal.W002")
