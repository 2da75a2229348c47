"""How values look on every page: states as badges, times, durations, sizes, links that keep the filter, rights."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_naive

from bpsportal.web import access
from bpsportal.web.roles import Scope

register = template.Library()

NOTHING = "–"
_SHAPES = {
    "succeeded": "✓",
    "accepted": "✓",
    "running": "▶",
    "failed": "✕",
    "rejected": "✕",
    "lost": "✕",
    "paused": "Ⅱ",
    "held": "Ⅱ",
    "queued": "◔",
    "submitting": "◔",
    "ready": "◔",
    "waiting": "○",
    "planning": "◌",
    "draft": "✎",
    "cancelling": "⊘",
    "cancelled": "⊘",
    "pruned": "⊘",
    "skipped": "⊘",
    "ended": "◑",
    "archived": "▤",
}
_KIB = 1024
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


@register.filter
def badge(state: object) -> SafeString:
    """Show a state as colour, shape and word: `{{ job.state|badge }}`."""
    word = str(getattr(state, "value", state) or "")
    if not word:
        return SafeString(NOTHING)
    shape = _SHAPES.get(word, "•")
    return format_html(
        '<span class="badge badge-{}"><span aria-hidden="true">{}</span> {}</span>', _css(word), shape, word
    )


@register.filter
def when(moment: datetime | None) -> SafeString:
    """Show a time as its exact ISO text, which the page then turns into "5 min ago" with the exact one on hover."""
    if moment is None:
        return SafeString(f'<span class="muted">{NOTHING}</span>')
    text = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return format_html(
        '<time datetime="{}">{}</time>',
        text,
        moment.strftime("%Y-%m-%d %H:%M:%S" + ("" if is_naive(moment) else " %Z")),
    )


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in human units, two at most: `950 ms`, `4.2 s`, `3 min 10 s`, `2 h 5 min`, `1 d 4 h`."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s" if seconds < 10 else f"{round(seconds)} s"  # noqa: PLR2004 - one decimal below ten
    whole = round(seconds)
    for size, word, smaller, small_word in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {word}" + (f" {rest} {small_word}" if rest else "")
    return f"{whole} s"


@register.filter
def size(count: float | None) -> str:
    """Bytes in human units: `17 B`, `4.0 KiB`, `2.5 GiB`."""
    if count is None:
        return NOTHING
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if amount < _KIB:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= _KIB
    return f"{amount:.1f} PiB"


@register.filter
def megabytes(count_mb: float | None) -> str:
    """MiB in human units."""
    return NOTHING if count_mb is None else size(count_mb * _KIB * _KIB)


@register.filter
def lookup(mapping: Mapping[str, Any], key: str) -> Any:
    """`mapping[key]`, "" when it is not there."""
    return mapping.get(key, "") if isinstance(mapping, Mapping) else ""


@register.filter
def setting(value: Any) -> str:
    """A value as documents write it: `true`, `["local"]`; texts without quotes."""
    return value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)


@register.filter
def can(user: Any, verb: str) -> bool:
    """Whether the user may use the verb anywhere: `{% if user|can:"campaign.create" %}`."""
    return access.can(user, verb)


@register.simple_tag
def may(user: Any, verb: str, program: str = "", campaign: str = "", site: str = "") -> bool:
    """Whether the user may use the verb here: `{% may user "campaign.submit" campaign=c.name program=c.program as ok
    %}`.
    """
    return access.can(user, verb, Scope(program=program, campaign=campaign, site=site))


@register.simple_tag(takes_context=True)
def query(context: Mapping[str, Any], **changes: Any) -> str:
    """The page's own query string with some parameters changed (or dropped with an empty value), so that filters
    survive.
    """
    request: HttpRequest = context["request"]
    parameters = request.GET.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value not in (None, ""):
            parameters[name] = str(value)
    text = parameters.urlencode()
    return f"?{text}" if text else request.path


@register.inclusion_tag("_progress.html")
def progress(counts: Mapping[str, int], total: int = 0) -> dict[str, Any]:
    """A bar of states: `{% progress counts %}` with counts by state; what is not named in `total` shows as still
    open.
    """
    whole = max(total, sum(counts.values()))
    parts: list[dict[str, Any]] = []
    start = 0
    for state, count in sorted(counts.items(), key=_along):
        if count:
            parts.append({"state": state, "css": _css(state), "count": count, "start": start})
            start += count
    return {"parts": parts, "whole": whole, "words": ", ".join(f"{part['count']} {part['state']}" for part in parts)}


ALONG = ("succeeded", "accepted", "failed", "rejected", "skipped", "pruned", "cancelled", "running")
"""A bar fills from the left: what has ended comes first, then what runs; all else is still open."""


def _along(item: tuple[str, int]) -> int:
    return ALONG.index(item[0]) if item[0] in ALONG else len(ALONG) + (item[0] == "waiting")


def _css(word: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in word.lower())
