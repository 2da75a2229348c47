"""Documents as they come in: text into what it says, or everything that is wrong with it (LDM-636 0006)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import yaml
from django.utils import timezone

from bpsportal.web.errors import Invalid, ProblemLike
from campaigns import catalog
from campaigns.catalog import NEWEST, Pins
from campaigns.core import schema
from campaigns.core.catalog import Catalog
from campaigns.core.document import MAX_BYTES, Document, load, load_many
from campaigns.core.problem import Location, Problem
from campaigns.core.schema import Origin
from campaigns.core.specs import CampaignSpec
from campaigns.models import Campaign, Revision

_PART = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\["([^"]*)"\]')


def read(source: bytes | str, *, limit_bytes: int = MAX_BYTES) -> Document:
    """The one document of a text; Invalid with every problem that reading finds."""
    loaded = load(source, limit_bytes=limit_bytes)
    if loaded.problems:
        raise Invalid(loaded.problems)
    return loaded.documents[0]


def read_many(source: bytes | str, *, limit_bytes: int) -> list[Document]:
    """The documents of a text: separated by `---`, or the entries of one list. Invalid."""
    loaded = load_many(source, limit_bytes=limit_bytes)
    if loaded.problems:
        raise Invalid(loaded.problems)
    if not loaded.documents:
        raise Invalid([Problem("", "the text holds no document")])
    return [part for document in loaded.documents for part in _entries(document)]


def text_of(source: bytes | str) -> str:
    """What is kept of a text that was read without problems."""
    return source if isinstance(source, str) else source.decode("utf-8-sig")


def parts_of(text: str, documents: Sequence[Document]) -> list[str]:
    """Each document's own part of a text; written anew where the documents are entries of a list."""
    starts = [document.line(()) or 0 for document in documents]
    if len(documents) == 1:
        return [text]
    lines = text.splitlines(keepends=True)
    if 0 in starts or len({*starts}) < len(starts) or not all(_begins_line(lines[at - 1]) for at in starts):
        return [yaml.safe_dump(document.data, sort_keys=False, allow_unicode=True) for document in documents]
    ends = [*(at - 1 for at in starts[1:]), len(lines)]
    return ["".join(lines[at - 1 : end]).rstrip("- \n") + "\n" for at, end in zip(starts, ends, strict=True)]


def _begins_line(line: str) -> bool:
    """Whether a document that begins in this line is one of several, not the entry of a list."""
    return line[:1].isalnum() or line[:1] in "\"'"


def check_campaign(
    document: Document, *, origin: Origin, revised: str = "", pins: Pins = NEWEST, known: Catalog | None = None
) -> tuple[CampaignSpec, Catalog]:
    """The spec of a campaign document and the catalog that it was checked against; Invalid with every problem."""
    against = known or catalog_for(document, revised=revised, pins=pins)
    checked = schema.check(document, against, origin, kind="campaign")
    if checked.problems or not isinstance(checked.spec, CampaignSpec):
        raise Invalid(checked.problems)
    return checked.spec, against


def spec_of(campaign: Campaign) -> tuple[CampaignSpec, Catalog]:
    """What the campaign's present revision says, checked against what exists now; Invalid.

    It is read from its text, so that problems have their lines.
    """
    revision = campaign.revision
    if revision is None:
        raise LookupError(f"campaign {campaign.name} has no revision")
    document = load(revision.text).documents[0]
    return check_campaign(document, origin=origin_at(revision), revised=campaign.name)


def origin_at(revision: Revision) -> Origin:
    """Who said a stored document, and when."""
    return Origin(revision.author, revision.at, revision.reason, revision.number)


def catalog_for(document: Document, *, revised: str = "", pins: Pins = NEWEST) -> Catalog:
    """The catalog with the datasets that the document's payloads may read."""
    known = catalog.load(revised=revised, pins=pins)
    types = {name: item.dimensions for name, item in known.types.items()}
    return replace(known, datasets=catalog.Datasets(types, tuple(_inputs(document.data)), sampled=True))


def origin_of(actor: str, reason: str = "", version: int = 1) -> Origin:
    """Who says a document, now."""
    return Origin(actor, timezone.now(), reason, version)


def plain(problems: Iterable[ProblemLike]) -> list[dict[str, Any]]:
    """Problems as they are stored."""
    return [{"path": p.path, "layer": p.layer, "line": p.line, "message": p.message} for p in problems]


def located(problems: Iterable[ProblemLike], document: Document, prefix: str = "") -> list[Problem]:
    """Problems that others found in a document, with its lines; for a path that is not in it, the closest line."""
    return [
        Problem(f"{prefix}{p.path}", p.message, p.layer, p.line or document.line(location_of(p.path))) for p in problems
    ]


def location_of(path: str) -> Location:
    """The location that a path text such as `sites.local[0]` names."""
    parts: list[str | int] = []
    for word, index, quoted in _PART.findall(path):
        parts.append(int(index) if index else word or quoted)
    return tuple(parts)


def _inputs(data: Any) -> Iterable[str]:
    """The earlier campaigns that a document names as inputs, wherever it may be wrong otherwise."""
    payloads = data.get("payloads") if isinstance(data, dict) else None
    for payload in payloads if isinstance(payloads, list) else ():
        part = payload.get("data") if isinstance(payload, dict) else None
        names = part.get("inputs") if isinstance(part, dict) else None
        yield from (name for name in (names if isinstance(names, list) else ()) if isinstance(name, str))


def _entries(document: Document) -> Sequence[Document]:
    if not isinstance(document.data, list):
        return [document]
    return [
        Document(item, {place[1:]: line for place, line in document.lines.items() if place[:1] == (at,)})
        for at, item in enumerate(document.data)
    ]
