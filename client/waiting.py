"""Waiting for a campaign's end, with a progress bar for people."""

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from client.portal import Portal

LOOK_S = 2.0
STATUS = {
    "succeeded": 0, "failed": 1, "planning": 3, "running": 3, "paused": 4, "cancelling": 5, "draft": 6, "ready": 6,
    "archived": 7,
}  # fmt: skip
"""State -> exit status of `bps status`; 2 is left to a wrong command line."""
GOING = ("planning", "running", "paused", "cancelling")


def wait(portal: Portal, name: str, console: Console, *, quiet: bool = False) -> Mapping[str, Any]:
    """Look every two seconds until the campaign does not go on any more; returns it as it is then."""
    words = TextColumn("[progress.description]{task.description}")
    bar = Progress(words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, disable=quiet)
    with bar:
        line = bar.add_task(name, total=None)
        while True:
            campaign = portal.get(f"campaigns/{name}/")
            found: Mapping[str, int] = campaign["with_subcampaigns"]
            total = sum(found.values())
            ended = total - found.get("waiting", 0) - found.get("running", 0)
            least = " (at least)" if campaign["at_least"] else ""
            bar.update(line, description=f"{name} {campaign['state']}{least}", total=total or None, completed=ended)
            if campaign["state"] not in GOING:
                return dict(campaign)
            time.sleep(LOOK_S)
