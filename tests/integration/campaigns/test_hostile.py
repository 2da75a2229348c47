"""Hostile and broken input: a clear 400 (or 413), every problem at once, and nothing is left behind."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from campaigns.models import Campaign, Payload, Revision
from provenance import queries as history

Api = Callable[..., APIClient]
ROOT = "/api/v1/campaigns/"

TWENTY = """
campaign: "night 1"
program: "../main"
priorty: 500
priority: high
deadline: yesterday
parent: nobody
software: demo-2.0
sites: {only: [lokal], avoid: [mars]}
config: {requestMemroy: 2048, requestCpus: 0}
notify: [{event: campaign.exploded, to: [nobody]}]
payloads:
  - name: calibrate
    pipelines: [{pipeline: small, version: 7}]
  - name: calibrate
    pipelines: [{pipeline: small, version: 1, steps: "isr..gathr", skip: [icr]}]
    data: {where: "exposre in (1..4)"}
    cluster: {one: {steps: [isr]}, two: {steps: [isr]}}
    steps: {isr: {requestMemory: 99999999, onFailure: explode}}
  - pipelines: [{pipeline: smal}]
    order: sideways
    data: {where: "exposure in (1..", exclude: [7]}
    unknown: {variable: "{nothing}"}
"""


@pytest.fixture
def rest(night: None, operator: User, api: Api) -> APIClient:
    return api(operator)


def refused(rest: APIClient, body: str | bytes, path: str = "", kind: str = "application/yaml") -> list[dict[str, Any]]:
    """The problems of a body that has to be refused, leaving nothing."""
    before = history.events().count()
    answer = rest.post(ROOT + path, data=body, content_type=kind)
    assert answer.status_code == 400, answer.data
    assert not (Campaign.objects.exists() or Payload.objects.exists() or Revision.objects.exists())
    assert history.events().count() == before
    return answer.data["problems"]


def test_twenty_errors_are_twenty_problems_in_one_answer(rest: APIClient) -> None:
    problems = refused(rest, TWENTY)
    said = {(problem["path"], problem["line"]) for problem in problems}
    expected = {
        ("campaign", 2), ("program", 3), ("priorty", 4), ("priority", 5), ("deadline", 6), ("parent", 7),
        ("software", 8), ("sites.only[0]", 9), ("sites.avoid[0]", 9), ("config.requestMemroy", 10),
        ("config.requestCpus", 10),
        ("notify[0].event", 11), ("notify[0].to[0]", 11), ("payloads[0].pipelines[0].version", 14),
        ("payloads[1].name", 15), ("payloads[1].pipelines[0].steps", 16), ("payloads[1].pipelines[0].skip[0]", 16),
        ("payloads[1].steps.isr.onFailure", 19), ("payloads[2].name", 20), ("payloads[2].pipelines[0].pipeline", 20),
        ("payloads[2].order", 21), ("payloads[2].data.where", 22), ("payloads[2].data.exclude[0]", 22),
        ("payloads[2].unknown", 23), ("payloads[2].unknown.variable", 23),
    }  # fmt: skip
    assert len(problems) >= 20
    missed = expected - said
    assert not missed, sorted(said)
    assert all(problem["message"] and problem["line"] for problem in problems)


def test_a_close_word_is_offered(rest: APIClient) -> None:
    by_path = {problem["path"]: problem["message"] for problem in refused(rest, TWENTY)}
    assert "did you mean priority" in by_path["priorty"]
    assert "did you mean requestMemory" in by_path["config.requestMemroy"]
    assert "did you mean small" in by_path["payloads[2].pipelines[0].pipeline"]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
)

VERB_AS_NAME = b"campaign: validate\nsoftware: demo-1.0\npayloads: [{name: a, pipelines: [{pipeline: small}]}]\n"

HOSTILE = [
    ("empty", b"", "empty"),
    ("only a comment", b"# nothing\n", "empty"),
    ("a list", b"- campaign: night-1\n", "mapping"),
    ("a word", b"night-1", "mapping"),
    ("no YAML", b"campaign: [night-1\n", "not YAML"),
    ("NUL", b"campaign: night\x00-1\n", "NUL"),
    ("escaped NUL", b'campaign: "night\\0-1"\n', ""),
    ("not UTF-8", b"campaign: \xff\xfe\n", "not UTF-8"),
    ("an alias bomb", BOMB.encode(), "anchors"),
    ("a merge key", b"base: {a: 1}\n<<: {campaign: x}\n", "merge keys"),
    ("deep YAML", ("[" * 5000 + "]" * 5000).encode(), "nested deeper"),
    ("deep JSON", ('{"campaign": ' + "[" * 100000 + "]" * 100000 + "}").encode(), "nested deeper"),
    ("a Python object", b"campaign: !!python/object/apply:os.system [ls]\n", "tag"),
    ("a doubled key", b"campaign: night-1\ncampaign: night-2\n", "stands twice"),
    ("two documents", b"campaign: night-1\n---\ncampaign: night-2\n", "one document is expected"),
    ("five megabytes", b"campaign: " + b"x" * 5_000_000, "at most 1048576"),
    ("a quoted name", b"campaign: \"night'; DROP TABLE--\"\n", "not a name"),
    ("a name that climbs", b"campaign: ../../etc/passwd\n", ""),
    ("a name like an option", b'campaign: "-rf"\n', "not a name"),
    ("a name with a new line", b'campaign: "night\\n1"\n', ""),
    ("a very long name", b"campaign: " + b"n" * 500, "at most 80"),
    ("a verb of REST", VERB_AS_NAME, "verb of the REST"),
    ("numbers beyond bounds", b"campaign: n\npriority: 99999999999999999999999999\n", ""),
    ("not a number", b"campaign: n\nshare: .nan\n", ""),
    ("another kind", b"pipeline: small\n", "campaign"),
    ("HTML", b"<!doctype html><script>alert(1)</script>", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "word"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_hostile_documents_are_refused_with_a_reason(name: str, body: bytes, word: str, rest: APIClient) -> None:
    problems = refused(rest, body)
    assert problems
    assert word in " ".join(problem["message"] for problem in problems)


@pytest.mark.parametrize("path", ["validate/", "plan/"])
def test_checks_and_previews_refuse_alike(path: str, rest: APIClient) -> None:
    assert refused(rest, BOMB, path)


def test_a_huge_body_is_not_even_read(rest: APIClient) -> None:
    answer = rest.post(ROOT, data=b"x" * (9 << 20), content_type="application/yaml")
    assert answer.status_code == 413


def test_json_with_a_document_that_is_no_text_is_refused(rest: APIClient) -> None:
    problems = refused(rest, json.dumps({"document": {"campaign": "x"}}), kind="application/json")
    assert problems[0]["path"] == "document"


def test_hostile_names_in_addresses_are_missing(rest: APIClient) -> None:
    for name in ("%00", "..%2f..", "'%20OR%201=1", "%ff", "n" * 3000):
        assert rest.get(f"{ROOT}{name}/").status_code in (400, 404), name


def test_hostile_filters_find_nothing_or_are_refused(rest: APIClient) -> None:
    for query in ({"name": "'\"--"}, {"state": "exploded"}, {"since": "yesterday"}, {"name": "\x00"}, {"cursor": "x"}):
        assert rest.get(ROOT, query).status_code in (200, 400, 404), query


def test_a_draft_with_a_name_that_cannot_be_is_refused_too(rest: APIClient) -> None:
    for name in ("validate", "../x", "night 1"):
        refused(rest, f'campaign: "{name}"', "?draft=true")


def test_unknown_software_is_said_even_beside_an_unknown_pipeline(rest: APIClient) -> None:
    problems = refused(rest, "campaign: n\nsoftware: demo-9\npayloads: [{name: a, pipelines: [{pipeline: smal}]}]\n")
    assert [problem["path"] for problem in problems] == ["software", "payloads[0].pipelines[0].pipeline"]


@pytest.mark.parametrize("value", ["[1]", "5", "text", "null", "{a: {b: [c]}}"])
@pytest.mark.parametrize(
    "key", ["config", "sites", "payloads", "notify", "variables", "steps", "data", "persist", "retry"]
)
def test_a_wrong_type_anywhere_is_a_problem_and_no_fault(key: str, value: str, rest: APIClient, document: Any) -> None:
    rest.post(ROOT, data=document("above"), content_type="application/yaml")
    for parent in ("", "parent: above\n"):
        body = f"campaign: n\n{parent}software: demo-1.0\n{key}: {value}\n"
        answer = rest.post(ROOT + "validate/", data=body, content_type="application/yaml")
        assert answer.status_code in (200, 400), answer.data
        payload = f"campaign: n\n{parent}software: demo-1.0\npayloads:\n- {{name: calibrate, {key}: {value}}}\n"
        assert rest.post(ROOT + "validate/", data=payload, content_type="application/yaml").status_code in (200, 400)
