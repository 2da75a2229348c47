"""Pages of pipelines and configuration layers: lists, versions with their history, new versions."""

import yaml
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from bpsportal.web.access import Scope, can, require
from bpsportal.web.errors import Invalid, Missing
from campaigns import catalog
from campaigns.forms import LayerForm, NewLayerForm, PipelineForm
from campaigns.models import ConfigLayer, Pipeline, PipelineVersion
from campaigns.services.change_layer import change_layer
from campaigns.services.register import register

BAD_REQUEST = 400


@require_http_methods(["GET", "HEAD", "POST"])
def pipelines(request: HttpRequest) -> HttpResponse:
    """All pipelines with their newest versions; a document for a new pipeline or version."""
    require(request.user, "view.pipeline")
    context = {"form": PipelineForm(), "may_add": can(request.user, "pipeline.change", Scope())}
    status = 200
    if request.method == "POST":
        require(request.user, "pipeline.change", Scope())
        form = PipelineForm(request.POST)
        context["form"] = form
        status = BAD_REQUEST
        if form.is_valid():
            try:
                done = register(form.cleaned_data["document"], user=request.user, reason=form.cleaned_data["reason"])
            except Invalid as invalid:
                context["problems"] = invalid.problems
            else:
                for item in done:
                    messages.success(request, f"{item['kind']} {item['name']}: {item['outcome']}.")
                return redirect("campaigns:pipelines")
    versions = (
        PipelineVersion.objects.defer("text", "document")
        .select_related("pipeline")
        .order_by("pipeline__name", "-version")
    )
    by_name: dict[str, list[PipelineVersion]] = {}
    for version in versions:
        by_name.setdefault(version.pipeline.name, []).append(version)
    return render(request, "campaigns/pipelines.html", {**context, "pipelines": by_name}, status=status)


@require_safe
def pipeline(request: HttpRequest, name: str, version: int | None = None) -> HttpResponse:
    """One version of a pipeline, the newest unless another is asked for."""
    require(request.user, "view.pipeline")
    row = Pipeline.objects.filter(name=name).first()
    versions = list(row.versions.defer("text", "document").order_by("-version")) if row else []
    chosen = version if version is not None else versions[0].version if versions else 0
    if row is None or chosen not in [item.version for item in versions]:
        raise Missing("pipeline", name if version is None else f"{name} version {version}")
    shown = row.versions.get(version=chosen)
    context = {"pipeline": row, "versions": versions, "shown": shown, "text": shown.text or _text(shown.document)}
    context["definition"] = catalog.parsed(shown.digest, name, chosen)
    return render(request, "campaigns/pipeline.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def layers(request: HttpRequest) -> HttpResponse:
    """All configuration layers as they count now; a form for the first version of another one."""
    require(request.user, "view.config")
    context = {
        "form": NewLayerForm(),
        "may_change": can(request.user, "config.change", Scope()),
        "layers": catalog.newest_layers(),
    }
    if request.method != "POST":
        return render(request, "campaigns/layers.html", context)
    form = NewLayerForm(request.POST)
    context["form"] = form
    if form.is_valid():
        given = form.cleaned_data
        answer = _changed(request, given["scope"], given["target"], given, context)
        if answer is not None:
            return answer
    return render(request, "campaigns/layers.html", context, status=BAD_REQUEST)


@require_http_methods(["GET", "HEAD", "POST"])
def layer(request: HttpRequest, scope: str) -> HttpResponse:
    """One layer with its history; a form for its next version."""
    require(request.user, "view.config")
    target = request.GET.get("target", "")
    history = list(ConfigLayer.objects.filter(scope=scope, target=target).order_by("-version"))
    if not history:
        raise Missing("configuration layer", f"{scope} {target}".strip())
    versions = [(item, _text(item.values)) for item in history]
    context = {
        "scope": scope,
        "target": target,
        "versions": versions,
        "form": LayerForm(initial={"values": versions[0][1]}),
    }
    context["may_change"] = can(request.user, "config.change", Scope())
    if request.method != "POST":
        return render(request, "campaigns/layer.html", context)
    form = LayerForm(request.POST)
    context["form"] = form
    if form.is_valid():
        answer = _changed(request, scope, target, form.cleaned_data, context)
        if answer is not None:
            return answer
    return render(request, "campaigns/layer.html", context, status=BAD_REQUEST)


def _changed(
    request: HttpRequest, scope: str, target: str, given: dict[str, str], context: dict[str, object]
) -> HttpResponse | None:
    """Store the next version and go to the layer's page; None when there are problems, which the context then has."""
    try:
        row, is_new = change_layer(scope, target, given["values"], user=request.user, reason=given["reason"])
    except Invalid as invalid:
        context["problems"] = invalid.problems
        return None
    if is_new:
        messages.success(request, f"{row} is stored; campaigns that are submitted from now on get it.")
    else:
        messages.info(request, f"Nothing differs from {row}.")
    return redirect(f"{reverse('campaigns:layer', args=[scope])}?{urlencode({'target': target})}")


def _text(data: object) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
