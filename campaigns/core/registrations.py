"""Checks of the documents that register things: software, sites, layers, datasets and data-ID tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.core.catalog import Catalog
from campaigns.core.complaints import Part, validate
from campaigns.core.config import Layer
from campaigns.core.definitions import (
    DatasetDocument,
    LayerDocument,
    SiteDocument,
    SoftwareAt,
    SoftwareDocument,
    TableDocument,
)
from campaigns.core.document import Document
from campaigns.core.findings import Findings
from campaigns.core.keys import Scope, read_values
from campaigns.core.payload_faults import Origin
from campaigns.core.problem import did_you_mean, listing
from campaigns.core.specs import DatasetSpec, SiteSpec, SoftwareSpec
from campaigns.core.universe import Table
from campaigns.core.variables import names_in

SETUP_VARIABLES = ("data", "workdir", "site", "software")
"""Variables of set-up lines and directives: the portal's data folder, the site's work directory, and the two names."""

_NEEDED = {"container": "image", "modules": "modules", "eups": "tag"}
"""Kind of software -> what a site has to say unless it gives set-up lines."""


def check_software(document: Document, catalog: Catalog, findings: Findings) -> SoftwareSpec | None:
    """A software version; the sites it names must exist."""
    model, faults = validate(SoftwareDocument, document.data)
    findings.add_all(faults)
    if model is None:
        return None
    if model.software in catalog.software:
        findings.add(("software",), f"there is a software version {model.software} already; choose another name")
    for site, given in (model.sites or {}).items():
        if site not in catalog.sites:
            findings.add(("sites", site), f"there is no site {site}{_hint(site, catalog.sites)}")
        needed = _NEEDED.get(model.kind or "")
        at = given or SoftwareAt()
        if needed and not at.setup and not getattr(at, needed):
            findings.add(("sites", site), f"software of kind {model.kind} needs {needed} or setup at site {site}")
        _check_lines(at.setup or (), findings, "sites", site, "setup")
    if model.sites == {}:
        findings.add(("sites",), "the software must be available at one site or more")
    return SoftwareSpec(
        name=model.software or "",
        kind=model.kind or "",
        sites={site: _plain(given) for site, given in (model.sites or {}).items()},
        description=model.description or "",
        reference=model.reference or "",
        probe=_given(model.probe),
        environment=_given(model.environment),
        production=bool(model.production),
    )


def check_site(document: Document, catalog: Catalog, findings: Findings) -> SiteSpec | None:
    """A site; batch systems other than `local` may be reached over SSH."""
    model, faults = validate(SiteDocument, document.data)
    findings.add_all(faults)
    if model is None:
        return None
    transport, staging = _plain(model.transport), _plain(model.staging)
    if len(transport) > 1:
        findings.add(("transport",), "a site is reached in one way: ssh or local")
    if staging and staging.get("low", 0.7) > staging.get("high", 0.9):
        findings.add(("staging", "low"), "the low watermark must not be above the high one")
    _check_lines(model.directives or (), findings, "directives")
    return SiteSpec(
        name=model.site or "",
        driver=model.driver or "",
        workdir=model.workdir or "",
        description=model.description or "",
        transport=transport,
        shared=bool(model.shared),
        staging=staging,
        limits=_plain(model.limits),
        offers=_plain(model.offers),
        directives=_given(model.directives),
        interval_s=model.interval or 0,
        grace_s=model.grace or 0,
    )


def check_layer(document: Document, catalog: Catalog, origin: Origin, findings: Findings) -> Layer | None:
    """A configuration layer; its author, time and version come with the origin."""
    model, faults = validate(LayerDocument, document.data)
    findings.add_all(faults)
    if model is None or model.layer is None or model.layer.scope is None:
        return None
    scope, target = Scope(model.layer.scope), model.layer.target or ""
    message = _target_fault(scope, target, catalog)
    if message:
        findings.add(("layer", "target"), message)
    values, wrong = read_values(model.config or {}, scope)
    findings.add_all(wrong, ("config",))
    name = values.get("software")
    if name is not None and name not in catalog.software:
        findings.add(("config", "software"), f"there is no software version {name}{_hint(name, catalog.software)}")
    reason = model.layer.reason or origin.reason
    return Layer(scope, target, values, origin.version, origin.author, origin.at, reason)


def check_dataset(document: Document, catalog: Catalog, findings: Findings) -> DatasetSpec | None:
    """An existing dataset; its type must be known and its data ID must have the type's dimensions."""
    model, faults = validate(DatasetDocument, document.data)
    findings.add_all(faults)
    if model is None or model.dataset is None:
        return None
    head = model.dataset
    known = {**{name: item for name, item in _pipeline_types(catalog)}, **catalog.types}
    if head.type and head.type not in known:
        findings.add(("dataset", "type"), f"there is no dataset type {head.type}{_hint(head.type, known)}")
    elif head.type and head.data_id is not None and not findings.inside(("dataset", "dataId")):
        expected = set(known[head.type].dimensions)
        if expected != set(head.data_id):
            message = f"the dimensions of {head.type} are {listing(expected)}, not {listing(head.data_id)}"
            findings.add(("dataset", "dataId"), message)
    return DatasetSpec(
        type=head.type or "",
        data_id=dict(head.data_id or {}),
        path=head.path or "",
        sha256=head.sha256 or "",
        size=head.size or 0,
        metadata={key: value for key, value in (head.metadata or {}).items() if value is not None},
    )


