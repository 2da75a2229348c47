"""Subcampaigns: what they inherit, and what they narrow."""

from campaigns.core.catalog import CampaignEntry
from campaigns.core.subcampaign import inherit
from tests.unit.campaigns.catalogs import checked, full_catalog, problems

CATALOG = full_catalog()

PARENT = {
    "campaign": "big", "program": "main", "software": "v1", "priority": 10, "description": "all", "deadline": "x",
    "config": {"queue": "q", "requestMemory": 1}, "notify": [1], "variables": {"a": 1},
    "payloads": [
        {"name": "one", "pipelines": ["p"], "data": {"where": "a = 1 or a = 2", "exclude": [{"a": 1}]},
         "steps": {"isr": {"queue": "s", "config": {"x": 1}}}},
        {"name": "two", "pipelines": ["r"]},
    ],
}  # fmt: skip


def test_what_a_document_leaves_out_comes_from_its_parent():
    found = inherit({"campaign": "part", "parent": "big"}, PARENT)
    assert (found["campaign"], found["program"], found["software"], found["priority"]) == ("part", "main", "v1", 10)
    assert [payload["name"] for payload in found["payloads"]] == ["one", "two"]


def test_description_deadline_and_notices_are_ones_own():
    assert not {"description", "deadline", "notify"} & set(inherit({"campaign": "part"}, PARENT))


def test_settings_are_merged_key_by_key():
    found = inherit({"config": {"requestMemory": 2}, "variables": {"b": 2}}, PARENT)
    assert found["config"] == {"queue": "q", "requestMemory": 2}
    assert found["variables"] == {"a": 1, "b": 2}


def test_a_payload_of_the_same_name_inherits_and_the_others_are_left_out():
    found = inherit({"payloads": [{"name": "one", "steps": {"isr": {"config": {"y": 2}}}}]}, PARENT)
    (payload,) = found["payloads"]
    assert payload["pipelines"] == ["p"]
    assert payload["steps"] == {"isr": {"queue": "s", "config": {"x": 1, "y": 2}}}


def test_a_selection_narrows_the_parents():
    found = inherit({"payloads": [{"name": "one", "data": {"where": "b = 3 or b = 4", "exclude": [{"b": 3}]}}]}, PARENT)
    assert found["payloads"][0]["data"] == {
        "where": "(a = 1 or a = 2) and (b = 3 or b = 4)", "exclude": [{"a": 1}, {"b": 3}],
    }  # fmt: skip


def test_a_new_payload_inherits_nothing():
    assert inherit({"payloads": [{"name": "new"}]}, PARENT)["payloads"] == [{"name": "new"}]


def test_nonsense_is_left_for_the_schema():
    for payloads in (3, "x", [3], [{"name": 3}], [{"name": "one", "data": 3, "config": []}]):
        assert inherit({"payloads": payloads, "config": 3}, PARENT)["config"] == 3


def test_a_short_document_makes_a_subcampaign():
    text = "campaign: part\nparent: earlier\npayloads:\n"
    text += "  - {name: calibrate, data: {where: exposure in (1..3) or kind = 'bias'}}\n"
    found = checked(text, CATALOG)
    assert found.problems == ()
    assert (found.spec.parent, found.spec.program) == ("earlier", "main-survey")
    assert found.spec.payloads[0].where.text == (
        "(exposure in (1..24) and detector < 9 or kind = 'bias') and (exposure in (1..3) or kind = 'bias')"
    )


def test_the_priority_is_inherited_as_it_is_now_unless_it_is_said():
    assert CATALOG.campaigns["earlier"] == CampaignEntry("earlier", CATALOG.campaigns["earlier"].document, 800)
    assert checked("campaign: part\nparent: earlier\n", CATALOG).spec.priority == 800
    assert checked("campaign: part\nparent: earlier\npriority: 3\n", CATALOG).spec.priority == 3
    assert checked("campaign: part\nparent: earlier\nconfig: {priority: 4}\n", CATALOG).spec.priority == 4


def test_mistakes_in_a_short_document_are_told_at_their_lines():
    text = "campaign: part\nparent: earlier\npayloads:\n  - {name: calibrate, order: sideways}\n"
    assert [path for path, _ in problems(text, CATALOG)] == ["payloads[0].order"]
    assert [item.line for item in checked(text, CATALOG).problems] == [4]
