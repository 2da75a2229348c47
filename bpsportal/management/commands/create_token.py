"""`manage.py create_token USER`: prints one API token and nothing else."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from bpsportal.people import make_token
from bpsportal.web.models import TokenScope

LONGEST_DAYS = 3650


class Command(BaseCommand):
    """The token is kept as a hash: this is the only time that its text is seen."""

    help = "Make an API token for a user and print it."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, what for, how long."""
        parser.add_argument("user", help="the user's name")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ.value, help="default: read")
        parser.add_argument("--days", type=int, default=90, help="how long it is valid (default 90)")
        parser.add_argument("--name", default="", help="a word to know it by")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token."""
        if not 1 <= options["days"] <= LONGEST_DAYS:
            raise CommandError(f"--days must be between 1 and {LONGEST_DAYS}.")
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            names = ", ".join(User.objects.order_by("username").values_list("username", flat=True)[:20])
            raise CommandError(
                f"There is no user “{options['user']}”. Users: {names or 'none yet, see manage.py create_user'}."
            )
        if not user.is_active:
            raise CommandError(f"The user “{options['user']}” is switched off.")
        scope = TokenScope(options["scope"])
        text = make_token(user, scope=scope, days=options["days"], name=options["name"], actor="manage.py")
        self.stdout.write(text)
