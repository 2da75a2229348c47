"""A portal for a benchmark: a data folder and database of its own (SQLite, or PostgreSQL with --postgres),
gone afterwards.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own instead of SQLite")
    return parser


@contextmanager
def portal(*, postgres: bool) -> Iterator[Path]:
    """Set Django up over an empty database; yields the data folder."""
    from tests.rigs import postgresql

    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bps-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        os.environ |= {
            "BPS_DATA": str(folder), "BPS_SECRET_KEY": "only-for-a-benchmark-" * 3, "BPS_BROKER_URL": "memory://",
            "BPS_LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "bpsportal.settings",
        }  # fmt: skip
        os.environ.pop("DATABASE_URL", None)
        if postgres:
            os.environ["DATABASE_URL"] = stack.enter_context(postgresql.server())
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield folder
        from django.db import connections

        connections.close_all()


def cpu_s() -> float:
    """CPU seconds of this process and of the children it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def peak_mb() -> float:
    """Peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(**figures: object) -> None:
    """Print the figures as the last line, one JSON object."""
    print(json.dumps({key: round(v, 4) if isinstance(v, float) else v for key, v in figures.items()}))
