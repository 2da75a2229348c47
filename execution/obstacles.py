"""What stands in the way of a job at each site that it may use."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from execution import specs
from execution.core import limits
from execution.core.merging import merge
from execution.core.states import AT_SITE, JobState
from execution.core.workflow import Request
from execution.models import Job, Site, SoftwareVersion, StepInstance


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the site does not take the job, empty text when it would."""

    site: str
    text: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the checks look at: the job, what it asks for and its software, how many jobs are there, the time."""

    job: Job
    request: Request
    software: tuple[SoftwareVersion, ...]
    at_site: int
    now: datetime


def obstacles(job: Job, now: datetime) -> list[Obstacle]:
    """One for each site that the job's workflow may use, by name: the first thing in the way of each."""
    blueprint = specs.blueprint(job.workflow.blueprint_id)
    labels = Counter(StepInstance.objects.filter(job=job).values_list("step", flat=True))
    names = {step.software for step in blueprint.steps if step.label in labels}
    software = tuple(SoftwareVersion.objects.filter(name__in=names - {""}))
    sites = {site.name: site for site in Site.objects.filter(name__in=list(blueprint.requests))}
    found = []
    for name, asked in blueprint.requests.items():
        site = sites.get(name)
        if site is None:
            found.append(Obstacle(name, "there is no such site any more"))
            continue
        there = Job.objects.filter(site=site, state__in=[JobState.READY, *AT_SITE]).count()
        parts = [(label, asked.get(label, Request()), n) for label, n in labels.items()]
        request = merge(parts) if parts else Request()
        wanted = Wanted(job, request, software, there, now)
        found.append(next((o for check in CHECKS if (o := check(site, wanted))), Obstacle(name)))
    return found


def _paused(site: Site, wanted: Wanted) -> Obstacle | None:
    if not site.paused:
        return None
    by = f" by {site.paused_by}" if site.paused_by else ""
    why = f": {site.paused_why}" if site.paused_why else ""
    return Obstacle(site.name, f"paused{by}{why}", site.paused_at)


def _troubled(site: Site, wanted: Wanted) -> Obstacle | None:
    return Obstacle(site.name, f"in trouble: {site.trouble}", site.trouble_at) if site.trouble else None


def _left_alone(site: Site, wanted: Wanted) -> Obstacle | None:
    if site.retry_at is None or site.retry_at <= wanted.now:
        return None
    return Obstacle(site.name, f"is left alone until {site.retry_at:%Y-%m-%d %H:%M:%S %Z}", site.trouble_at)


def _too_small(site: Site, wanted: Wanted) -> Obstacle | None:
    memory = max(wanted.request.memory_mb, wanted.job.memory_mb or 0)
    for noun, asked, offered in (
        ("MiB of memory", memory, site.offers.get("memory")),
        ("cpus", wanted.request.cpus, site.offers.get("cpus")),
    ):
        if offered is not None and asked > offered:
            return Obstacle(site.name, f"offers {offered} {noun}, the job asks for {asked}")
    return None


def _without_software(site: Site, wanted: Wanted) -> Obstacle | None:
    lacking = sorted(version.name for version in wanted.software if site.name not in version.sites)
    return Obstacle(site.name, f"does not have the software {', '.join(lacking)}") if lacking else None


def _full(site: Site, wanted: Wanted) -> Obstacle | None:
    running, queued = site.limit("running", 2), site.limit("queued", 200)
    if limits.room(running=running, queued=queued, pace=site.pace, at_site=wanted.at_site):
        return None
    return Obstacle(
        site.name, f"full: {wanted.at_site} jobs are there already (limits: {running} running, {queued} queued)"
    )


def _avoided(site: Site, wanted: Wanted) -> Obstacle | None:
    if site.name not in wanted.job.avoid:
        return None
    return Obstacle(site.name, "avoided, it failed an earlier attempt; taken again when no other site is left")


CHECKS: tuple[Callable[[Site, Wanted], Obstacle | None], ...] = (
    _paused, _troubled, _left_alone, _without_software, _too_small, _avoided, _full,
)  # fmt: skip
