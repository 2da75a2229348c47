"""Drives the engine in tests without Celery: a local site of its own, passes until a workflow has ended."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from execution import place, specs, workflows
from execution import tick as ticks
from execution.core.target import Target
from execution.core.workflow import Workflow as Planned
from execution.models import Job, Site, StepInstance, Tally, Workflow

DEADLINE_S = 120.0


class Engine:
    """A local site in a folder of its own and the passes over it."""

    def __init__(self, folder: Path, *, running: int = 2, queued: int = 200) -> None:
        self.workdir = folder / "site"
        self.workdir.mkdir(parents=True)
        limits = {"running": running, "queued": queued}
        self.site = Site.objects.create(name="local", driver="local", workdir=str(self.workdir), limits=limits)
        specs.forget()

    def load(self, planned: Planned, *, points: dict[str, list[str]] | None = None, closes: str = "") -> Workflow:
        """Store a workflow and let it count."""
        workflows.start(planned)
        workflows.complete(target_of(planned), points=points, closes=closes)
        return Workflow.objects.get(name=planned.name)

    def pass_once(self) -> int:
        """One look at everything, as the clock asks for."""
        return place.run(timezone.now()) + sum(ticks.tick(name) for name in ticks.due())

    def run_until(self, done: Callable[[], bool]) -> None:
        """Pass after pass until `done`; fails when that takes too long."""
        until = time.monotonic() + DEADLINE_S
        while not done():
            assert time.monotonic() < until, self.describe()
            self.pass_once()

    def finish(self, *rows: Workflow) -> None:
        """Run until these workflows have ended."""
        self.run_until(lambda: not Workflow.objects.filter(pk__in=[row.pk for row in rows], ended_at=None).exists())

    def describe(self) -> str:
        """What is where, for a failing test."""
        site = Site.objects.get(pk=self.site.pk)
        states = Counter(Job.objects.values_list("label", "state"))
        return f"{dict(states)}; site: paused={site.paused} trouble={site.trouble!r}"

    def claims(self) -> list[str]:
        """Tokens of all attempts that ever ran."""
        return sorted(os.listdir(self.workdir / "claims")) if (self.workdir / "claims").is_dir() else []

    def spool_pid(self) -> int | None:
        """The spool daemon's process id, if one runs."""
        file = self.workdir / "spool" / "daemon.pid"
        return int(file.read_text().split()[0]) if file.exists() and file.read_text().strip() else None

    def stop(self) -> None:
        """End what still runs of this site's own spool."""
        pid = self.spool_pid()
        if pid:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                return


def target_of(planned: Planned) -> Target:
    """The payload that a planned workflow belongs to."""
    return Target(planned.blueprint.campaign, planned.blueprint.run, planned.blueprint.payload)


def instance_states(*labels: str) -> dict[str, int]:
    """How many step instances are in which state, of these steps or of all."""
    rows = StepInstance.objects.filter(step__in=labels) if labels else StepInstance.objects.all()
    return dict(Counter(rows.values_list("state", flat=True)))


def counters_agree() -> bool:
    """Whether the counters say what the rows say."""
    rows: Counter[tuple[int, str, str, str]] = Counter()
    for workflow, label, state in Job.objects.values_list("workflow_id", "label", "state"):
        rows[workflow, "job", label, state] += 1
    for workflow, label, state in StepInstance.objects.values_list("workflow_id", "step", "state"):
        rows[workflow, "instance", label, state] += 1
    told = {
        tuple(row[:4]): row[4]
        for row in Tally.objects.exclude(n=0).values_list("workflow_id", "kind", "label", "state", "n")
    }
    return told == dict(rows)
