"""What people say of places: sites and software put in by document, sites paused and resumed, nodes drained."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from bpsportal.web.errors import Invalid, Missing, NotAllowed, Problem
from execution.core import documents
from execution.core.states import AT_SITE
from execution.drivers import DRIVERS
from execution.models import Job, Node, Site, SoftwareVersion
from execution.transports import TRANSPORTS
from provenance import ledger
from provenance.core.events import EventKind

FROZEN = ("driver", "workdir", "shared")
"""Columns that stay as they are while jobs are at the site: attempts could not be found again."""


def put_site(fields: Mapping[str, Any], *, actor: str, why: str = "") -> Site:
    """Create or change the site that the document names; raises Invalid with every problem.

    What the document leaves out falls back to its default: it says the whole, not a change. A site that is already as
    the document says is left alone and nothing is recorded.
    """
    read = documents.read_site(fields)
    if not isinstance(read, documents.SiteDocument):
        raise Invalid(read)
    _refuse_unreachable(read)
    columns = read.columns()
    with transaction.atomic():
        site, is_new = Site.objects.get_or_create(name=read.site, defaults=columns)
        if is_new:
            ledger.record(EventKind.SITE_CREATED, actor=actor, site=site.name, why=why, details={"driver": site.driver})
            return site
        site = Site.objects.select_for_update().get(pk=site.pk)
        changed = _differences(site, columns)
        if not changed:
            return site
        _refuse_moving_under_jobs(site, columns, changed)
        _apply(site, columns, changed)
        ledger.record(EventKind.SITE_CHANGED, actor=actor, site=site.name, why=why, details={"changed": changed})
    return site


def put_software(fields: Mapping[str, Any], *, actor: str, why: str = "") -> SoftwareVersion:
    """Create or change the software version that the document names; raises Invalid with every problem.

    One that is marked for production only becomes available at further sites: another content is another version.
    """
    read = documents.read_software(fields)
    if not isinstance(read, documents.SoftwareDocument):
        raise Invalid(read)
    columns = read.columns()
    with transaction.atomic():
        _refuse_unknown_sites(read)
        row, is_new = SoftwareVersion.objects.get_or_create(name=read.software, defaults=columns)
        if is_new:
            created = {"software": row.name, "digest": row.digest}
            ledger.record(EventKind.SOFTWARE_CREATED, actor=actor, why=why, details=created)
            return row
        row = SoftwareVersion.objects.select_for_update().get(pk=row.pk)
        changed = _differences(row, columns)
        if not changed:
            return row
        if row.production:
            _refuse_other_content(row, columns, changed)
        _apply(row, columns, changed)
        details = {"software": row.name, "changed": changed}
        ledger.record(EventKind.SOFTWARE_CHANGED, actor=actor, why=why, details=details)
    return row


def pause_site(name: str, *, actor: str, why: str) -> Site:
    """Give the site no new jobs; what it has goes on. Raises Missing, NotAllowed when it is paused already."""
    with transaction.atomic():
        site = _site(name)
        if site.paused:
            raise NotAllowed("paused", "pause", ["resume"], f"site {name}")
        paused = {"paused": True, "paused_by": actor, "paused_why": why[:300], "paused_at": timezone.now()}
        _apply(site, paused, list(paused))
        ledger.record(EventKind.SITE_PAUSED, actor=actor, site=name, why=why)
    return site


def resume_site(name: str, *, actor: str, why: str = "") -> Site:
    """Let the site have jobs again, and ask it at once if it was to be left alone. Raises Missing, NotAllowed."""
    with transaction.atomic():
        site = _site(name)
        if not site.paused and site.retry_at is None:
            raise NotAllowed("open", "resume", ["pause"], f"site {name}")
        resumed = {"paused": False, "paused_by": "", "paused_why": "", "paused_at": None, "retry_at": None}
        _apply(site, resumed, list(resumed))
        ledger.record(EventKind.SITE_RESUMED, actor=actor, site=name, why=why)
    return site


def drain_node(site: str, node: str, *, actor: str, why: str) -> Node:
    """Keep a node free of new jobs. Raises Missing, NotAllowed when it is drained already."""
    with transaction.atomic():
        row = _node(site, node)
        if row.drained:
            raise NotAllowed("drained", "drain", ["resume"], f"node {node} of {site}")
        drained = {"drained": True, "drained_why": why[:300]}
        _apply(row, drained, list(drained))
        ledger.record(EventKind.NODE_DRAINED, actor=actor, site=site, why=why, details={"node": node})
    return row


def resume_node(site: str, node: str, *, actor: str, why: str = "") -> Node:
    """Let a drained node have jobs again. Raises Missing, NotAllowed when it is not drained."""
    with transaction.atomic():
        row = _node(site, node)
        if not row.drained:
            raise NotAllowed("open", "resume", ["drain"], f"node {node} of {site}")
        resumed = {"drained": False, "drained_why": ""}
        _apply(row, resumed, list(resumed))
        ledger.record(EventKind.NODE_RESUMED, actor=actor, site=site, why=why, details={"node": node})
    return row


def _site(name: str) -> Site:
    site = Site.objects.select_for_update().filter(name=name).first()
    if site is None:
        raise Missing("site", name)
    return site


def _node(site: str, node: str) -> Node:
    row = Node.objects.select_for_update().filter(site__name=site, name=node).first()
    if row is None:
        raise Missing("node", f"{site}/{node}")
    return row


def _apply(row: Site | Node | SoftwareVersion, columns: Mapping[str, Any], names: Any) -> None:
    for name in names:
        setattr(row, name, columns[name])
    row.save(update_fields=list(names))


def _differences(row: Site | SoftwareVersion, columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Column -> [former, new] of what the document changes."""
    return {name: [getattr(row, name), new] for name, new in columns.items() if getattr(row, name) != new}


