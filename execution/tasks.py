"""Celery tasks of execution: messages that say "look now"; everything they do is read from the database and
the sites.
"""

from celery import shared_task
from django.utils import timezone

from execution import place
from execution import tick as ticks


@shared_task(name="execution.tasks.tick")
def tick() -> None:
    """The clock's: place what is ready, then look at every site that has anything to do."""
    place.run(timezone.now())
    for name in ticks.due():
        tick_site.delay(name)


@shared_task(name="execution.tasks.tick_site")
def tick_site(name: str) -> int:
    """One site's tick; a doubled message finds the lease taken and does nothing."""
    return ticks.tick(name)
