"""REST: documents in every spelling, verbs with their refusals, one answer for one key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from campaigns import planning
from campaigns.models import Campaign, ConfigLayer, Payload, PipelineVersion, Revision
from tests.integration.campaigns import world

Api = Callable[..., APIClient]
Write = Callable[..., str]
ROOT = "/api/v1/campaigns/"


@pytest.fixture
def rest(night: None, operator: User, api: Api) -> APIClient:
    """An operator's client, and a night of data."""
    return api(operator)


def send(
    rest: APIClient, text: str | bytes, path: str = "", content_type: str = "application/yaml", **headers: str
) -> Any:
    """Post a document."""
    return rest.post(ROOT + path, data=text, content_type=content_type, **headers)


@pytest.fixture
def ready(rest: APIClient, document: Write) -> APIClient:
    assert send(rest, document()).status_code == 201
    return rest


@pytest.fixture
def running(ready: APIClient) -> APIClient:
    assert ready.post(f"{ROOT}night-1/submit/").status_code == 200
    assert planning.run("night-1", 1)
    return ready


@pytest.mark.parametrize("kind", ["application/yaml", "application/x-yaml", "text/yaml", "text/plain"])
def test_yaml_is_taken_under_each_of_its_names(kind: str, rest: APIClient, document: Write) -> None:
    answer = send(rest, document(), content_type=kind)
    assert answer.status_code == 201, answer.data
    assert answer.data["state"] == "ready"


def test_json_is_taken_as_the_document_itself(rest: APIClient, document: Write) -> None:
    body = json.dumps(yaml.safe_load(document()))
    assert send(rest, body, content_type="application/json").data["state"] == "ready"


def test_a_document_inside_json_brings_its_reason(rest: APIClient, document: Write) -> None:
    answer = rest.post(ROOT, {"document": document(), "reason": "asked by the survey"}, format="json")
    assert answer.status_code == 201
    assert Revision.objects.get().reason == "asked by the survey"


def test_the_text_is_kept_as_it_was_written(rest: APIClient, document: Write) -> None:
    text = f"# the night's own words\n{document()}"
    assert send(rest, text).data["document"] == text


def test_a_campaign_says_what_it_is_made_of(ready: APIClient) -> None:
    found = ready.get(f"{ROOT}night-1/").data
    assert found["verbs"] == ["submit", "archive", "revise", "prioritise", "clone"]
    assert [payload["id"] for payload in found["payloads"]] == ["night-1:calibrate"]
    assert found["owner"] == "operator"


def test_validate_has_no_effect(rest: APIClient, document: Write) -> None:
    assert send(rest, document(), "validate/").data == {"valid": True, "problems": [], "warnings": []}
    assert not Campaign.objects.exists()


def test_the_preview_counts_by_hand(rest: APIClient, document: Write) -> None:
    found = send(rest, document(), "plan/").data
    assert (found["instances"], found["jobs"], found["workflows"]) == (16, 16, 1)
    isr, gather = found["payloads"][0]["steps"]
    assert (isr["step"], isr["instances"], isr["core_hours"]) == ("isr", 12, 2.0)
    assert (gather["step"], gather["instances"], gather["core_hours"]) == ("gather", 4, 4.0)
    assert not Campaign.objects.exists()


def test_an_open_point_makes_the_preview_say_at_least(rest: APIClient, document: Write) -> None:
    payload = {"name": "calibrate", "pipelines": [{"pipeline": "small"}]}
    found = send(rest, document(payloads=[payload]), "plan/").data
    assert found["at_least"] and found["instances"] == 28
    cut = found["payloads"][0]["steps"][-1]
    assert (cut["step"], cut["open"], cut["instances"]) == ("cut", True, 0)


def test_counts_come_step_by_step(running: APIClient) -> None:
    found = running.get(f"{ROOT}night-1/counts/").data
    assert [(row["step"], row["planned"], row["instances"]) for row in found["steps"]] == [
        ("isr", 12, {"waiting": 12}),
        ("gather", 4, {"waiting": 4}),
    ]
    assert found["jobs"] == {"waiting": 16}


def test_the_configuration_says_who_said_what(running: APIClient) -> None:
    found = running.get(f"{ROOT}night-1/config/").data
    isr = found["payloads"]["calibrate"]["steps"]["isr"]["everywhere"]
    assert found["pinned"] is True
    assert isr["requestMemory"]["value"] == 1024
    assert isr["requestMemory"]["layer"] == "definition:small/isr"
    assert isr["requestMemory"]["replaced"]["value"] == 2048
    assert (isr["software"]["layer"], isr["software"]["author"]) == ("campaign:night-1", "operator")


def test_later_layers_do_not_reach_what_was_submitted(running: APIClient) -> None:
    layer = "layer: {scope: step, target: small/isr, reason: more}\nconfig: {requestMemory: 3000}\n"
    assert running.post("/api/v1/config-layers/", data=layer, content_type="application/yaml").status_code == 201
    found = running.get(f"{ROOT}night-1/config/").data
    assert found["payloads"]["calibrate"]["steps"]["isr"]["everywhere"]["requestMemory"]["value"] == 1024
    assert found["newer"] == [{"scope": "step", "target": "small/isr", "pinned": None, "newest": 1}]


