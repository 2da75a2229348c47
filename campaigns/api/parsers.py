"""How documents arrive: as YAML or JSON text itself, or inside a JSON object beside a reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from bpsportal.web.errors import Invalid, Problem

LIMIT_BYTES = 8 << 20
"""More is not even read; what a document may have is said by the reader of documents."""
_TRUE = ("1", "true", "yes")


class TooLarge(APIException):
    """413: nobody writes a document of this size by hand."""

    status_code = 413
    default_detail = f"The body has more than {LIMIT_BYTES} bytes; send less at once."


class DocumentSerializer(serializers.Serializer[Any]):
    """A document inside a JSON object. The document may as well be the whole body, as YAML or JSON."""

    document = serializers.CharField(help_text="The document as text, YAML or JSON")
    reason = serializers.CharField(required=False, default="", help_text="Why; kept with the change")
    draft = serializers.BooleanField(required=False, default=False, help_text="Keep it in spite of its problems")


DOCUMENT_REQUEST = {
    "application/json": DocumentSerializer,
    "application/yaml": OpenApiTypes.STR,
    "text/plain": OpenApiTypes.STR,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the document's text, and what was said about it."""

    text: bytes | str
    reason: str = ""
    draft: bool = False


class _Text(BaseParser):
    """Takes the body as it is."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """The text under the key of the JSON object that could have been sent instead."""
        return {"document": _read(stream)}


class YamlParser(_Text):
    """`application/yaml`."""

    media_type = "application/yaml"


class OldYamlParser(_Text):
    """`application/x-yaml`, as older tools say."""

    media_type = "application/x-yaml"


class TextYamlParser(_Text):
    """`text/yaml`."""

    media_type = "text/yaml"


class PlainTextParser(_Text):
    """`text/plain`."""

    media_type = "text/plain"


class JsonDocumentParser(BaseParser):
    """`application/json`: an object with the key `document`, or the document itself."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """The object; any other body is taken as the document, whose reader says what is wrong with it."""
        body = _read(stream)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return {"document": body}
        if isinstance(found, dict) and "document" in found and found.keys() <= {"document", "reason", "draft"}:
            return found
        return {"document": body}


PARSERS = [JsonDocumentParser, YamlParser, OldYamlParser, TextYamlParser, PlainTextParser]


def sent(request: Request) -> Sent:
    """The document of a request; reason and draft also as query parameters. Invalid."""
    data: Mapping[str, Any] = request.data if isinstance(request.data, Mapping) else {}
    given = {**{key: request.query_params[key] for key in ("reason", "draft") if key in request.query_params}, **data}
    text, reason, draft = given.get("document", ""), given.get("reason", ""), given.get("draft", False)
    problems = []
    if not isinstance(text, str | bytes):
        problems.append(Problem("document", "must be the text of a document; or send the document itself as the body"))
    if not isinstance(reason, str):
        problems.append(Problem("reason", "must be a text"))
    if problems:
        raise Invalid(problems)
    return Sent(text, reason, draft is True or str(draft).lower() in _TRUE)


def _read(stream: Any) -> bytes:
    body: bytes = stream.read(LIMIT_BYTES + 1)
    if len(body) > LIMIT_BYTES:
        raise TooLarge
    return body
