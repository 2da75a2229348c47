"""A column for documents: JSON whose keys keep their order, which PostgreSQL's own type would not."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Base = models.Field[Any, Any]
else:
    Base = models.Field


class DocumentField(Base):
    """Plain data as JSON text; nothing is ever searched inside."""

    def get_internal_type(self) -> str:
        """A text, for the database."""
        return "TextField"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Read what `get_prep_value` wrote."""
        return None if value is None else json.loads(value)

    def to_python(self, value: Any) -> Any:
        """Values are plain data already."""
        return value

    def get_prep_value(self, value: Any) -> str | None:
        """The text that is stored."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def value_to_string(self, obj: models.Model) -> Any:
        """What a dump of the database contains."""
        return self.get_prep_value(self.value_from_object(obj))