def test_later_layers_reach_what_is_submitted_later(ready: APIClient) -> None:
    layer = "layer: {scope: site, target: local, reason: more}\nconfig: {requestMemory: 3000}\n"
    ready.post("/api/v1/config-layers/", data=layer, content_type="application/yaml")
    steps = ready.get(f"{ROOT}night-1/config/").data["payloads"]["calibrate"]["steps"]
    assert steps["gather"]["everywhere"]["requestMemory"]["value"] == 2048
    assert steps["gather"]["sites"]["local"]["requestMemory"]["value"] == 3000
    assert "requestMemory" not in steps["isr"]["sites"].get("local", {}), "a step's definition beats its site"


def test_events_tell_the_story_newest_first(running: APIClient) -> None:
    kinds = [row["kind"] for row in running.get(f"{ROOT}night-1/events/").data["results"]]
    assert kinds[-3:] == ["campaign.submitted", "campaign.ready", "campaign.created"]
    assert "campaign.started" in kinds


def test_revising_keeps_the_former_document(ready: APIClient, document: Write) -> None:
    body = {"document": document(priority=700), "reason": "hurry"}
    answer = ready.patch(f"{ROOT}night-1/", body, format="json")
    assert (answer.status_code, answer.data["priority"], answer.data["revision"]) == (200, 700, 2)
    assert Revision.objects.count() == 2


def test_a_revision_cannot_rename(ready: APIClient, document: Write) -> None:
    answer = ready.put(f"{ROOT}night-1/", data=document("night-2"), content_type="application/yaml")
    assert answer.status_code == 400
    assert answer.data["problems"][0]["path"] == "campaign"


def test_a_copy_differs_in_its_name_only(ready: APIClient) -> None:
    answer = ready.post(f"{ROOT}night-1/clone/", {"name": "night-2"}, format="json")
    assert (answer.status_code, answer.data["name"], answer.data["state"]) == (201, "night-2", "ready")
    assert answer.data["document"] == ready.get(f"{ROOT}night-1/").data["document"].replace("night-1", "night-2")


ILLEGAL = [
    ("ready", "pause"),
    ("ready", "resume"),
    ("running", "submit"),
    ("running", "resume"),
    ("running", "archive"),
]


@pytest.mark.parametrize(("state", "verb"), ILLEGAL)
def test_illegal_verbs_name_the_legal_ones(state: str, verb: str, request: pytest.FixtureRequest) -> None:
    client: APIClient = request.getfixturevalue(state)
    answer = client.post(f"{ROOT}night-1/{verb}/")
    assert answer.status_code == 409
    assert answer.data["state"] == state
    legal = {
        "ready": ["submit", "archive", "revise", "prioritise", "clone"],
        "running": ["pause", "terminate", "prioritise", "clone"],
    }
    assert answer.data["legal"] == legal[state]


def test_a_running_campaign_cannot_be_revised(running: APIClient, document: Write) -> None:
    answer = running.put(f"{ROOT}night-1/", data=document(), content_type="application/yaml")
    assert answer.status_code == 409


def test_terminating_needs_a_reason(running: APIClient) -> None:
    assert running.post(f"{ROOT}night-1/terminate/", {}, format="json").status_code == 400
    answer = running.post(f"{ROOT}night-1/terminate/", {"why": "wrong filter"}, format="json")
    assert answer.data["campaign"]["state"] == "cancelling"
    assert answer.data["acted"] == ["night-1"]