def check_table(document: Document, catalog: Catalog, findings: Findings) -> Table | None:
    """A data-ID table; a table of the same name is replaced by it."""
    model, faults = validate(TableDocument, document.data)
    findings.add_all(faults)
    if model is None:
        return None
    columns, rows = _given(model.columns), model.rows or ()
    for name in dict.fromkeys(columns):
        if columns.count(name) > 1:
            findings.add(("columns",), f"the column {name} stands twice")
    if rows and len(rows[0]) != len(columns):
        findings.add(("rows", 0), f"has {len(rows[0])} values for {len(columns)} columns")
    if model.rows is not None and not rows:
        findings.add(("rows",), "the table has no rows")
    return Table(model.table or "", columns, rows)


def _target_fault(scope: Scope, target: str, catalog: Catalog) -> str | None:
    """What is wrong with the target of a layer; None if nothing."""
    if scope is Scope.GLOBAL:
        return "the global layer has no target" if target else None
    if not target:
        return f"a {scope} layer needs a target"
    match scope:
        case Scope.SITE:
            return None if target in catalog.sites else f"there is no site {target}{_hint(target, catalog.sites)}"
        case Scope.CAMPAIGN | Scope.PAYLOAD:
            return f"the {scope} layer is the document of the campaign; change it there"
        case _:
            return _step_fault(target, catalog)


def _step_fault(target: str, catalog: Catalog) -> str | None:
    pipeline, _, label = target.rpartition("/")
    if pipeline and pipeline not in catalog.pipelines:
        return f"there is no pipeline {pipeline}{_hint(pipeline, catalog.pipelines)}"
    chosen = [catalog.pipelines[pipeline]] if pipeline else catalog.pipelines.values()
    labels = {step.label for versions in chosen for item in versions.values() for step in item.steps}
    return None if label in labels else f"there is no step {label}{_hint(label, labels)}"


def _pipeline_types(catalog: Catalog) -> Iterable[tuple[str, Any]]:
    return (
        pair for versions in catalog.pipelines.values() for item in versions.values() for pair in item.types.items()
    )


def _check_lines(lines: Iterable[str | None], findings: Findings, *place: str) -> None:
    for at, line in enumerate(lines):
        for name in names_in(line or ""):
            # a shell's own ${NAME} is no variable of ours
            if name not in SETUP_VARIABLES and f"${{{name}}}" not in (line or ""):
                findings.add((*place, at), f"undefined variable {{{name}}}{_hint(name, SETUP_VARIABLES)}")


def _plain(part: Part | None) -> Mapping[str, Any]:
    return part.model_dump(by_alias=True, exclude_none=True) if part is not None else {}


def _given(items: Iterable[str | None] | None) -> tuple[str, ...]:
    return tuple(item for item in items or () if item)


def _hint(word: str, known: Iterable[str]) -> str:
    return did_you_mean(word, known) or f"; known are {listing(known)}"
