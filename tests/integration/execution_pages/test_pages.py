"""Pages of what runs: what they show, what their buttons do, and that names from a site stay text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bpsportal.web.roles import Role
from execution.core.states import InstanceState, JobState
from execution.models import Attempt, Job, Node, Site, StepInstance, Workflow
from provenance.models import Event
from tests.factories import job_of, make_attempt, make_site, make_workflow, set_instances, set_job
from tests.integration.execution_pages.conftest import World, keep_log

pytestmark = pytest.mark.django_db
Browser = Callable[..., Client]


def page(client: Client, path: str, status: int = 200, **parameters: Any) -> str:
    answer = client.get(path, parameters)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_the_list_of_workflows_shows_their_states(world: World, viewer: User, browser_of: Browser) -> None:
    text = page(browser_of(viewer), "/workflows/")
    assert "night/r1/calibrate/1" in text
    assert "badge-running" in text
    assert "Nothing fits the filter" in page(browser_of(viewer), "/workflows/", campaign="other")


def test_a_workflow_shows_its_counts_as_links_to_what_they_count(
    world: World, viewer: User, browser_of: Browser
) -> None:
    text = page(browser_of(viewer), f"/workflows/{world.workflow.pk}/")
    link = f'<a href="/jobs/?workflow={world.workflow.pk}&amp;label=isr&amp;state=failed">1</a>'
    assert link in text
    assert "Terminate" not in text


def test_a_viewer_has_no_buttons_and_an_operator_has(world: World, operator: User, browser_of: Browser) -> None:
    text = page(browser_of(operator), f"/workflows/{world.workflow.pk}/")
    assert "Pause" in text
    assert "Terminate" in text
    assert "Resume" not in text


def test_an_operator_pauses_resumes_prioritises_and_terminates(
    world: World, operator: User, browser_of: Browser
) -> None:
    client, url = browser_of(operator), f"/workflows/{world.workflow.pk}"
    assert "was paused" in client.post(f"{url}/pause/", {"why": "room"}, follow=True).content.decode()
    assert "was resumed" in client.post(f"{url}/resume/", follow=True).content.decode()
    assert "priority 900" in client.post(f"{url}/priority/", {"priority": 900}, follow=True).content.decode()
    assert client.post(f"{url}/terminate/").status_code == 400
    assert "was terminated" in client.post(f"{url}/terminate/", {"why": "x"}, follow=True).content.decode()
    assert client.post(f"{url}/pause/", {"why": "x"}).status_code == 409
    assert Workflow.objects.get().wish == "stop"


def test_the_list_of_jobs_keeps_its_filter_and_pages(world: World, viewer: User, browser_of: Browser) -> None:
    make_workflow("night/r1/calibrate/2", images=[(9, d) for d in range(120)])
    client = browser_of(viewer)
    text = page(client, "/jobs/", campaign="night", label="isr")
    assert "122 jobs" in text
    below = Job.objects.filter(label="isr").order_by("-pk")[99].pk
    assert f"?campaign=night&amp;label=isr&amp;below={below}" in text
    older = page(client, "/jobs/", campaign="night", label="isr", below=below)
    assert "Newest" in older
    assert older.count("<tr>") == 23


def test_a_failed_job_says_its_last_word_in_the_list(world: World, viewer: User, browser_of: Browser) -> None:
    assert "payload: no flat" in page(browser_of(viewer), "/jobs/", state="failed")


def test_a_bad_filter_says_what_is_wrong(world: World, viewer: User, browser_of: Browser) -> None:
    assert "exploded" in page(browser_of(viewer), "/jobs/", state="exploded")
    assert "is not a data ID" in page(browser_of(viewer), "/step-instances/", data_id="nonsense")


def test_a_job_shows_why_its_receipts_and_its_step_instances(world: World, viewer: User, browser_of: Browser) -> None:
    text = page(browser_of(viewer), f"/jobs/{world.job.pk}/")
    assert "failed: payload, no flat" in text
    assert world.attempt.token in text
    assert "2026-11-22 12:00:01" in text
    assert f"/step-instances/{world.instance.pk}/" in text
    assert f"/attempts/{world.attempt.pk}/log/" in text
    assert "Fix by hand" not in text


def test_a_waiting_job_says_what_it_waits_for(world: World, viewer: User, browser_of: Browser) -> None:
    text = page(browser_of(viewer), f"/jobs/{job_of(world.workflow, 3).pk}/")
    assert "waits for 1 parent: 1 isr waiting" in text
    assert "Not submitted yet" in text


def test_a_step_instance_shows_its_executions_and_streams(world: World, viewer: User, browser_of: Browser) -> None:
    text = page(browser_of(viewer), f"/step-instances/{world.instance.pk}/")
    assert "detector=3,exposure=7" in text
    assert "no flat" in text
    assert "node1" in text
    assert f"/attempts/{world.attempt.pk}/log/?stream=stderr&amp;instance={world.instance.pk}" in text


def test_a_step_instance_is_found_by_its_data_id(world: World, viewer: User, browser_of: Browser) -> None:
    client = browser_of(viewer)
    one = client.get("/step-instances/find/", {"data_id": "exposure=7,detector=3", "step": "isr", "campaign": "night"})
    assert one["Location"] == f"/step-instances/{world.instance.pk}/"
    several = client.get("/step-instances/find/", {"exposure": 7})
    assert several["Location"] == "/step-instances/?exposure=7"


def test_a_log_is_shown_as_inert_text(world: World, viewer: User, browser_of: Browser) -> None:
    text = page(browser_of(viewer), f"/attempts/{world.attempt.pk}/log/", stream="stderr", instance=world.instance.pk)
    assert "warning: &lt;script&gt;alert(1)&lt;/script&gt; red" in text
    assert "<script>alert" not in text
    assert "\x1b" not in text


def test_a_long_log_opens_at_its_end_and_is_paged(world: World, viewer: User, browser_of: Browser, logs: Path) -> None:
    keep_log(logs, world.attempt, b"begin" + b"x" * 200_000 + b"end\n")
    client, url = browser_of(viewer), f"/attempts/{world.attempt.pk}/log/"
    text = page(client, url)
    assert "end\n</pre>" in text
    assert "begin" not in text
    assert "bytes 134,473–200,009 of 200,009" in text
    assert "begin" in page(client, url, offset=0)


def test_a_window_on_a_log_begins_with_a_whole_line(
    world: World, viewer: User, browser_of: Browser, logs: Path
) -> None:
    lines = [b"line %06d" % n for n in range(10_000)]
    keep_log(logs, world.attempt, b"\n".join(lines) + b"\n")
    client, url = browser_of(viewer), f"/attempts/{world.attempt.pk}/log/"
    text = page(client, url)
    assert "data-end>line 004539\n" in text
    assert "?offset=0" in text
    assert "line 000001\nline 000002" in page(client, url, offset=12)
    assert "line 000001" not in page(client, url, offset=13)
    assert ">line 000002" in page(client, url, offset=13)


def test_a_raw_log_is_a_download(world: World, viewer: User, browser_of: Browser) -> None:
    answer = browser_of(viewer).get(f"/attempts/{world.attempt.pk}/raw/", {"stream": "stdout"})
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_a_missing_log_says_why(world: World, viewer: User, browser_of: Browser) -> None:
    attempt = make_attempt(job_of(world.workflow, 2), world.site, is_open=False)
    assert "the runner wrote none" in page(browser_of(viewer), f"/attempts/{attempt.pk}/log/")
    assert page(browser_of(viewer), f"/attempts/{attempt.pk}/log/", 400, stream="secrets")


def test_the_log_of_a_running_attempt_is_followed(
    world: World, viewer: User, browser_of: Browser, tmp_path: Path
) -> None:
    (tmp_path / "attempt").mkdir()
    (tmp_path / "attempt/log").write_text("so far\n")
    attempt = make_attempt(job_of(world.workflow, 2), world.site, directory=str(tmp_path / "attempt"))
    text = page(browser_of(viewer), f"/attempts/{attempt.pk}/log/")
    assert "so far" in text
    assert 'data-refresh="3" data-active' in text


def test_sites_show_load_trouble_and_age(world: World, viewer: User, browser_of: Browser) -> None:
    make_site(
        "dark", trouble="Unreachable: no route", trouble_at="2026-11-22T11:00:00Z", seen_at="2026-11-22T10:00:00Z"
    )
    set_job(job_of(world.workflow, 2), JobState.RUNNING, site=world.site)
    text = page(browser_of(viewer), "/sites/")
    assert "Unreachable: no route" in text
    assert "2026-11-22T10:00:00Z" in text
    assert "1 running" in text


def test_a_site_shows_limits_nodes_and_software(world: World, viewer: User, browser_of: Browser) -> None:
    text = page(browser_of(viewer), "/sites/local/")
    assert "Limit running" in text
    assert "node1" in text
    assert "demo-1.0" in text
    assert "Drain" not in text


def test_a_site_administrator_pauses_resumes_and_drains(world: World, siteadmin: User, browser_of: Browser) -> None:
    client = browser_of(siteadmin)
    assert client.post("/sites/local/pause/").status_code == 400
    assert "is paused" in client.post("/sites/local/pause/", {"why": "cooling"}, follow=True).content.decode()
    assert "gets jobs again" in client.post("/sites/local/resume/", follow=True).content.decode()
    assert (
        "gets no new jobs"
        in client.post("/sites/local/nodes/node1/drain/", {"why": "disk"}, follow=True).content.decode()
    )
    assert "drained: disk" in page(client, "/sites/local/")
    client.post("/sites/local/nodes/node1/resume/")
    assert not Node.objects.get().drained


def test_software_versions_are_listed(world: World, viewer: User, browser_of: Browser) -> None:
    assert "demo-1.0" in page(browser_of(viewer), "/software/")


def test_without_anything_pages_say_what_to_do(viewer: User, browser_of: Browser) -> None:
    client = browser_of(viewer)
    assert "No sites yet" in page(client, "/sites/")
    assert "No software versions yet" in page(client, "/software/")
    assert "when a campaign is submitted" in page(client, "/jobs/")
    assert "when a campaign is submitted" in page(client, "/step-instances/")
    assert "when a campaign is submitted" in page(client, "/workflows/")


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/999/",
        f"/jobs/{10**30}/",
        "/workflows/999/",
        "/step-instances/999/",
        "/attempts/999/log/",
        "/sites/nowhere/",
    ],
)
def test_what_is_not_there_is_404(viewer: User, browser_of: Browser, path: str) -> None:
    page(browser_of(viewer), path, 404)


@pytest.mark.parametrize("below", ["x", "-1", "9" * 40, "²", ""])
def test_a_strange_page_number_is_the_first_page(world: World, viewer: User, browser_of: Browser, below: str) -> None:
    page(browser_of(viewer), "/jobs/", below=below)


HOSTILE = '<script>alert("1")</script>\x1b[31m'


def test_hostile_words_from_a_site_stay_text_on_every_page(world: World, admin: User, browser_of: Browser) -> None:
    job = job_of(world.workflow, 2)
    make_attempt(
        job, world.site, host=HOSTILE, word=HOSTILE, message=HOSTILE, batch_id=HOSTILE, evidence={HOSTILE: HOSTILE}
    )
    set_job(job, JobState.QUEUED, site=world.site, why=HOSTILE)
    set_instances(job, InstanceState.RUNNING)
    Job.objects.update(label=HOSTILE[:80])
    StepInstance.objects.update(step=HOSTILE, data_id=HOSTILE)
    Workflow.objects.update(stopped=HOSTILE, wish="pause", wish_by=HOSTILE, wish_why=HOSTILE)
    Site.objects.update(trouble=HOSTILE, paused=True, paused_why=HOSTILE, directives=[HOSTILE])
    Node.objects.update(name="n<b>", state=HOSTILE, drained=True, drained_why=HOSTILE)
    Event.objects.count()
    instance = StepInstance.objects.get(job=job)
    client = browser_of(admin)
    for path in (
        "/jobs/", f"/jobs/{job.pk}/", "/step-instances/", f"/step-instances/{instance.pk}/", "/workflows/",
        f"/workflows/{world.workflow.pk}/", "/sites/", "/sites/local/", f"/attempts/{world.attempt.pk}/log/",
        f"/attempts/{Attempt.objects.get(job=job).pk}/log/", f"/admin/execution/job/{job.pk}/fix/",
    ):  # fmt: skip
        text = page(client, path)
        assert "<script>alert" not in text, path
        assert "n<b>" not in text, path


def test_a_narrowed_role_does_not_see_another_program(
    world: World, person: Callable[..., User], browser_of: Browser
) -> None:
    client = browser_of(person("ann", Role.OPERATOR, program="wide"))
    assert "No jobs here" in page(client, "/jobs/")
    for path in (
        f"/jobs/{world.job.pk}/", f"/workflows/{world.workflow.pk}/", f"/step-instances/{world.instance.pk}/",
        f"/attempts/{world.attempt.pk}/log/", f"/attempts/{world.attempt.pk}/raw/",
    ):  # fmt: skip
        page(client, path, 404)
    assert client.post(f"/workflows/{world.workflow.pk}/pause/", {"why": "x"}).status_code == 404


def test_the_list_of_jobs_costs_the_same_with_many_rows(
    world: World, viewer: User, browser_of: Browser, django_assert_max_num_queries: Any
) -> None:
    make_workflow("night/r1/calibrate/2", images=[(9, d) for d in range(60)])
    client = browser_of(viewer)
    with django_assert_max_num_queries(8):
        page(client, "/jobs/", campaign="night", state="waiting")
    with django_assert_max_num_queries(8):
        page(client, "/step-instances/", campaign="night", state="waiting")
