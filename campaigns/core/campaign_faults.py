"""Checks of a campaign document, and the spec that it comes to."""

from collections.abc import Mapping
from typing import Any

from campaigns.core.catalog import Catalog
from campaigns.core.complaints import validate
from campaigns.core.config import Address, Layer, resolve
from campaigns.core.document import Document
from campaigns.core.documents import Acquisition, CampaignDocument
from campaigns.core.findings import Findings
from campaigns.core.keys import STEPS, Scope
from campaigns.core.payload_faults import Origin, PayloadCheck, read_settings
from campaigns.core.problem import Location, did_you_mean, listing
from campaigns.core.specs import CampaignSpec, Deadline, NoticeSpec, PayloadSpec
from campaigns.core.subcampaign import inherit
from campaigns.core.variables import fill_all, names_in, texts_of

_OPAQUE = frozenset({"command", "stderr"})
"""Keys of texts with braces of their own: placeholders of commands, regular expressions."""


def check_campaign(document: Document, catalog: Catalog, origin: Origin, findings: Findings) -> CampaignSpec | None:
    """The spec of a campaign document, as far as it can be made; what is wrong goes to the findings."""
    parent = _parent(document.data, catalog, findings)
    data = inherit(document.data, parent) if parent is not None else document.data
    data = _filled(data, findings)
    model, faults = validate(CampaignDocument, data)
    findings.add_all(faults)
    if model is None:
        return None
    name = model.campaign or ""
    if name in catalog.campaigns:
        findings.add(("campaign",), f"there is a campaign {name} already; choose another name")
    values = read_settings(model, Scope.CAMPAIGN, catalog, findings, ())
    config = document.data.get("config")
    said = {*document.data, *(config if isinstance(config, Mapping) else ())}
    if parent is not None and "priority" not in said:
        values["priority"] = catalog.campaigns[str(model.parent)].priority
    layer = origin.layer(Scope.CAMPAIGN, name, values)
    _check_software(values.get("software"), catalog, findings)
    _check_notices(model, catalog, findings)
    payloads = _payloads(model, catalog, layer, origin, findings)
    _check_names(values, model, catalog, findings)
    return _spec(model, payloads, layer, catalog, data)


def _parent(data: Mapping[str, Any], catalog: Catalog, findings: Findings) -> Mapping[str, Any] | None:
    """The data of the parent's document, if there is a parent."""
    name = data.get("parent")
    if not isinstance(name, str):
        return None
    if name == data.get("campaign"):
        findings.add(("parent",), "a campaign cannot be its own parent")
        return None
    if name not in catalog.campaigns:
        known = catalog.campaigns
        findings.add(
            ("parent",), f"there is no campaign {name}{did_you_mean(name, known) or f'; known are {listing(known)}'}"
        )
        return None
    return catalog.campaigns[name].document


