"""Framework steps: dispatch, transfer, verification and load are executions too, and leave their facts
(LDM-636 0052).
"""

import platform
import resource
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from bpsportal.web.version import VERSION
from execution.core.naming import new_token
from execution.models import Site, Workflow
from provenance import ledger
from provenance.core.facts import ExecutionFact, ExecutionKind, Outcome


class Journal:
    """The framework steps of a pass, written together at its end."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.facts: list[ExecutionFact] = []

    @contextmanager
    def step(self, kind: str, workflows: Collection[Workflow]) -> Iterator[None]:
        """Measure what is done inside: one fact for each payload it was done for, failed when an error leaves it."""
        started_at, wall, cpu = timezone.now(), time.monotonic(), time.process_time()
        outcome, message = Outcome.SUCCEEDED, ""
        try:
            yield
        except Exception as trouble:
            outcome, message = Outcome.FAILED, f"{type(trouble).__name__}: {trouble}"[:300]
            raise
        finally:
            self.facts += [
                ExecutionFact(
                    kind=ExecutionKind(kind),
                    campaign=campaign,
                    run=run,
                    payload=payload,
                    step=kind,
                    token=new_token(),
                    outcome=outcome,
                    site=self.site.name,
                    host=platform.node(),
                    software="bpsportal",
                    version=VERSION,
                    environment={"python": platform.python_version()},
                    started_at=started_at,
                    ended_at=timezone.now(),
                    wall_s=time.monotonic() - wall,
                    cpu_s=time.process_time() - cpu,
                    message=message,
                    memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                )
                for campaign, run, payload in sorted({(w.campaign, w.run, w.payload) for w in workflows})
            ]

    def write(self) -> None:
        """Tell the ledger, and begin anew."""
        facts, self.facts = self.facts, []
        if facts:
            with transaction.atomic():
                ledger.collected(facts)
