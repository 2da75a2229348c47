"""The pieces of a PROV-JSON document."""

import json
from datetime import UTC, datetime

from provenance.core import prov

RUN = prov.ExecutionRow(
    5, "step", "isr", "exposure=7", 2, "succeeded", "local", "node1", "demo", "3.11", "r1", "e1",
    datetime(2026, 11, 22, 20, tzinfo=UTC), None,
)  # fmt: skip


def test_an_execution_is_an_activity_with_what_is_known_of_it():
    assert prov.execution_activity(RUN) == (
        "execution:5",
        {
            "prov:startTime": "2026-11-22T20:00:00+00:00",
            "prov:label": "isr exposure=7",
            "prov:type": {"$": "bps:Step", "type": "prov:QUALIFIED_NAME"},
            "bps:step": "isr",
            "bps:dataId": "exposure=7",
            "bps:attempt": 2,
            "bps:outcome": "succeeded",
            "bps:site": "local",
            "bps:host": "node1",
        },
    )


def test_a_dataset_is_an_entity_with_its_size_as_a_long():
    row = prov.DatasetRow(9, "raw", "exposure=7", "/raw", 2**40, "", None)
    assert prov.dataset_entity(row) == (
        "dataset:9",
        {
            "prov:label": "raw exposure=7",
            "prov:type": {"$": "bps:Dataset", "type": "prov:QUALIFIED_NAME"},
            "bps:datasetType": "raw",
            "bps:dataId": "exposure=7",
            "bps:path": "/raw",
            "bps:bytes": {"$": "1099511627776", "type": "xsd:long"},
        },
    )


def test_an_execution_is_associated_with_portal_and_software_by_its_recipe():
    assert list(prov.associated(RUN)) == [
        ("_:p5", {"prov:activity": "execution:5", "prov:agent": "portal:bpsportal"}),
        (
            "_:s5",
            {
                "prov:activity": "execution:5",
                "prov:agent": prov.software_name("demo", "3.11"),
                "prov:plan": "recipe:r1",
            },
        ),
    ]
    assert len(list(prov.associated(RUN._replace(software="")))) == 1


def test_names_of_people_make_legal_identifiers():
    name, attributes = prov.person_agent("Ann O'Neill <ann@example.org>")
    assert name.removeprefix("person:").isalnum()
    assert attributes["prov:label"] == "Ann O'Neill <ann@example.org>"
    assert prov.digest_name("a:b c").isalnum()


def test_a_document_is_json_even_without_statements():
    text = "".join(prov.document([("entity", iter(())), ("used", [prov.used(5, 9)])]))
    assert json.loads(text) == {
        "prefix": dict(prov.PREFIXES),
        "entity": {},
        "used": {"_:u5-9": {"prov:activity": "execution:5", "prov:entity": "dataset:9"}},
    }
