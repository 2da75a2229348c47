"""What the clock sends and how often; the entries are written into django-celery-beat's tables when the
clock starts.
"""

import logging
from dataclasses import dataclass
from typing import Any

from celery.signals import beat_init
from django.db import transaction

logger = logging.getLogger(__name__)

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the clock; it is dropped unread when no worker took it within `expires_s`."""

    name: str
    task: str
    every_s: int
    expires_s: int


ENTRIES = (
    Entry("execution: one pass over every site", "execution.tasks.tick", every_s=1, expires_s=5),
    Entry("campaigns: roll states up", "campaigns.tasks.reconcile", every_s=2, expires_s=10),
    Entry("campaigns: send notices", "campaigns.tasks.notify", every_s=5, expires_s=30),
    Entry("campaigns: go on with planning", "campaigns.tasks.resume_planning", every_s=10, expires_s=60),
    Entry("portal: housekeeping", "bpsportal.tasks.housekeeping", every_s=DAY_S, expires_s=3600),
)


def install() -> int:
    """Make the tables agree with ENTRIES and return how many rows changed; what an administrator disabled stays
    disabled.
    """
    from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

    changed = 0
    with transaction.atomic():
        for entry in ENTRIES:
            interval, _ = IntervalSchedule.objects.get_or_create(every=entry.every_s, period=IntervalSchedule.SECONDS)
            wanted = {"task": entry.task, "interval_id": interval.pk, "expire_seconds": entry.expires_s}
            row = PeriodicTask.objects.filter(name=entry.name).first()
            if row is None:
                PeriodicTask.objects.create(name=entry.name, **wanted)
            elif any(getattr(row, key) != value for key, value in wanted.items()):
                PeriodicTask.objects.filter(pk=row.pk).update(**wanted)
            else:
                continue
            changed += 1
        if changed:
            PeriodicTasks.update_changed()
    return changed


@beat_init.connect(weak=False, dispatch_uid="bpsportal.clock")
def _install_before_the_first_beat(**_: Any) -> None:
    """The clock starts with a complete table whatever state it found."""
    logger.info("clock entries changed=%d", install())
