"""Run a management command with settings as in production, without a server: `python -m tests.production
check --deploy`.
"""

import os
import sys
import tempfile

from django.core.management import execute_from_command_line

with tempfile.TemporaryDirectory(prefix="bps-production-") as folder:
    for name in [name for name in os.environ if name.startswith("BPS_")]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "bpsportal.settings",
        "BPS_DATA": folder,
        "BPS_URL": "https://bps.example.org",
        "BPS_SECRET_KEY": "a-production-key-has-more-than-fifty-characters-and-is-random-0123456789",
        "BPS_BROKER_URL": "redis://127.0.0.1:6379/0",
        "BPS_MAIL_FROM": "bps@example.org",
        "DATABASE_URL": "postgres://bps@127.0.0.1:5432/bps",
        "EMAIL_URL": "smtp://127.0.0.1:25",
        "BPS_LOG_LEVEL": "ERROR",
    }
    execute_from_command_line(["manage.py", *sys.argv[1:]])
