"""`manage.py create_token` and `create_user`."""

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from bpsportal.web.access import can
from bpsportal.web.models import Token
from bpsportal.web.roles import Scope
from provenance.models import Event


def said(*words: str, **options) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_create_token_prints_one_token_and_nothing_else(operator, api):
    text = said("create_token", "operator")
    assert len(text.split()) == 1
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text.strip()}")
    assert client.get("/api/v1/schema/").status_code == 200


def test_a_token_reads_for_90_days_unless_told_otherwise(operator):
    said("create_token", "operator")
    said("create_token", "operator", "--scope", "operate", "--days", "1", "--name", "cron")
    default, other = Token.objects.order_by("created")
    now = timezone.now()
    assert (default.scope, round((default.expiry - now) / timedelta(days=1))) == ("read", 90)
    assert (other.scope, other.name, round((other.expiry - now) / timedelta(days=1))) == ("operate", "cron", 1)


@pytest.mark.parametrize("days", ["0", "-3", "99999"])
def test_a_token_lives_for_a_sensible_time(operator, days):
    with pytest.raises(CommandError, match="--days must be between 1 and 3650"):
        said("create_token", "operator", "--days", days)


def test_an_unknown_user_is_told_who_there_is(operator):
    with pytest.raises(CommandError, match=r"There is no user “opreator”\. Users: operator"):
        said("create_token", "opreator")


def test_a_user_who_was_switched_off_gets_no_token(operator):
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="switched off"):
        said("create_token", "operator")


def test_create_user_makes_a_user_with_a_role(db, monkeypatch):
    monkeypatch.setenv("BPS_PASSWORD", "a-long-enough-password")
    assert said("create_user", "ann", "--role", "operator", "--program", "deep") == "ann: operator (deep) – made\n"
    ann = User.objects.get(username="ann")
    assert ann.check_password("a-long-enough-password")
    assert can(ann, "campaign.pause", Scope(program="deep"))


def test_create_user_gives_an_existing_one_a_further_role(viewer):
    assert said("create_user", "viewer", "--role", "operator") == "viewer: operator, viewer – given a further role\n"
    assert said("create_user", "viewer", "--role", "operator").endswith("left as it was\n")


def test_a_password_that_is_too_easy_makes_nobody(db, monkeypatch):
    monkeypatch.setenv("BPS_PASSWORD", "short")
    with pytest.raises(CommandError, match="at least 12 characters"):
        said("create_user", "ann", "--role", "viewer")
    assert not User.objects.exists()


def test_two_different_passwords_make_nobody(db, monkeypatch):
    monkeypatch.delenv("BPS_PASSWORD", raising=False)
    answers = iter(["a-long-enough-password", "another-long-password"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="differ"):
        said("create_user", "ann", "--role", "viewer")
    assert not User.objects.exists()


def test_the_ledger_hears_of_tokens_and_roles(viewer):
    said("create_token", "viewer")
    said("create_user", "viewer", "--role", "operator")
    told = [(event.kind, event.actor, event.details["user"]) for event in Event.objects.order_by("pk")]
    assert told == [("user.token-created", "manage.py", "viewer"), ("user.role-changed", "manage.py", "viewer")]


def test_the_clocks_entries_can_be_written_by_hand(db):
    assert "every 1 s: execution.tasks.tick" in said("clock")
