"""Pages on which documents are written: a new campaign, a revision of one, a pipeline."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bpsportal.web.access import Scope, require
from bpsportal.web.errors import Invalid
from campaigns import moves
from campaigns.forms import DocumentForm
from campaigns.models import Campaign
from campaigns.services import preview
from campaigns.services.create import check, create, revise
from campaigns.services.submit import submit
from campaigns.views.campaigns import campaign_of

BAD_REQUEST = 400
AROUND = 1


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Paste or upload a document; check, preview, keep as a draft, create, or create and submit."""
    require(request.user, "campaign.create")
    if request.method != "POST":
        return render(request, "campaigns/new.html", {"form": DocumentForm(), "verbs": _new_verbs()})
    return _write(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def revision(request: HttpRequest, name: str) -> HttpResponse:
    """Change the document of a campaign that was not submitted yet."""
    campaign = campaign_of(request, name)
    require(request.user, "campaign.revise", Scope(program=campaign.program, campaign=name))
    moves.require(campaign, "revise")
    if request.method != "POST":
        text = campaign.revision.text if campaign.revision else ""
        context = {"form": DocumentForm(initial={"document": text}), "campaign": campaign, "verbs": _new_verbs()}
        return render(request, "campaigns/new.html", {**context, "problems": campaign.problems})
    return _write(request, campaign)


def _write(request: HttpRequest, campaign: Campaign | None) -> HttpResponse:
    form, wanted = DocumentForm(request.POST, request.FILES), request.POST.get("do", "check")
    context: dict[str, Any] = {"form": form, "campaign": campaign, "verbs": _new_verbs()}
    if not form.is_valid():
        return render(request, "campaigns/new.html", context, status=BAD_REQUEST)
    text, reason = form.text(), form.cleaned_data["reason"]
    context["form"] = DocumentForm(initial={"document": _shown(text), "reason": reason})
    try:
        if wanted in ("check", "preview"):
            return render(request, "campaigns/new.html", {**context, **_looked_at(request, text, wanted, campaign)})
        made = _keep(request, text, reason, campaign, is_draft=wanted == "draft")
        if wanted == "submit":
            require(request.user, "campaign.submit", Scope(program=made.program, campaign=made.name))
            submit(made.name, user=request.user, why=reason)
    except Invalid as invalid:
        lines = _shown(text).splitlines()
        context["problems"] = [
            {"path": p.path, "layer": p.layer, "line": p.line, "message": p.message, "around": _around(lines, p.line)}
            for p in invalid.problems
        ]
        return render(request, "campaigns/new.html", context, status=BAD_REQUEST)
    done = {"draft": "is kept as a draft", "submit": "was submitted; it is being planned"}.get(
        wanted, "is ready to be submitted"
    )
    messages.success(request, f"Campaign {made.name} {done}.")
    return redirect("campaigns:detail", name=made.name)


def _looked_at(request: HttpRequest, text: bytes | str, wanted: str, campaign: Campaign | None) -> dict[str, Any]:
    """What a check or a preview finds; Invalid."""
    actor, revised = request.user.get_username(), campaign.name if campaign else ""
    asked = check(text, actor=actor, revised=revised)
    found: dict[str, Any] = {"valid": True, "warnings": asked.warnings}
    if wanted == "preview":
        found["preview"] = preview.of_document(text, actor=actor, revised=revised)
    return found


def _keep(
    request: HttpRequest, text: bytes | str, reason: str, campaign: Campaign | None, *, is_draft: bool
) -> Campaign:
    if campaign is None:
        return create(text, user=request.user, draft=is_draft, reason=reason)
    return revise(campaign.name, text, user=request.user, reason=reason, draft=is_draft)


def _shown(text: bytes | str) -> str:
    return text if isinstance(text, str) else text.decode("utf-8-sig", errors="replace")


def _around(lines: list[str], line: int | None) -> list[tuple[int, str]]:
    """The lines of the text around a problem, numbered from 1."""
    if line is None:
        return []
    numbers = range(max(1, line - AROUND), min(len(lines), line + AROUND) + 1)
    return [(number, lines[number - 1][:200]) for number in numbers]


def _new_verbs() -> list[tuple[str, str]]:
    """What the buttons of the page say."""
    return [
        ("check", "Check"),
        ("preview", "Preview"),
        ("draft", "Keep as draft"),
        ("create", "Keep"),
        ("submit", "Keep and submit"),
    ]
