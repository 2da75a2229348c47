"""The machines of a site as its batch system describes them, and one question to a site to see whether it answers."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import Missing, PortalError
from execution.core.errors import SiteError
from execution.core.sighting import NodeSighting
from execution.models import Node, Site
from execution.site import SiteClient
from provenance import ledger
from provenance.core.events import EventKind

CHECK_TIMEOUT_S = 15.0
SEEN = ("state", "cpus", "cpus_used", "memory_mb", "load", "seen_at")


@dataclass(frozen=True, slots=True)
class Check:
    """What one question to a site gave."""

    ok: bool
    message: str
    nodes: int
    took_s: float


def refresh(site: Site, sightings: Iterable[NodeSighting], now: datetime) -> int:
    """Keep what the batch system says of its machines; one that it no longer names keeps its last word and time."""
    rows = [
        Node(
            site=site, name=seen.name[:200], state=seen.word[:40], cpus=seen.cpus, cpus_used=seen.running or 0,
            memory_mb=seen.memory_mb, load=seen.load, seen_at=now,
        )
        for seen in sightings
    ]  # fmt: skip
    Node.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["site", "name"], update_fields=list(SEEN), batch_size=500
    )
    return len(rows)


def check(name: str, *, actor: str) -> Check:
    """Ask the site's batch system for its machines and say what came of it; raises Missing for an unknown site.

    Changes no state of the site: whether it is used is decided by the passes, by the same signs.
    """
    site = Site.objects.filter(name=name).first()
    if site is None:
        raise Missing("site", name)
    began = time.monotonic()
    found, message = _ask(site)
    result = Check(
        ok=found is not None, message=message, nodes=len(found or ()), took_s=round(time.monotonic() - began, 3)
    )
    with transaction.atomic():
        if found is not None:
            refresh(site, found, timezone.now())
        details = {"ok": result.ok, "took_s": result.took_s}
        ledger.record(EventKind.SITE_CHECKED, actor=actor, site=name, why=message[:300], details=details)
    return result


def _ask(site: Site) -> tuple[list[NodeSighting] | None, str]:
    try:
        client = SiteClient(site)
    except (PortalError, SiteError, OSError) as trouble:
        return None, f"{type(trouble).__name__}: {trouble}"
    try:
        client.prepare()
        nodes = client.call(client.driver.nodes(), timeout=CHECK_TIMEOUT_S)
    except SiteError as trouble:
        return None, f"{type(trouble).__name__}: {trouble}"
    finally:
        client.close()
    return list(nodes), f"the batch system answers and names {len(nodes)} machines"
