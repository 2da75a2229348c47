"""What refusals say, and how nested errors become problems with paths."""

import pytest

from bpsportal.web.errors import Invalid, Missing, NotAllowed, Problem, Refused
from bpsportal.web.refusals import body, flatten
from bpsportal.web.roles import Scope, least_role


def test_a_state_without_a_way_out_says_so():
    assert str(NotAllowed("archived", "running", [])) == (
        "it is archived and cannot become or do “running”; nothing can be done in this state."
    )


@pytest.mark.parametrize(("count", "text"), [(1, "There is 1 problem"), (2, "There are 2 problems")])
def test_problems_are_counted(count, text):
    assert str(Invalid([Problem("a", "b")] * count)).startswith(text)


def test_a_missing_thing_is_named():
    assert body(Missing("campaign", "night-1")) == {"message": "There is no campaign “night-1”.", "problems": []}


def test_a_refusal_for_the_whole_portal_names_no_place():
    assert "for " not in str(Refused("pipeline.change", "operator")).split(".")[0]


def test_nested_errors_get_paths_as_in_the_document():
    detail = {"name": ["too long"], "payloads": [{}, {"steps": {"isr": ["unknown"]}}], "non_field_errors": ["no"]}
    assert [(problem.path, problem.message) for problem in flatten(detail)] == [
        ("name", "too long"),
        ("payloads[1].steps.isr", "unknown"),
        ("", "no"),
    ]


@pytest.mark.parametrize(
    ("verb", "role"),
    [
        ("view.job", "viewer"),
        ("campaign.pause", "operator"),
        ("node.drain", "site administrator"),
        ("admin.fix", "administrator"),
    ],
)
def test_the_least_role_of_a_verb_is_the_one_to_ask_for(verb, role):
    assert least_role(verb).label == role


@pytest.mark.parametrize(
    ("scope", "label"),
    [(Scope(), ""), (Scope(program="deep"), "program deep"), (Scope(program="deep", campaign="n1"), "campaign n1")],
)
def test_a_scope_is_called_by_its_narrowest_part(scope, label):
    assert scope.label == label
