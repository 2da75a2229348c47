"""`manage.py rebuild_rollups CAMPAIGN…`: recompute roll-ups and coverage from the ledger and say what differed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bpsportal.web.errors import Missing
from provenance.rebuild import rebuild

SHOWN = 200


class Command(BaseCommand):
    """Reports are read from sums; this folds the ledger once more and puts the sums right."""

    help = "Recompute roll-ups and coverage of campaigns from the ledger. On SQLite other writers wait while it runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take campaigns by name."""
        parser.add_argument("campaign", nargs="+", help="name of a campaign")
        parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild each campaign."""
        wrong = 0
        for name in options["campaign"]:
            try:
                found = rebuild(name, dry_run=options["check"])
            except Missing as error:
                raise CommandError(str(error)) from None
            wrong += len(found)
            self.stdout.write(f"{name}: {'nothing' if not found else len(found)} differed")
            for line in found[:SHOWN]:
                self.stdout.write(f"  {line}")
            if len(found) > SHOWN:
                self.stdout.write(f"  and {len(found) - SHOWN} more")
        if wrong and options["check"]:
            raise CommandError(f"{wrong} sums are not what the ledger says; run without --check to put them right")
