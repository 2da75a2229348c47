"""`manage.py create_user NAME --role operator`: makes a user with a role, or gives an existing one a further role."""

import getpass
import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from bpsportal.people import give_role, roles_in_words
from bpsportal.web.roles import Role

PASSWORD_VARIABLE = "BPS_PASSWORD"  # noqa: S105 - the name of a variable


class Command(BaseCommand):
    """The password is asked for, or taken from the variable BPS_PASSWORD; never from the command line, which others
    can see.
    """

    help = f"Make a user with a role; the password is asked for, or taken from the variable {PASSWORD_VARIABLE}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name, role and what narrows it."""
        parser.add_argument("name")
        parser.add_argument("--role", choices=[role.value for role in Role], required=True)
        parser.add_argument("--email", default="")
        parser.add_argument("--program", default="", help="only this program")
        parser.add_argument("--campaign", default="", help="only this campaign")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and say what was done."""
        if options["program"] and options["campaign"]:
            raise CommandError("Narrow the role to a program or to a campaign, not to both.")
        with transaction.atomic():
            user = User.objects.filter(username=options["name"]).first()
            is_new = user is None
            if user is None:
                user = User.objects.create_user(options["name"], options["email"], self._password(options["name"]))
            role, program, campaign = Role(options["role"]), options["program"], options["campaign"]
            added = give_role(user, role, program=program, campaign=campaign, actor="manage.py")
        done = "made" if is_new else "given a further role" if added else "left as it was"
        self.stdout.write(f"{user}: {', '.join(roles_in_words(user))} – {done}")

    def _password(self, name: str) -> str:
        """Ask for a password until the rules accept it; one from the environment gets one chance."""
        given = os.environ.get(PASSWORD_VARIABLE)
        password = given or getpass.getpass(f"Password for {name}: ")
        try:
            validate_password(password, User(username=name))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if given is None and getpass.getpass("Again: ") != password:
            raise CommandError("The two passwords differ.")
        return password
