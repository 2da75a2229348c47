"""The log viewer: a window on a stream as inert text, and the raw stream as a file."""

from dataclasses import dataclass, replace

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bpsportal.web.access import require
from bpsportal.web.errors import Invalid, Missing, Problem
from execution import logs, selection
from execution.core.inert import inert
from execution.models import Attempt, StepInstance
from execution.streaming import download

WINDOW = 64 << 10
"""Bytes of a stream on one page."""
LONGEST_LINE = 4 << 10


class WindowForm(forms.Form):
    """Which stream and where; without an offset the page opens at the end."""

    stream = forms.ChoiceField(choices=[(s.value, s.value) for s in logs.Stream], required=False)
    instance = forms.IntegerField(required=False, min_value=1)
    offset = forms.IntegerField(required=False)


@dataclass(frozen=True, slots=True)
class Window:
    """What the page shows, and the offsets of its neighbours (None where there is nothing more)."""

    text: str
    begin: int
    end: int
    size: int
    earlier: int | None
    later: int | None


@require_safe
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """A window on one stream of an attempt; that of a running one is looked at again while the page is open."""
    attempt = _attempt(request, pk)
    stream, instance, offset = _asked(request)
    part, trouble = None, ""
    try:
        part = _whole_lines(logs.source_of(attempt, stream, instance), -WINDOW if offset is None else offset)
    except Missing as missing:
        trouble = missing.name
    context = {
        "attempt": attempt,
        "job": attempt.job,
        "stream": stream,
        "streams": list(logs.Stream),
        "instance": StepInstance.objects.filter(pk=instance, job=attempt.job).first() if instance else None,
        "window": _window(part) if part else None,
        "trouble": trouble,
        "at_end": offset is None,
        "live": attempt.is_open and offset is None,
    }
    return render(request, "execution/log.html", context)


@require_safe
def raw(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The whole stream as a file."""
    attempt = _attempt(request, pk)
    stream, instance, _ = _asked(request)
    return download(logs.source_of(attempt, stream, instance), f"{attempt.token}.{stream}")


def _whole_lines(source: logs.Source, offset: int) -> logs.Piece:
    """A window from the first line that begins in it; a line longer than any is shown from where it is cut."""
    part = logs.read(source, offset, WINDOW)
    if part.offset == 0:
        return part
    before = logs.read(source, part.offset - 1, LONGEST_LINE).body.find(b"\n")
    skipped = max(0, before)
    return replace(part, body=part.body[skipped:], offset=part.offset + skipped)


def _window(part: logs.Piece) -> Window:
    return Window(
        text=inert(part.body),
        begin=part.offset,
        end=part.end,
        size=part.size,
        earlier=max(0, part.offset - WINDOW) if part.offset else None,
        later=None if part.is_last else part.end,
    )


def _attempt(request: HttpRequest, pk: int) -> Attempt:
    require(request.user, "view.log")
    attempt = selection.attempts_for(request.user).filter(pk=pk).first()
    if attempt is None:
        raise Missing("attempt", pk)
    return attempt


def _asked(request: HttpRequest) -> tuple[logs.Stream, int | None, int | None]:
    form = WindowForm(request.GET)
    if not form.is_valid():
        raise Invalid([Problem(name, str(error)) for name, errors in form.errors.items() for error in errors])
    given = form.cleaned_data
    return logs.Stream(given["stream"] or logs.Stream.LOG), given["instance"], given["offset"]
