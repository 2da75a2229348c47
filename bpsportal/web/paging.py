"""How lists are paged: by cursor, so that a page costs the same at any depth and rows that arrive shift nothing."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class CursorPaging(CursorPagination):
    """`next`, `previous`, `results`; `?limit=` up to 1000; a viewset may name its `ordering`, which should end in a
    unique column.
    """

    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
    ordering = "-pk"

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """Return the viewset's ordering, else newest first."""
        wanted = getattr(view, "ordering", None) or self.ordering
        return (wanted,) if isinstance(wanted, str) else tuple(wanted)
