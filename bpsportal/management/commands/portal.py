"""`manage.py portal`: the whole portal in the foreground, every process of it a child of this one."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from bpsportal import broker, clock, parts
from bpsportal.supervisor import AlreadyRunning, Supervisor, say

DEFAULT_PORT = 8000


class Command(BaseCommand):
    """Starts broker (if embedded), workers, clock and web server; restarts what dies; stops all on Ctrl-C
    or SIGTERM.
    """

    help = "Run the whole portal in the foreground: broker (if embedded), workers, clock and web server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen and how many workers."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument(
            "--port", type=int, help=f"port to listen on, exactly; without it {DEFAULT_PORT} or the next free one"
        )
        parser.add_argument("--workers", type=int, default=2, help="worker processes (default 2)")
        parser.add_argument("--web-workers", type=int, default=1, help="web processes of 8 threads each (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, prepare, run until asked to stop."""
        for count in ("workers", "web_workers"):
            if options[count] < 1:
                raise CommandError(f"--{count.replace('_', '-')} must be 1 or more.")
        self._refuse_unprepared()
        supervisor = Supervisor(settings.DATA)
        try:
            supervisor.take()
            listener = parts.listen(options["host"], options["port"] or DEFAULT_PORT, exact=options["port"] is not None)
        except (AlreadyRunning, OSError) as error:
            raise CommandError(str(error)) from None
        host, port = listener.getsockname()[:2]
        url = os.environ.setdefault("BPS_URL", f"http://{_spoken(host)}:{port}").rstrip("/")
        supervisor.compose(
            parts.parts(
                settings.DATA,
                listener=listener,
                workers=options["workers"],
                web_workers=options["web_workers"],
                embedded_broker=settings.EMBEDDED_BROKER,
            ),
            {"url": f"{url}/", "port": port},
        )
        if settings.EMBEDDED_BROKER:
            broker.prepare(settings.DATA)
        self._run(supervisor, parts.readiness(settings.DATA, host, port), url)

    def _run(self, supervisor: Supervisor, ready: Any, url: str) -> None:
        supervisor.listen()
        try:
            supervisor.start(ready)
            say(f"bpsportal is at {url}/ (Ctrl-C stops it; logs are in {supervisor.log_folder})")
            supervisor.watch()
        except (TimeoutError, ChildProcessError) as error:
            raise CommandError(str(error)) from None
        finally:
            say("bpsportal is stopping")
            supervisor.stop()

    def _refuse_unprepared(self) -> None:
        """Say what is unwise, and refuse a database without tables and pages without their static files."""
        for message in run_checks(tags=["mail"], include_deployment_checks=True):
            say(f"note: {message.msg} {message.hint}")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date: run `manage.py migrate` first (`make run` does).")
        if not settings.DEBUG and not _static_is_fresh():
            call_command("collectstatic", interactive=False, verbosity=0)
        clock.install()
        connections.close_all()


def _spoken(host: str) -> str:
    """Return how a URL names the address that is listened on."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - a comparison
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _static_is_fresh() -> bool:
    """Tell whether the collected static files are newer than all that they were collected from."""
    manifest = Path(settings.STATIC_ROOT or "") / "staticfiles.json"
    if not manifest.exists():
        return False
    sources = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list(None))
    return all(path.stat().st_mtime <= manifest.stat().st_mtime for path in sources)
