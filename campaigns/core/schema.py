"""The schema: a document into what it says, or every problem that it has, with path, layer and line (LDM-636 0006)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from campaigns.core.campaign_faults import check_campaign
from campaigns.core.catalog import Catalog
from campaigns.core.complaints import Part
from campaigns.core.config import Layer
from campaigns.core.definition_faults import check_pipeline
from campaigns.core.definitions import (
    DatasetDocument,
    LayerDocument,
    PipelineDocument,
    SiteDocument,
    SoftwareDocument,
    TableDocument,
)
from campaigns.core.document import Document
from campaigns.core.documents import CampaignDocument
from campaigns.core.findings import Findings
from campaigns.core.payload_faults import NOBODY, Origin
from campaigns.core.pipeline import Pipeline
from campaigns.core.problem import Problem, did_you_mean, listing
from campaigns.core.registrations import check_dataset, check_layer, check_site, check_software, check_table
from campaigns.core.specs import CampaignSpec, DatasetSpec, SiteSpec, SoftwareSpec
from campaigns.core.universe import Table

__all__ = ["KINDS", "Checked", "Origin", "Spec", "check", "json_schema", "kind_of"]

Spec = CampaignSpec | Pipeline | SoftwareSpec | SiteSpec | Layer | DatasetSpec | Table


@dataclass(frozen=True, slots=True)
class Checked:
    """`kind` is the leading key of the document; `spec` is there exactly if there is no problem."""

    kind: str
    spec: Spec | None
    problems: tuple[Problem, ...]


_Check = Callable[[Document, Catalog, Origin, Findings], Spec | None]


def _plain(run: Callable[[Document, Catalog, Findings], Spec | None]) -> _Check:
    return lambda document, catalog, origin, findings: run(document, catalog, findings)


KINDS: dict[str, tuple[type[Part], _Check, str | None]] = {
    "campaign": (CampaignDocument, check_campaign, None),
    "pipeline": (PipelineDocument, _plain(check_pipeline), "step"),
    "software": (SoftwareDocument, _plain(check_software), ""),
    "site": (SiteDocument, _plain(check_site), "site"),
    "layer": (LayerDocument, check_layer, ""),
    "dataset": (DatasetDocument, _plain(check_dataset), ""),
    "table": (TableDocument, _plain(check_table), ""),
}
"""Leading key of a document -> its model, its check, and the layer of its problems (None: by their place)."""


def kind_of(document: Document) -> str:
    """The leading key that says what a document is, "" if it has none."""
    data = document.data
    return next((kind for kind in KINDS if kind in data), "") if isinstance(data, dict) else ""


def check(document: Document, catalog: Catalog, origin: Origin = NOBODY, *, kind: str = "") -> Checked:
    """What a document says, checked against what there is. `kind` demands a certain kind, for instance "campaign".

    Never raises for anything that a document can contain.
    """
    if not isinstance(document.data, dict):
        return _refused(kind, document, "a document is a mapping, such as campaign: my-campaign")
    found = kind_of(document)
    if kind and kind not in document.data:
        what = f"; it is a {found} document" if found else ""
        return _refused(kind, document, f"the key {kind} is missing: a {kind} document is expected{what}")
    if not kind and not found:
        hints = [hint for hint in (did_you_mean(key, KINDS) for key in list(document.data)[:20]) if hint]
        hint = hints[0] if hints else f"; it begins with one of {listing(KINDS)}"
        return _refused("", document, f"this is no known kind of document{hint}")
    kind = kind or found
    _, run, layer = KINDS[kind]
    findings = Findings(document, layer)
    spec = run(document, catalog, origin, findings)
    problems = findings.problems()
    return Checked(kind, None if problems else spec, problems)


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a kind of document, for editors and the documentation; KeyError for an unknown kind."""
    return KINDS[kind][0].model_json_schema(by_alias=True)


def _refused(kind: str, document: Document, message: str) -> Checked:
    return Checked(kind, None, (Problem("", message, line=document.line(())),))