def test_the_same_key_twice_makes_one_campaign(rest: APIClient, document: Write) -> None:
    first = send(rest, document(), HTTP_IDEMPOTENCY_KEY="k1")
    second = send(rest, document(), HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Campaign.objects.count() == 1


def test_the_same_name_twice_is_a_problem_without_a_key(ready: APIClient, document: Write) -> None:
    answer = send(ready, document())
    assert answer.status_code == 400
    assert "there is a campaign night-1 already" in answer.data["problems"][0]["message"]


def test_a_priority_reaches_what_waits(running: APIClient) -> None:
    answer = running.post(f"{ROOT}night-1/priority/", {"priority": 900, "why": "deadline"}, format="json")
    assert answer.data["campaign"]["priority"] == 900
    from execution.models import Workflow

    assert Workflow.objects.get().priority == 900


def test_payloads_have_verbs_of_their_own(running: APIClient) -> None:
    root = "/api/v1/payloads/night-1:calibrate/"
    assert running.get(root).data["state"] == "running"
    assert running.post(f"{root}pause/", {"why": "look first"}, format="json").data["state"] == "paused"
    assert running.post(f"{root}pause/").status_code == 409
    assert running.post(f"{root}resume/").data["state"] == "running"
    assert running.post(f"{root}priority/", {"priority": 3}, format="json").data["priority"] == 3
    assert running.post(f"{root}terminate/", {"why": "useless"}, format="json").data["state"] == "cancelling"


def test_an_unknown_payload_is_missing(running: APIClient) -> None:
    assert running.get("/api/v1/payloads/night-1:nothing/").status_code == 404
    assert running.get("/api/v1/payloads/nonsense/").status_code == 404


def test_pipelines_are_known_by_name_and_version(rest: APIClient) -> None:
    assert rest.get("/api/v1/pipelines/small:1/").data["version"] == 1
    assert rest.get("/api/v1/pipelines/small/").data["id"] == "small:1"
    assert rest.get("/api/v1/pipelines/small:2/").status_code == 404


def test_a_pipeline_version_never_changes(rest: APIClient) -> None:
    again = rest.post("/api/v1/pipelines/", data=world.PIPELINE, content_type="application/yaml")
    assert again.data == [{"kind": "pipeline", "name": "small", "version": 1, "outcome": "unchanged"}]
    other = world.PIPELINE.replace("threshold: 5", "threshold: 6")
    answer = rest.post("/api/v1/pipelines/", data=other, content_type="application/yaml")
    assert answer.status_code == 400
    assert "version 1 of pipeline small exists already; the next one is 2" in answer.data["problems"][0]["message"]
    assert PipelineVersion.objects.count() == 1


def test_nothing_is_registered_when_one_document_is_wrong(rest: APIClient) -> None:
    layers = (
        "layer: {scope: global, reason: a}\nconfig: {requestMemory: 1000}\n---\n"
        "layer: {scope: site, target: lokal, reason: b}\nconfig: {requestMemroy: 1000}\n"
    )
    answer = rest.post("/api/v1/register/", data=layers, content_type="application/yaml")
    assert answer.status_code == 400
    assert [(problem["path"], problem["line"]) for problem in answer.data["problems"]] == [
        ("[1].layer.target", 4),
        ("[1].config.requestMemroy", 5),
    ]
    assert not ConfigLayer.objects.exists()


def test_a_registration_asks_for_the_role_of_each_kind(rest: APIClient) -> None:
    answer = rest.post("/api/v1/register/", data=world.PLACES, content_type="application/yaml")
    assert (answer.status_code, answer.data["needed_role"]) == (403, "site administrator")


def test_an_operator_of_another_program_may_not_create(
    night: None, person: Callable[..., User], api: Api, document: Write
) -> None:
    from bpsportal.web.roles import Role

    other = api(person("ann", Role.OPERATOR, program="deep-field"))
    answer = send(other, document())
    assert answer.status_code == 403
    assert not Campaign.objects.exists()
    assert send(other, document(program="deep-field")).status_code == 201


def test_what_is_hidden_is_missing(running: APIClient, person: Callable[..., User], api: Api) -> None:
    from bpsportal.web.roles import Role

    other = api(person("ann", Role.OPERATOR, program="deep-field"))
    assert other.get(f"{ROOT}night-1/").status_code == 404
    assert other.get(ROOT).data["results"] == []
    assert other.get("/api/v1/payloads/").data["results"] == []


def test_a_read_token_acts_on_nothing(night: None, operator: User, api: Api, document: Write) -> None:
    reader = api(operator, scope="read")
    assert send(reader, document()).status_code == 403
    assert reader.post("/api/v1/register/", data=world.PIPELINE, content_type="application/yaml").status_code == 403


def test_lists_filter_and_stream(ready: APIClient, document: Write) -> None:
    send(ready, document("night-2", program="deep-field"))
    send(ready, document("dawn-1"))
    names = lambda query: [row["name"] for row in ready.get(ROOT, query).data["results"]]  # noqa: E731
    assert names({}) == ["dawn-1", "night-2", "night-1"]
    assert names({"name": "night-*"}) == ["night-2", "night-1"]
    assert names({"program": "deep-field"}) == ["night-2"]
    assert names({"state": "running"}) == []
    table = b"".join(ready.get(ROOT, {"format": "csv"}).streaming_content).decode().splitlines()
    assert table[0].startswith("name,program,") and len(table) == 4


def test_the_number_of_statements_does_not_follow_the_size(
    running: APIClient, admin: User, document: Write, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection

    from campaigns.services.register import register

    paths = [ROOT, f"{ROOT}night-1/", f"{ROOT}night-1/counts/", "/api/v1/payloads/"]

    def statements() -> list[int]:
        found = []
        for path in paths:
            with CaptureQueriesContext(
                connection,
            ) as caught:
                assert running.get(path).status_code == 200
            found.append(len(caught))
        return found

    before = statements()
    register(world.night(exposures=40, detectors=9), user=admin)
    for name in ("night-2", "night-3", "night-4"):
        assert send(running, document(name)).status_code == 201
        running.post(f"{ROOT}{name}/submit/")
        assert planning.run(name, 1)
    assert Payload.objects.count() == 4
    assert statements() == before
