"""`manage.py clock`: writes the clock's entries, for installations that start their clock themselves."""

from typing import Any

from django.core.management.base import BaseCommand

from bpsportal import clock


class Command(BaseCommand):
    """Harmless to repeat; `celery -A bpsportal beat` does the same when it starts."""

    help = "Write the clock's entries into the database (the clock does it by itself when it starts)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Install and list them."""
        changed = clock.install()
        for entry in clock.ENTRIES:
            self.stdout.write(f"every {entry.every_s} s: {entry.task}")
        self.stdout.write(f"{changed} changed")
