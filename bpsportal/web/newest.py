"""Lists on pages: the newest first, the next page begins below the last id shown, so that depth costs nothing."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows; `below` is the id under which the next page lies, None on the last; `is_first` on the newest page."""

    rows: list[Any]
    below: int | None
    is_first: bool


def paged(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE) -> Page:
    """The page that `?below=` names, the first without it; anything but a number counts as none."""
    text = request.GET.get("below", "")
    below = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(2**63)) - 1 else None
    ordered = (rows.filter(pk__lt=below) if below is not None else rows).order_by("-pk")
    found = list(ordered[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None, below is None)
