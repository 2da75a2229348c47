"""A tick: one pass over one site under its lease: collect, poll, place, dispatch, again while there is
something to do.
"""

import logging
import random
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from execution import collect, dispatch, place, poll
from execution.core import limits
from execution.core.errors import AccessDenied, SiteError
from execution.core.states import AT_SITE, JobState
from execution.lease import Held, LeaseLost, take
from execution.models import Attempt, Job, Site
from execution.site import SiteClient
from provenance import ledger
from provenance.core.events import EventKind

log = logging.getLogger(__name__)

LONGEST_S = 8.0
"""A tick that has work goes on for this long at most, then the next message takes over."""
QUIET_S = 0.4
"""A tick whose jobs say nothing new for so long ends; the clock's next message is soon enough."""
POLL_S = 1.0
"""The batch system's listing is asked for no more often than this; exit notes come by themselves meanwhile."""
BREATH_S = 0.05
"""Between two passes of which the first found nothing new."""


def due() -> list[str]:
    """Sites that have anything to do: jobs placed or at the site, or trouble to be looked after; not those to
    be left alone.
    """
    now = timezone.now()
    busy = Job.objects.filter(site__isnull=False, state__in=[JobState.READY, *AT_SITE]).values("site")
    sites = Site.objects.filter(Q(pk__in=busy) | (Q(paused=False) & ~Q(trouble=""))).exclude(retry_at__gt=now)
    return list(sites.values_list("name", flat=True))


def tick(name: str) -> int:
    """Work on the site for a bounded time; returns how many things changed. Another worker's lease means
    nothing to do.
    """
    lease = take(f"site:{name}", timezone.now())
    if lease is None:
        return 0
    client = SiteClient(Site.objects.get(name=name))
    try:
        return _passes(client, lease)
    except LeaseLost:
        log.warning("site=%s lease lost: another worker goes on", name)
        return 0
    except SiteError as trouble:
        _note_trouble(client.site, trouble)
        return 0
    finally:
        client.journal.write()
        client.close()
        lease.release(timezone.now())


def _passes(client: SiteClient, lease: Held) -> int:
    began = news_at = time.monotonic()
    asked_at, changed = began - POLL_S, 0
    while True:
        pass_began = time.monotonic()
        ended = collect.run(client, lease)
        if pass_began - asked_at >= POLL_S:
            asked_at = pass_began
            poll.look_at_nodes(client)
            ended += poll.run(client, lease) + collect.silent(client, lease)
        sent = place.run(timezone.now()) + dispatch.run(client, lease)
        now = time.monotonic()
        _note_answer(client.site, ended, now - pass_began)
        client.journal.write()
        changed += ended + sent
        if ended or sent:
            news_at = now
        elif now - news_at > QUIET_S or not Attempt.objects.filter(site=client.site, is_open=True).exists():
            return changed
        else:
            time.sleep(BREATH_S)
        if now - began > LONGEST_S:
            return changed


def _note_answer(site: Site, ended: int, seconds: float) -> None:
    now = timezone.now()
    site.pace = limits.paced(site.pace, ended, max(seconds, BREATH_S)) if ended else site.pace
    back = bool(site.trouble)
    with transaction.atomic():
        Site.objects.filter(pk=site.pk).update(seen_at=now, pace=site.pace, trouble="", trouble_at=None, retry_at=None)
        if back:
            ledger.record(EventKind.SITE_BACK, actor="portal", site=site.name)
    site.trouble = ""


def _note_trouble(site: Site, trouble: SiteError) -> None:
    """Keep what the site said; the longer the trouble, the later the next try, with jitter so that workers spread."""
    now = timezone.now()
    since = site.trouble_at or now
    delay = min(300.0, max(2.0, (now - since).total_seconds())) * random.uniform(0.5, 1.0)  # noqa: S311
    text = f"{type(trouble).__name__}: {trouble}"[:500]
    log.warning("site=%s %s; next try in %.0f s", site.name, text, delay)
    fields = {"trouble": text, "trouble_at": since, "retry_at": now + timedelta(seconds=delay)}
    with transaction.atomic():
        if isinstance(trouble, AccessDenied):
            fields |= {"paused": True, "paused_why": text[:300], "paused_by": "portal", "paused_at": now}
            ledger.record(EventKind.SITE_PAUSED, actor="portal", site=site.name, why=text)
        elif not site.trouble:
            ledger.record(EventKind.SITE_DARK, actor="portal", site=site.name, why=text)
        Site.objects.filter(pk=site.pk).update(**fields)
