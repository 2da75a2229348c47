"""SiteClient: a site's row joined with its driver and transport; what passes talk to."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from execution import drivers, runner_archive, transports
from execution.core import outbox
from execution.core.command import Command
from execution.core.errors import SiteError
from execution.core.script import Place
from execution.framework import Journal
from execution.models import Site

T = TypeVar("T")
log = logging.getLogger(__name__)


class SiteClient:
    """One site for the length of a tick: one connection, closed at its end."""

    def __init__(self, site: Site) -> None:
        self.site, self.journal = site, Journal(site)
        self.settled: list[str] = []
        self.workdir = site.workdir.replace("{data}", str(settings.DATA))
        self.transport = transports.connect(site.transport, Path(self.workdir))
        archive = runner_archive.build(settings.DATA / "runner")
        self.place = Place(
            workdir=self.workdir,
            runner=str(archive),
            python=self.transport.python,
            directives=tuple(site.directives),
            slots=site.limit("running", 2),
        )
        self.transport = transports.connect(site.transport, Path(self.workdir))
        archive = runner_archive.build(settings.DATA / "runner")
        self.place = Place(
            workdir=self.workdir,
            runner=str(archive),
            python=self.transport.python,
            directives=tuple(site.directives),
            slots=site.limit("running", 2),
        )
        self.driver = drivers.get(site.driver, self.place)

    def prepare(self) -> None:
        """Make the work directory of a site that was never used; one that was and is gone is trouble, not news."""
        if self.site.seen_at is None:
            self.write(
                {f"{self.workdir}/README": b"Attempts of a batch production portal; it clears them away by itself.\n"}
            )

    def call(self, command: Command[T], timeout: float = 60.0) -> T:
        """Run a driver's words at the site and read the answer; raises SiteError."""
        return command.parse(self.transport.run(command.argv, stdin=command.stdin, timeout=timeout))

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files below the work directory, whole or not at all; raises SiteError."""
        self.transport.write({Path(path): body for path, body in files.items()})

    def notes(self, most: int) -> Mapping[str, bytes]:
        """Up to `most` exit notes that wait in the site's outbox, by token; raises SiteError. Settled ones go
        with it.
        """
        found = self.call(outbox.notes(self.place, most, self.settled))
        self.settled = []
        return found

    def acknowledge(self, tokens: Sequence[str]) -> None:
        """These notes are settled: they and their attempts' folders may go, with the next look at the latest
        at the end.
        """
        self.settled += tokens

    def claimed(self, token: str) -> bool:
        """Whether a runner has ever begun this attempt: its claim outlives everything else of it."""
        return self.transport.run(("test", "-d", f"{self.workdir}/claims/{token}")).exit_code == 0

    def close(self) -> None:
        """Acknowledge what is settled, and end the connection; a site that cannot be reached now is told next time."""
        try:
            if self.settled:
                self.call(outbox.acknowledge(self.place, self.settled))
        except SiteError as trouble:
            log.warning("site=%s %s settled notes stay for now: %s", self.site.name, len(self.settled), trouble)
        finally:
            self.transport.close()
