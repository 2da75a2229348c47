"""REST resources of what runs: what they say, what they do, and to whom."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from bpsportal.web.roles import Role
from execution.core.states import JobState
from execution.models import Site, SoftwareVersion, Workflow
from provenance.models import Event
from tests.factories import job_of, make_attempt, make_workflow, set_job
from tests.integration.execution_pages.conftest import STDERR, STDOUT, World

pytestmark = pytest.mark.django_db
Api = Callable[..., APIClient]
LOCAL = {"site": "far", "driver": "local", "workdir": "{data}/sites/far"}
DEMO = {"software": "demo-2.0", "kind": "venv", "sites": {"local": {"setup": ["source /a"]}}}


def get(client: APIClient, path: str, **parameters: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", parameters)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_workflow_says_its_rolled_up_state_and_what_may_be_done(world: World, viewer: User, api: Api) -> None:
    found = get(api(viewer), f"workflows/{world.workflow.pk}/")
    assert (found["name"], found["state"], found["wish"]) == ("night/r1/calibrate/1", "running", "run")
    assert found["verbs"] == ["pause", "terminate", "prioritise"]
    assert {"kind": "job", "label": "isr", "state": "failed", "n": 1} in found["counts"]


def test_workflows_are_listed_with_their_states_in_a_constant_number_of_statements(
    world: World, viewer: User, api: Api, django_assert_max_num_queries: Any
) -> None:
    for n in range(2, 9):
        make_workflow(f"night/r1/calibrate/{n}", images=[(n, 1)])
    client = api(viewer)
    with django_assert_max_num_queries(6):
        found = get(client, "workflows/", campaign="night")
    assert [row["state"] for row in found["results"]] == ["running"] * 8


def test_a_workflow_is_paused_resumed_and_terminated(world: World, operator: User, api: Api) -> None:
    client, url = api(operator), f"/api/v1/workflows/{world.workflow.pk}"
    paused = client.post(f"{url}/pause/", {"why": "room"}).json()
    assert (paused["state"], paused["wish_by"], paused["wish_why"]) == ("paused", "operator", "room")
    assert client.post(f"{url}/resume/", {}).json()["state"] == "running"
    assert client.post(f"{url}/terminate/", {"why": "wrong flat"}).json()["state"] == "cancelling"
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "workflow.paused", "workflow.resumed", "workflow.terminated",
    ]  # fmt: skip


def test_an_illegal_move_is_answered_with_the_legal_ones(world: World, operator: User, api: Api) -> None:
    answer = api(operator).post(f"/api/v1/workflows/{world.workflow.pk}/resume/", {})
    assert answer.status_code == 409
    assert answer.json()["state"] == "running"
    assert answer.json()["legal"] == ["pause", "terminate", "prioritise"]


def test_a_termination_needs_its_reason(world: World, operator: User, api: Api) -> None:
    answer = api(operator).post(f"/api/v1/workflows/{world.workflow.pk}/terminate/", {})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "why"
    assert Workflow.objects.get().wish == "run"


def test_a_priority_is_changed(world: World, operator: User, api: Api) -> None:
    answer = api(operator).post(f"/api/v1/workflows/{world.workflow.pk}/priority/", {"priority": 900})
    assert answer.json()["priority"] == 900
    assert (
        api(operator).post(f"/api/v1/workflows/{world.workflow.pk}/priority/", {"priority": "high"}).status_code == 400
    )


def test_the_same_request_twice_acts_once(world: World, operator: User, api: Api) -> None:
    client = api(operator)
    answers = [
        client.post(f"/api/v1/workflows/{world.workflow.pk}/pause/", {"why": "x"}, HTTP_IDEMPOTENCY_KEY="k1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Event.objects.filter(kind="workflow.paused").count() == 1


def test_jobs_are_filtered_and_paged(world: World, viewer: User, api: Api) -> None:
    client = api(viewer)
    failed = get(client, "jobs/", campaign="night", state="failed")["results"]
    assert [(job["name"], job["state"], job["site"]) for job in failed] == [("isr/000000", "failed", "local")]
    page = get(client, "jobs/", limit=3)
    assert [job["name"] for job in page["results"]] == ["measure/000003", "isr/000002", "measure/000001"]
    assert [job["name"] for job in client.get(page["next"]).json()["results"]] == ["isr/000000"]


def test_a_filter_that_makes_no_sense_is_a_problem_with_its_path(viewer: User, api: Api) -> None:
    answer = api(viewer).get("/api/v1/jobs/", {"state": "exploded"})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "state"


def test_a_job_is_told_with_its_attempts_and_receipts(world: World, viewer: User, api: Api) -> None:
    found = get(api(viewer), f"jobs/{world.job.pk}/")
    (attempt,) = found["attempt_list"]
    assert (found["campaign"], found["attempts"]) == ("night", 1)
    assert (attempt["outcome"], attempt["cause"], attempt["message"]) == ("failed", "payload", "no flat")
    assert attempt["accepted_at"] == "2026-11-22T12:00:01Z"


def test_a_job_says_why(world: World, viewer: User, api: Api) -> None:
    found = get(api(viewer), f"jobs/{job_of(world.workflow, 3).pk}/why/")
    assert found["state"] == "waiting"
    assert found["reasons"] == [{"text": "waits for 1 parent: 1 isr waiting", "since": "2026-11-22T12:00:00Z"}]


def test_step_instances_by_data_id(world: World, viewer: User, api: Api) -> None:
    found = get(api(viewer), "step-instances/", data_id="exposure=7,detector=3", step="isr")["results"]
    assert [(row["step"], row["state"], row["exposure"], row["detector"]) for row in found] == [("isr", "failed", 7, 3)]
    assert get(api(viewer), f"step-instances/{world.instance.pk}/")["job"] == world.job.pk


def test_a_data_id_that_is_none_is_a_problem(viewer: User, api: Api) -> None:
    answer = api(viewer).get("/api/v1/step-instances/", {"data_id": "exposure"})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "data_id"


def test_lists_come_as_csv_too(world: World, viewer: User, api: Api) -> None:
    answer = api(viewer).get("/api/v1/jobs/", {"format": "csv", "state": "failed"})
    lines = b"".join(answer).decode().splitlines()
    assert lines[0].startswith("id,name,campaign")
    assert len(lines) == 2
    workflows = b"".join(api(viewer).get("/api/v1/workflows/", {"format": "csv"})).decode().splitlines()
    assert ",running," in workflows[1]


def test_streams_come_as_plain_text_that_no_browser_interprets(world: World, viewer: User, api: Api) -> None:
    client, url = api(viewer), f"/api/v1/attempts/{world.attempt.pk}"
    answer = client.get(f"{url}/stderr/")
    assert answer.content == STDERR
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Log-Complete"] == "true"
    part = client.get(f"{url}/stdout/", {"offset": 5, "limit": 10, "instance": world.instance.pk})
    assert part.content == b"subtracted"
    assert (part["X-Log-Size"], part["X-Log-Next"], part["X-Log-Complete"]) == (str(len(STDOUT)), "15", "false")


def test_a_whole_stream_is_a_file(world: World, viewer: User, api: Api) -> None:
    answer = api(viewer).get(f"/api/v1/attempts/{world.attempt.pk}/log/", {"download": "true"})
    assert b"".join(answer) == STDOUT + STDERR
    assert answer["Content-Disposition"] == f'attachment; filename="{world.attempt.token}.log.txt"'


def test_plain_text_may_be_asked_for(world: World, viewer: User, api: Api) -> None:
    answer = api(viewer).get(f"/api/v1/attempts/{world.attempt.pk}/stdout/", HTTP_ACCEPT="text/plain")
    assert answer.content == STDOUT


@pytest.mark.parametrize("parameters", [{"offset": "x"}, {"limit": 0}, {"limit": 1 << 30}, {"instance": "a"}])
def test_a_range_that_is_none_is_a_problem(world: World, viewer: User, api: Api, parameters: dict[str, Any]) -> None:
    answer = api(viewer).get(f"/api/v1/attempts/{world.attempt.pk}/stdout/", parameters)
    assert answer.status_code == 400


def test_a_stream_that_is_not_there_says_why(world: World, viewer: User, api: Api) -> None:
    attempt = make_attempt(job_of(world.workflow, 2), world.site, is_open=False)
    answer = api(viewer).get(f"/api/v1/attempts/{attempt.pk}/stdout/")
    assert answer.status_code == 404
    assert "keeps none" in answer.json()["message"]


def test_open_attempts_of_a_site(world: World, viewer: User, api: Api) -> None:
    make_attempt(job_of(world.workflow, 2), world.site)
    assert len(get(api(viewer), "attempts/", site="local", open="true")["results"]) == 1
    assert len(get(api(viewer), "attempts/", token=world.attempt.token)["results"]) == 1


def test_a_site_is_put_in_changed_and_told(siteadmin: User, api: Api) -> None:
    client = api(siteadmin)
    made = client.post("/api/v1/sites/?why=new", LOCAL)
    assert made.status_code == 201
    assert made.json()["workdir"] == "{data}/sites/far"
    changed = client.put("/api/v1/sites/far/", {**LOCAL, "limits": {"running": 4}})
    assert changed.json()["limits"] == {"running": 4}
    assert Event.objects.order_by("pk").values_list("kind", "why").first() == ("site.created", "new")


def test_every_problem_of_a_site_comes_in_one_answer(siteadmin: User, api: Api) -> None:
    answer = api(siteadmin).post("/api/v1/sites/", {"site": "a b", "driver": "slrm", "limit": {}})
    assert answer.status_code == 400
    assert sorted(problem["path"] for problem in answer.json()["problems"]) == ["driver", "limit", "site", "workdir"]
    assert not Site.objects.exists()


@pytest.mark.parametrize("body", [[], "text", 5, None, [LOCAL]])
def test_a_site_document_is_a_mapping(siteadmin: User, api: Api, body: Any) -> None:
    assert api(siteadmin).post("/api/v1/sites/", body, format="json").status_code == 400


def test_a_site_is_never_renamed(world: World, siteadmin: User, api: Api) -> None:
    answer = api(siteadmin).put("/api/v1/sites/local/", {**LOCAL, "site": "other"})
    assert answer.status_code == 400


def test_a_site_is_paused_with_a_reason_and_resumed(world: World, siteadmin: User, api: Api) -> None:
    client = api(siteadmin)
    assert client.post("/api/v1/sites/local/pause/", {}).status_code == 400
    assert client.post("/api/v1/sites/local/pause/", {"why": "cooling"}).json()["paused_by"] == "siteadmin"
    assert client.post("/api/v1/sites/local/pause/", {"why": "cooling"}).status_code == 409
    assert client.post("/api/v1/sites/local/resume/", {}).json()["paused"] is False


def test_a_site_tells_its_load(world: World, viewer: User, api: Api) -> None:
    set_job(job_of(world.workflow, 2), JobState.RUNNING, site=world.site)
    assert get(api(viewer), "sites/local/")["jobs"] == {"running": 1}
    assert get(api(viewer), "sites/")["results"][0]["site"] == "local"


def test_nodes_are_listed_drained_and_resumed(world: World, siteadmin: User, api: Api) -> None:
    client = api(siteadmin)
    assert get(client, "sites/local/nodes/")[0]["name"] == "node1"
    assert client.post("/api/v1/sites/local/nodes/node1/drain/", {"why": "disk"}).json()["drained"] is True
    assert client.post("/api/v1/sites/local/nodes/node1/resume/", {}).json()["drained"] is False
    assert client.post("/api/v1/sites/local/nodes/node9/drain/", {"why": "disk"}).status_code == 404


def test_software_is_put_in_and_listed(world: World, siteadmin: User, api: Api) -> None:
    made = api(siteadmin).post("/api/v1/software-versions/", DEMO)
    assert made.status_code == 201
    assert len(made.json()["digest"]) == 64
    assert get(api(siteadmin), "software-versions/demo-2.0/")["kind"] == "venv"
    assert (
        api(siteadmin).put("/api/v1/software-versions/demo-2.0/", {**DEMO, "sites": {"nowhere": {}}}).status_code == 400
    )
    assert SoftwareVersion.objects.get(name="demo-2.0").sites == {"local": {"setup": ["source /a"]}}


@pytest.mark.parametrize(
    "path",
    [
        "jobs/999/",
        "jobs/abc/",
        f"jobs/{10**30}/",
        "workflows/999/",
        "attempts/999/log/",
        "sites/nowhere/",
        "jobs/999/why/",
    ],
)
def test_what_is_not_there_is_404(viewer: User, api: Api, path: str) -> None:
    answer = api(viewer).get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["problems"] == []


def test_a_narrowed_role_neither_sees_nor_touches_another_program(
    world: World, person: Callable[..., User], api: Api
) -> None:
    client = api(person("ann", Role.OPERATOR, program="wide"))
    assert get(client, "jobs/")["results"] == []
    for path in (f"jobs/{world.job.pk}/", f"attempts/{world.attempt.pk}/log/", f"step-instances/{world.instance.pk}/"):
        assert client.get(f"/api/v1/{path}").status_code == 404
    assert client.post(f"/api/v1/workflows/{world.workflow.pk}/pause/", {}).status_code == 404
    assert Workflow.objects.get().wish == "run"


def test_a_role_in_the_program_may(world: World, person: Callable[..., User], api: Api) -> None:
    client = api(person("ann", Role.OPERATOR, program="deep"))
    assert client.post(f"/api/v1/workflows/{world.workflow.pk}/pause/", {}).status_code == 200


def test_a_token_for_reading_does_not_act(world: World, operator: User, api: Api) -> None:
    answer = api(operator, scope="read").post(f"/api/v1/workflows/{world.workflow.pk}/pause/", {})
    assert answer.status_code == 403
    assert Workflow.objects.get().wish == "run"
