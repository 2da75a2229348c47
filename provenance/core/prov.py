"""A campaign as W3C PROV-JSON (member submission of 24 April 2013), piece by piece so that size does not matter.

Datasets, recipes and environments are entities, executions (every attempt) activities; the operator, the portal and the
software versions are agents. A retry was informed by the attempt before it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

PREFIXES: Mapping[str, str] = {
    "prov": "http://www.w3.org/ns/prov#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "bps": "urn:bpsportal:term:",
    "dataset": "urn:bpsportal:dataset:",
    "execution": "urn:bpsportal:execution:",
    "recipe": "urn:bpsportal:recipe:",
    "environment": "urn:bpsportal:environment:",
    "person": "urn:bpsportal:person:",
    "software": "urn:bpsportal:software:",
    "portal": "urn:bpsportal:portal:",
}

PORTAL = "portal:bpsportal"

Statement = tuple[str, Mapping[str, Any]]
"""An identifier and its attributes; for a relation the identifier is a blank node `_:…`."""


class DatasetRow(NamedTuple):
    """One dataset read or made."""

    dataset: int
    type: str
    data_id: str
    path: str
    size_bytes: int | None
    sha256: str
    execution: int | None


class ExecutionRow(NamedTuple):
    """One execution; "" and None where something is not known."""

    execution: int
    kind: str
    step: str
    data_id: str
    attempt: int
    outcome: str
    site: str
    host: str
    software: str
    version: str
    recipe: str
    environment: str
    started_at: datetime | None
    ended_at: datetime | None


def dataset_entity(row: DatasetRow) -> Statement:
    """A dataset."""
    attributes = {
        "prov:label": f"{row.type} {row.data_id}".strip(),
        "prov:type": _name("bps:Dataset"),
        "bps:datasetType": row.type,
        "bps:dataId": row.data_id,
        "bps:path": row.path,
        "bps:sha256": row.sha256,
        "bps:bytes": None if row.size_bytes is None else {"$": str(row.size_bytes), "type": "xsd:long"},
    }
    return f"dataset:{row.dataset}", _stated(attributes)


def recipe_entity(digest: str, body: Mapping[str, Any]) -> Statement:
    """What a step was to do: the plan of its executions."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return f"recipe:{digest_name(digest)}", {"prov:type": _name("prov:Plan"), "bps:digest": digest, "bps:body": text}


def environment_entity(digest: str, variables: Mapping[str, str]) -> Statement:
    """The recorded variables that executions ran with."""
    text = json.dumps(variables, sort_keys=True, ensure_ascii=False)
    return f"environment:{digest}", {"prov:type": _name("bps:Environment"), "bps:variables": text}


def execution_activity(row: ExecutionRow) -> Statement:
    """A step instance or framework step in one attempt."""
    attributes = {
        "prov:startTime": _time(row.started_at),
        "prov:endTime": _time(row.ended_at),
        "prov:label": f"{row.step or row.kind} {row.data_id}".strip(),
        "prov:type": _name(f"bps:{row.kind.capitalize()}"),
        "bps:step": row.step,
        "bps:dataId": row.data_id,
        "bps:attempt": row.attempt,
        "bps:outcome": row.outcome,
        "bps:site": row.site,
        "bps:host": row.host,
    }
    return f"execution:{row.execution}", _stated(attributes)


def person_agent(name: str) -> Statement:
    """Somebody who acted on the campaign."""
    return person_name(name), {"prov:type": _name("prov:Person"), "prov:label": name}


def portal_agent() -> Statement:
    """The portal itself."""
    return PORTAL, {"prov:type": _name("prov:SoftwareAgent"), "prov:label": "bpsportal"}


def software_agent(name: str, version: str) -> Statement:
    """A software version as it was found at run time."""
    attributes = {
        "prov:type": _name("prov:SoftwareAgent"),
        "prov:label": name,
        "bps:version": version,
    }
    return software_name(name, version), _stated(attributes)


def used(execution: int, dataset: int) -> Statement:
    """The execution read the dataset."""
    relation = {"prov:activity": f"execution:{execution}", "prov:entity": f"dataset:{dataset}"}
    return f"_:u{execution}-{dataset}", relation


def environment_used(execution: int, digest: str) -> Statement:
    """The execution ran in the environment."""
    relation = {"prov:activity": f"execution:{execution}", "prov:entity": f"environment:{digest}"}
    return f"_:e{execution}", {**relation, "prov:role": "environment"}


def generated(dataset: int, execution: int) -> Statement:
    """The execution made the dataset."""
    return f"_:g{dataset}", {"prov:entity": f"dataset:{dataset}", "prov:activity": f"execution:{execution}"}


def associated(row: ExecutionRow) -> Iterator[Statement]:
    """Who ran the execution: the portal, and the software, by its recipe."""
    activity = f"execution:{row.execution}"
    yield f"_:p{row.execution}", {"prov:activity": activity, "prov:agent": PORTAL}
    if not row.software:
        return
    by = {"prov:activity": activity, "prov:agent": software_name(row.software, row.version)}
    if row.recipe:
        by["prov:plan"] = f"recipe:{digest_name(row.recipe)}"
    yield f"_:s{row.execution}", by


def delegated(person: str) -> Statement:
    """The portal acted for the person."""
    name = person_name(person)
    return f"_:d{name.partition(':')[2]}", {"prov:delegate": PORTAL, "prov:responsible": name}


def informed(later: int, earlier: int) -> Statement:
    """The later execution followed from the earlier one."""
    return f"_:i{later}", {"prov:informed": f"execution:{later}", "prov:informant": f"execution:{earlier}"}


def person_name(name: str) -> str:
    """Return the identifier of a person; any name gives a legal one."""
    return f"person:{_digest(name)}"


def software_name(name: str, version: str) -> str:
    """Return the identifier of a software version."""
    return f"software:{_digest(f'{name} {version}')}"


def digest_name(digest: str) -> str:
    """Return a digest as a local name; one with other letters than a digest has is digested once more."""
    return digest if digest.isascii() and digest.isalnum() else _digest(digest)


def document(sections: Iterable[tuple[str, Iterable[Statement]]]) -> Iterator[str]:
    """Yield the text of a PROV-JSON document; `sections` come as (`entity`, statements), … , each name once."""
    yield '{"prefix": ' + json.dumps(PREFIXES)
    for section, statements in sections:
        yield f',\n"{section}": {{'
        for number, (identifier, attributes) in enumerate(statements):
            comma = "," if number else ""
            yield f"{comma}\n{json.dumps(identifier)}: {json.dumps(attributes, ensure_ascii=False)}"
        yield "}"
    yield "}\n"


def _name(qualified: str) -> dict[str, str]:
    return {"$": qualified, "type": "prov:QUALIFIED_NAME"}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _stated(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not known."""
    return {name: value for name, value in attributes.items() if value not in (None, "")}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
