"""How answers are written: JSON, which REST framework does, or CSV."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from bpsportal.web import rows


class CsvRenderer(BaseRenderer):
    """`?format=csv` for answers that fit into memory; whole lists are streamed by `PortalViewSet.list`."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        """Return one line for each row of a list, of the `results` of a page, or for the one object."""
        if isinstance(data, Mapping) and isinstance(data.get("results"), list):
            data = data["results"]
        items = data if isinstance(data, list) else [] if data is None else [data]
        return "".join(rows.as_csv([item if isinstance(item, Mapping) else {"value": item} for item in items]))