def _refuse_unreachable(read: documents.SiteDocument) -> None:
    """Refuse what this portal has no driver or transport for: a site that nobody could ever ask."""
    problems = []
    if read.driver not in DRIVERS:
        problems.append(Problem("driver", f"this portal has no driver for it yet; there are: {', '.join(DRIVERS)}"))
    ways = read.columns()["transport"]
    problems += [
        Problem(f"transport.{way}", f"this portal cannot reach sites that way yet; there are: {', '.join(TRANSPORTS)}")
        for way in ways
        if way not in TRANSPORTS
    ]
    if problems:
        raise Invalid(problems)


def _refuse_moving_under_jobs(site: Site, columns: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    moving = [name for name in FROZEN if name in changed]
    if "transport" in changed and _goes_elsewhere(site.transport, columns["transport"]):
        moving.append("transport")
    if not moving:
        return
    there = Job.objects.filter(site=site, state__in=AT_SITE).count()
    if there:
        message = f"cannot change while {there} jobs are at the site: pause it and let them end, or add a new site"
        raise Invalid([Problem(name, message) for name in moving])


def _goes_elsewhere(former: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether two ways to reach a site have no host in common; one more login host is no other place."""
    if not former.get("ssh") and not new.get("ssh"):
        return False
    hosts = [set((way.get("ssh") or {}).get("hosts", [])) for way in (former, new)]
    return not hosts[0] & hosts[1]


def _refuse_unknown_sites(read: documents.SoftwareDocument) -> None:
    known = sorted(Site.objects.values_list("name", flat=True))
    unknown = [name for name in read.sites if name not in known]
    if unknown:
        raise Invalid(
            [Problem(f"sites.{name}", f"unknown site{documents.close_match(name, known)}") for name in unknown]
        )


def _refuse_other_content(row: SoftwareVersion, columns: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    message = "cannot change in a production version: put it in under another name"
    problems = [Problem(name, message) for name in ("kind", "reference", "probe") if name in changed]
    problems += [
        Problem(f"sites.{site}", message)
        for site, former in row.sites.items()
        if columns["sites"].get(site, former) != former
    ]
    if problems:
        raise Invalid(problems)
