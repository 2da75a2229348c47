"""The PROV-JSON export of a campaign: complete, without loose ends, prefixes declared."""

import json
import re
from typing import Any

import pytest

from provenance import ledger, queries
from provenance.core.events import EventKind
from provenance.core.facts import ExecutionKind, Outcome
from provenance.models import Dataset, Execution
from tests.integration.provenance.builders import image, isr, register_raws, step

pytestmark = pytest.mark.django_db

ENDS = {
    "used": {"prov:activity": "activity", "prov:entity": "entity"},
    "wasGeneratedBy": {"prov:entity": "entity", "prov:activity": "activity"},
    "wasAssociatedWith": {"prov:activity": "activity", "prov:agent": "agent", "prov:plan": "entity"},
    "actedOnBehalfOf": {"prov:delegate": "agent", "prov:responsible": "agent"},
    "wasInformedBy": {"prov:informed": "activity", "prov:informant": "activity"},
}
"""Relation -> attribute -> in which section its target stands (PROV-DM 5)."""


@pytest.fixture
def document() -> dict[str, Any]:
    """Campaign night: an image through isr and measure, one retried, a transfer; and another campaign besides."""
    raws = register_raws([image(7, 3), image(7, 4)])
    ledger.describe_recipes({"r1": {"config": {"threshold": 5}}})
    ledger.record(EventKind.CAMPAIGN_SUBMITTED, actor="ann", campaign="night")
    ledger.record(EventKind.CAMPAIGN_STARTED, actor="portal", campaign="night")
    failed = isr(2, raws[1], image(7, 4), outcome=Outcome.FAILED, final=False)
    measure = step("measure", 3, image(7, 3), inputs=(("postISRCCD", "detector=3,exposure=7"),))
    transfer = step("transfer", 0, {}, kind=ExecutionKind.TRANSFER, token="transfer", software="", recipe="")
    ledger.collected([isr(1, raws[0], image(7, 3)), failed, measure, transfer])
    ledger.collected([isr(2, raws[1], image(7, 4), attempt=2, token="t2x2")])
    ledger.collected([isr(50, raws[0], image(7, 3), campaign="other")])
    return json.loads("".join(queries.prov_document("night")))


def test_every_execution_of_the_campaign_is_an_activity_retries_too(document: dict[str, Any]):
    runs = Execution.objects.filter(campaign__name="night").values_list("pk", flat=True)
    assert set(document["activity"]) == {f"execution:{pk}" for pk in runs}
    assert len(runs) == 5


def test_a_retry_was_informed_by_the_attempt_before_it(document: dict[str, Any]):
    first, second = Execution.objects.filter(instance=2).order_by("attempt").values_list("pk", flat=True)
    assert document["wasInformedBy"] == {
        f"_:i{second}": {"prov:informed": f"execution:{second}", "prov:informant": f"execution:{first}"}
    }


def test_inputs_and_outputs_are_entities_and_only_they(document: dict[str, Any]):
    datasets = Dataset.objects.exclude(campaign__name="other").values_list("pk", flat=True)
    entities = set(document["entity"])
    assert {name for name in entities if name.startswith("dataset:")} == {f"dataset:{pk}" for pk in datasets}
    assert "recipe:r1" in entities
    assert json.loads(document["entity"]["recipe:r1"]["bps:body"]) == {"config": {"threshold": 5}}


def test_operator_portal_and_software_are_agents(document: dict[str, Any]):
    labels = {agent["prov:label"]: agent["prov:type"]["$"] for agent in document["agent"].values()}
    assert labels == {"ann": "prov:Person", "bpsportal": "prov:SoftwareAgent", "demo-1.0": "prov:SoftwareAgent"}


def test_no_relation_ends_nowhere(document: dict[str, Any]):
    loose = [
        (relation, attribute, target)
        for relation, ends in ENDS.items()
        for statement in document[relation].values()
        for attribute, section in ends.items()
        if (target := statement.get(attribute)) and target not in document[section]
    ]
    assert loose == []
    assert all(len(document[relation]) for relation in ENDS)


def test_every_prefix_is_declared_and_every_name_is_qualified(document: dict[str, Any]):
    names = [name for section, statements in document.items() if section != "prefix" for name in statements]
    names += [key for section, body in document.items() if section != "prefix" for s in body.values() for key in s]
    legal = re.compile(r"(_|[a-z]+):[A-Za-z0-9-]+")
    assert all(legal.fullmatch(name) for name in names)
    assert {name.partition(":")[0] for name in names} - {"_"} <= set(document["prefix"])


def test_a_campaign_with_events_only_is_a_document_too():
    ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign="fresh")
    assert json.loads("".join(queries.prov_document("fresh")))["activity"] == {}
