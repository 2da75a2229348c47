"""`manage.py demo`: the whole portal with people, data and a campaign that processes a night; `make demo` calls it."""

import json
import logging
import shutil
import signal
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from bpsportal.demo import Trouble, night, people, server, story
from bpsportal.demo.server import Server
from bpsportal.demo.story import Result
from client.portal import Portal, Refusal, Unreachable, connect

EXAMPLE = "examples/calibration"
QUIET_S = 5.0
_INTERRUPTED = 130


class Command(BaseCommand):
    """Everything that happens to the campaign goes through the REST API, as anybody could do it."""

    _shown = ("", "", 0.0)
    help = "Start the portal with the example: users, a simulated night, and a campaign that processes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to end with the campaign."""
        parser.add_argument("--port", type=int, help="port of the portal (default: 8000 or the next free one)")
        parser.add_argument("--exit", action="store_true", help="end with the campaign, with status 0 if all is right")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the whole story; SIGTERM ends it like Ctrl-C."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        try:
            with ExitStack() as stack:
                is_right = self._tell(stack, options["port"], ends=options["exit"])
        except Trouble as trouble:
            raise CommandError(str(trouble)) from None
        except Refusal as refusal:
            raise CommandError(f"the portal refused: {story.explain(refusal)}") from None
        except Unreachable as silence:
            raise CommandError(str(silence)) from None
        except KeyboardInterrupt:
            self._say("\nstopped; what was produced stays in " + str(settings.DATA))
            sys.exit(_INTERRUPTED if options["exit"] else 0)
        if not is_right:
            sys.exit(1)

    def _tell(self, stack: ExitStack, port: int | None, *, ends: bool) -> bool:
        data, root = Path(settings.DATA), Path(settings.BASE_DIR)
        python, folder = night.python_of(data), data / "night"
        if not (folder / "truth.json").exists():
            self._say("simulating a night of 24 exposures with 9 detectors")
            night.simulate(python, folder)
        data.mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        users = people.prepare(data / "demo.json", "")
        connections.close_all()
        self._say("starting the portal")
        portal = server.start(root / "manage.py", data, port)
        stack.callback(portal.stop)
        users = people.prepare(data / "demo.json", portal.url)
        connections.close_all()
        speak = {name: stack.enter_context(_talking(portal.url, user["token"])) for name, user in users.items()}
        self._say(f"the portal is at {portal.url}/")
        example = root / EXAMPLE
        story.register(speak["siteadmin"], speak["operator"], example, folder)
        name = story.begin(speak["operator"], example)
        self._say(f"campaign {name}: {portal.url}/campaigns/{name}/")
        self._introduce(portal, users, data)
        result = story.watch(speak["viewer"], name, self._show, portal.check)
        self._end_line()
        wrong = self._look(speak["viewer"], result, python, folder)
        if ends:
            self._last_line(speak["viewer"], result)
            return not wrong
        self._serve(portal)
        return True

    def _look(self, viewer: Portal, result: Result, python: Path, folder: Path) -> bool:
        """Tell how the campaign ended and what is wrong with its reports; true if anything is."""
        found = [] if result.state == "succeeded" else [f"the campaign has {result.state}"]
        if not found:
            found += story.disagreements(viewer, result.campaign, folder)
            catalogues = Path(settings.BACKBONE) / result.campaign
            found += [fault for fault in [story.verify(python, folder / "truth.json", catalogues)] if fault]
        self._say(f"{result.campaign} {result.state} after {result.wall_s:.0f} s")
        for fault in found:
            self._say(f"  not as it should be: {fault}")
        if not found:
            self._say("its reports agree with the night that went in, and its stars with the truth")
        return bool(found)

    def _introduce(self, portal: Server, users: dict[str, dict[str, str]], data: Path) -> None:
        self._say("")
        self._say("  look at it  " + f"{portal.url}/")
        self._say("  sign in as  " + ", ".join(f"{name} / {user['password']}" for name, user in users.items()))
        self._say(f"  tokens      {data / 'demo.json'} (only you can read it)")
        self._say(f"  REST        {portal.url}/api/v1/docs/")
        self._say("")

    def _last_line(self, viewer: Portal, result: Result) -> None:
        summary = viewer.get("reports/summary/", campaign=result.campaign)
        facts = {
            "campaign": result.campaign,
            "state": result.state,
            "step_instances": sum(result.counts["instances"].values()),
            "jobs": sum(result.counts["jobs"].values()),
            "datasets": sum(amounts["count"] for amounts in summary["datasets"].values()),
            "wall_s": round(result.wall_s, 1),
        }
        self._say(json.dumps(facts))

    def _serve(self, portal: Server) -> None:
        self._say(f"the portal goes on at {portal.url}/ until Ctrl-C")
        while True:
            portal.check()
            time.sleep(1)

    def _show(self, text: str) -> None:
        """One line, updated in place where that is possible; elsewhere a new one every few seconds, if it is new."""
        if self.stdout.isatty():
            width = shutil.get_terminal_size().columns
            self.stdout.write(f"\r\x1b[K{text[: width - 1]}", ending="")
        else:
            words, state = text.rpartition("  ")[0], text.split()[1]
            shown, shown_state, at = self._shown
            if state != shown_state or (words != shown and time.monotonic() - at >= QUIET_S):
                self._shown = (words, state, time.monotonic())
                self.stdout.write(text)
        self.stdout.flush()

    def _end_line(self) -> None:
        if self.stdout.isatty():
            self.stdout.write("")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


class _talking:
    """A portal client that is closed in the end."""

    def __init__(self, url: str, token: str) -> None:
        self.portal = connect(url, token)

    def __enter__(self) -> Portal:
        return self.portal

    def __exit__(self, *_: object) -> None:
        self.portal.http.close()
