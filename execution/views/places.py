"""Pages of places: sites with their load and nodes, software versions."""

from collections import Counter

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from bpsportal.web.access import require
from bpsportal.web.errors import Invalid, Missing, Problem
from bpsportal.web.roles import Scope
from execution import queries, registry
from execution.models import Site, SoftwareVersion
from execution.nodes import check as check_site

NODES_SHOWN = 500


@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """Every site: how it is, how old that is, what it has."""
    require(request.user, "view.site")
    loads = queries.loads()
    rows = [(site, dict(loads.get(site.pk, Counter()))) for site in Site.objects.order_by("name")]
    return render(request, "execution/sites.html", {"rows": rows})


@require_safe
def site(request: HttpRequest, name: str) -> HttpResponse:
    """One site: limits and load, trouble, nodes, software."""
    require(request.user, "view.site", Scope(site=name))
    row = _site(name)
    nodes = list(row.nodes.order_by("name")[:NODES_SHOWN])
    available = [version for version in SoftwareVersion.objects.order_by("name") if name in version.sites]
    load = queries.loads().get(row.pk, Counter())
    context = {"site": row, "load": dict(load), "total": sum(load.values()), "nodes": nodes, "software": available}
    return render(request, "execution/site.html", context)


@require_POST
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Give it no new jobs."""
    require(request.user, "site.pause", Scope(site=name))
    registry.pause_site(name, actor=request.user.get_username(), why=_why(request))
    messages.success(request, f"Site {name} is paused: it gets no new jobs.")
    return redirect("execution:site", name=name)


@require_POST
def resume(request: HttpRequest, name: str) -> HttpResponse:
    """Give it jobs again."""
    require(request.user, "site.resume", Scope(site=name))
    registry.resume_site(name, actor=request.user.get_username(), why=request.POST.get("why", "")[:300])
    messages.success(request, f"Site {name} gets jobs again.")
    return redirect("execution:site", name=name)


@require_POST
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether it answers."""
    require(request.user, "site.check", Scope(site=name))
    result = check_site(name, actor=request.user.get_username())
    tell = messages.success if result.ok else messages.error
    tell(request, f"Site {name}, asked for {result.took_s:.1f} s: {result.message}")
    return redirect("execution:site", name=name)


@require_POST
def drain(request: HttpRequest, name: str, node: str) -> HttpResponse:
    """Keep a node free of new jobs."""
    require(request.user, "node.drain", Scope(site=name))
    registry.drain_node(name, node, actor=request.user.get_username(), why=_why(request))
    messages.success(request, f"Node {node} gets no new jobs.")
    return redirect("execution:site", name=name)


@require_POST
def undrain(request: HttpRequest, name: str, node: str) -> HttpResponse:
    """Use a drained node again."""
    require(request.user, "node.resume", Scope(site=name))
    registry.resume_node(name, node, actor=request.user.get_username(), why=request.POST.get("why", "")[:300])
    messages.success(request, f"Node {node} gets jobs again.")
    return redirect("execution:site", name=name)


@require_safe
def software(request: HttpRequest) -> HttpResponse:
    """Every software version and where it is available."""
    require(request.user, "view.software")
    return render(request, "execution/software.html", {"versions": list(SoftwareVersion.objects.order_by("name"))})


def _site(name: str) -> Site:
    row = Site.objects.filter(name=name).first()
    if row is None:
        raise Missing("site", name)
    return row


def _why(request: HttpRequest) -> str:
    why = request.POST.get("why", "").strip()[:300]
    if not why:
        raise Invalid([Problem("why", "say why; the ledger keeps the reason and the page shows it")])
    return why
