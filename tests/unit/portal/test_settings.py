"""Settings from the environment, each in a process of its own, and what `check --deploy` says of a production one."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SHOW = (
    "import json; from bpsportal import settings as s; "
    "print(json.dumps({{k: str(getattr(s, k, None)) for k in {names!r}}}))"
)
PLAIN = {
    key: value for key, value in os.environ.items() if not key.startswith(("BPS_", "DATABASE_", "EMAIL_", "DJANGO_"))
}


def shown(tmp_path: Path, *names: str, **environment: str) -> dict[str, str]:
    """Return settings as text, made with these variables."""
    env = {**PLAIN, "BPS_DATA": str(tmp_path), **environment}
    code = SHOW.format(names=names)
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_without_any_variable_all_is_embedded_and_only_for_this_machine(tmp_path):
    found = shown(tmp_path, "SECRET_KEY", "CELERY_BROKER_URL", "ALLOWED_HOSTS", "EMBEDDED_BROKER", "SQLITE", "HTTPS")
    assert found == {
        "SECRET_KEY": "",
        "CELERY_BROKER_URL": f"redis+socket://{tmp_path}/run/broker.sock",
        "ALLOWED_HOSTS": "['127.0.0.1', '[::1]', 'localhost']",
        "EMBEDDED_BROKER": "True",
        "SQLITE": "True",
        "HTTPS": "False",
    }


def test_an_https_address_makes_everything_strict(tmp_path):
    names = (
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_SSL_REDIRECT",
        "CSRF_TRUSTED_ORIGINS",
        "ALLOWED_HOSTS",
    )
    found = shown(tmp_path, *names, BPS_URL="https://bps.example.org/")
    assert found == {
        "SESSION_COOKIE_SECURE": "True",
        "CSRF_COOKIE_SECURE": "True",
        "SECURE_SSL_REDIRECT": "True",
        "CSRF_TRUSTED_ORIGINS": "['https://bps.example.org']",
        "ALLOWED_HOSTS": "['127.0.0.1', '[::1]', 'bps.example.org', 'localhost']",
    }


def test_database_and_mail_come_as_urls(tmp_path):
    found = shown(
        tmp_path,
        "SQLITE",
        "EMAIL_HOST",
        "DEFAULT_FROM_EMAIL",
        DATABASE_URL="postgres://u:p@h/n",
        EMAIL_URL="smtp://mail.example.org:25",
        BPS_MAIL_FROM="bps@example.org",
    )
    assert found == {"SQLITE": "False", "EMAIL_HOST": "mail.example.org", "DEFAULT_FROM_EMAIL": "bps@example.org"}


def test_a_production_environment_passes_the_deployment_checks():
    done = subprocess.run(
        [sys.executable, "-m", "tests.production", "check", "--deploy", "--fail-level", "WARNING"],
        env=PLAIN,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_web_server_does_not_start_without_a_secret(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import bpsportal.wsgi"],
        env={**PLAIN, "BPS_DATA": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr
