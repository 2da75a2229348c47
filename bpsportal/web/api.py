"""What an app's `api` module is made of: one viewset base, and by name everything else a resource needs."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from bpsportal.web import rows
from bpsportal.web.idempotency import idempotent
from bpsportal.web.paging import CursorPaging
from bpsportal.web.permissions import RolePermission
from bpsportal.web.renderers import CsvRenderer
from bpsportal.web.roles import Scope
from bpsportal.web.tokens import TokenAuthentication

__all__ = ["CsvRenderer", "CursorPaging", "PortalViewSet", "RolePermission", "TokenAuthentication", "idempotent"]

_CHUNK = 2000


class PortalViewSet(GenericViewSet[Any]):
    """A resource: lists paged by cursor or streamed whole as CSV, reads one object, judged by `verbs` and `scope_of`.

    Each is a method that a subclass may leave out of its `verbs` table, which refuses it.
    """

    verbs: ClassVar[Mapping[str, str]] = {}
    scoped_inside: ClassVar[frozenset[str]] = frozenset()

    def scope_of(self, obj: Any) -> Scope:
        """Return what the object belongs to; the whole portal unless a resource says otherwise."""
        return Scope()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response | StreamingHttpResponse:
        """A page of the filtered list, or with `?format=csv` all of it."""
        queryset = self.filter_queryset(self.get_queryset())
        renderer = getattr(request, "accepted_renderer", None)
        if renderer is not None and renderer.format == "csv" and "limit" not in request.query_params:
            return rows.download(self._all(queryset), "csv", self.basename or "list")
        page = self.paginate_queryset(queryset)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One object."""
        return Response(self.get_serializer(self.get_object()).data)

    def _all(self, queryset: QuerySet[Any]) -> Iterator[Mapping[str, Any]]:
        """Yield every row through the serializer, a chunk in memory at a time."""
        ordering = self.paginator.get_ordering(self.request, queryset, self)  # type: ignore[union-attr]
        serializer = self.get_serializer()
        for obj in queryset.order_by(*ordering).iterator(chunk_size=_CHUNK):
            yield serializer.to_representation(obj)