def _filled(data: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """The data with variables filled in; science configuration is passed on as it stands."""
    given = data.get("variables")
    values = {key: value for key, value in given.items() if _is_scalar(value)} if isinstance(given, Mapping) else {}
    values |= {key: data[key] for key in ("campaign", "program") if isinstance(data.get(key), str)}
    undefined: set[str] = set()
    for location, text in texts_of(data, _is_opaque):
        for name in set(names_in(text)) - values.keys():
            undefined.add(name)
            hint = did_you_mean(name, values) or "; define it under variables"
            findings.add(location, f"undefined variable {{{name}}}{hint}")
    # a number in their place keeps the checks that follow from complaining of the braces
    filled: dict[str, Any] = fill_all(data, values | dict.fromkeys(undefined, 0), _is_opaque)
    return filled


def _is_opaque(location: Location) -> bool:
    """Whether a place is a command, a pattern, or science configuration: `config.config`, `steps.isr.config`."""
    if not location or location[-1] in _OPAQUE:
        return bool(location)
    if location[-1] != "config" or len(location) == 1:
        return False
    return location[-2] == "config" or location[-3:-2] in ((STEPS,), ("insert",))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _check_software(name: Any, catalog: Catalog, findings: Findings) -> None:
    """The software of the whole campaign, even when no step is known that it could be looked up for."""
    if isinstance(name, str) and name and name not in catalog.software:
        known = catalog.software
        hint = did_you_mean(name, known) or f"; known are {listing(known)}"
        findings.add(("software",), f"there is no software version {name}{hint}")


def _check_notices(model: CampaignDocument, catalog: Catalog, findings: Findings) -> None:
    for at, notice in enumerate(model.notify or ()):
        if notice is not None and notice.event and catalog.events and notice.event not in catalog.events:
            hint = did_you_mean(notice.event, catalog.events) or f"; known are {listing(catalog.events, 30)}"
            findings.add(("notify", at, "event"), f"there is no event {notice.event}{hint}")


def _payloads(
    model: CampaignDocument, catalog: Catalog, layer: Layer, origin: Origin, findings: Findings
) -> tuple[PayloadSpec | None, ...]:
    found: list[PayloadSpec | None] = []
    names: set[str] = set()
    for at, part in enumerate(model.payloads or ()):
        if part is None:
            continue
        if part.name and part.name in names:
            findings.add(("payloads", at, "name"), f"there are two payloads {part.name}; choose another name")
        names.add(part.name or "")
        check = PayloadCheck(catalog, findings, model.campaign or "", layer, origin, part, ("payloads", at))
        found.append(check.run())
    return tuple(found)


def _check_names(values: Mapping[str, Any], model: CampaignDocument, catalog: Catalog, findings: Findings) -> None:
    """Steps and types that the campaign's own configuration speaks of and that none of its pipelines has."""
    uses = [use for part in model.payloads or () if part is not None for use in part.pipelines or () if use is not None]
    pipelines = [item for use in uses for item in catalog.pipelines.get(use.pipeline or "", {}).values()]
    labels = {step.label for item in pipelines for step in item.steps}
    labels |= {part.step for use in uses for part in use.insert or () if part is not None and part.step}
    types = {name for item in pipelines for name in item.types}.union(*(use.dataset_types or () for use in uses))
    if not pipelines:
        return
    for label in values.get(STEPS, {}):
        if label not in labels:
            findings.add(("config", STEPS, label), f"no payload has a step {label}{did_you_mean(label, labels)}")
    short = "persist" in (model.model_extra or {})
    place = ("persist", "types") if short else ("config", "persist", "types")
    for name in values.get("persist", {}).get("types", {}):
        if name not in types:
            findings.add((*place, name), f"no pipeline has a dataset type {name}{did_you_mean(name, types)}")


def _spec(
    model: CampaignDocument,
    payloads: tuple[PayloadSpec | None, ...],
    layer: Layer,
    catalog: Catalog,
    data: Mapping[str, Any],
) -> CampaignSpec | None:
    if not model.campaign:
        return None
    general = resolve((*catalog.layers, layer), Address(model.campaign, "", "", ""))
    deadline = model.deadline
    if isinstance(deadline, Acquisition):
        when: Deadline | None = Deadline(after=deadline.from_ or "", within_s=deadline.within or 0)
    else:
        when = Deadline(at=deadline) if deadline is not None else None
    return CampaignSpec(
        name=model.campaign,
        payloads=tuple(item for item in payloads if item is not None),
        layer=layer,
        data=data,
        program=model.program or "",
        description=model.description or "",
        tags=tuple(tag for tag in model.tags or () if tag),
        parent=model.parent or "",
        priority=general.get("priority"),
        share=general.get("share"),
        deadline=when,
        notices=tuple(
            NoticeSpec(item.event or "", tuple(to for to in item.to or () if to), item.longer_than or 0)
            for item in model.notify or ()
            if item is not None
        ),
    )
