"""What an administrator sets right by hand goes through the tables, the counters and the ledger."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from bpsportal.web.errors import Invalid, Missing, NotAllowed
from execution import fixes
from execution.core.states import InstanceState, JobState
from execution.lease import take
from execution.models import Attempt, Job, StepInstance, Tally, Workflow
from provenance.models import Event
from tests.factories import job_of, make_attempt, set_instances, set_job
from tests.integration.execution_pages.conftest import World
from tests.integration.execution_pages.test_pages import Browser

pytestmark = pytest.mark.django_db


def tally(label: str, kind: str = "job") -> dict[str, int]:
    return {t.state: t.n for t in Tally.objects.filter(kind=kind, label=label, n__gt=0)}


@pytest.mark.parametrize(("name", "state"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_failure_is_accepted_or_rejected(world: World, name: str, state: str) -> None:
    fixes.fix(world.job.pk, name, actor="root", why="known bad flat")
    job = Job.objects.get(pk=world.job.pk)
    assert (job.state, job.why) == (state, "root: known bad flat")
    assert tally("isr") == {state: 1, "waiting": 1}
    event = Event.objects.get(kind="admin.fixed")
    assert (event.actor, event.job, event.why, event.details["fix"]) == ("root", job.pk, "known bad flat", state)


def test_a_failed_job_is_tried_again(world: World) -> None:
    fixes.fix(world.job.pk, "retry", actor="root", why="flat is there now")
    job = Job.objects.get(pk=world.job.pk)
    assert (job.state, job.site_id, job.attempts) == ("ready", None, 1)
    assert StepInstance.objects.get(job=job).state == "waiting"
    assert tally("isr") == {"ready": 1, "waiting": 1}
    assert tally("isr", "instance") == {"waiting": 2}


@pytest.mark.parametrize("columns", [{"wish": "stop"}, {"stopped": "1 of 9"}, {"ended_at": timezone.now()}])
def test_a_job_of_a_workflow_that_ended_is_not_tried_again(world: World, columns: dict[str, object]) -> None:
    Workflow.objects.update(**columns)
    with pytest.raises(NotAllowed):
        fixes.fix(world.job.pk, "retry", actor="root", why="x")
    assert Job.objects.get(pk=world.job.pk).state == "failed"


@pytest.fixture
def stuck(world: World) -> Job:
    """A job that its site says it is running, for days."""
    job = job_of(world.workflow, 2)
    make_attempt(job, world.site)
    set_instances(job, InstanceState.RUNNING)
    return set_job(job, JobState.RUNNING, site=world.site)


def test_a_stuck_attempt_is_declared_lost_and_the_retry_rules_decide(stuck: Job) -> None:
    fixes.fix(stuck.pk, "release", actor="root", why="cluster was reinstalled")
    attempt = Attempt.objects.get(job=stuck)
    assert (attempt.is_open, attempt.outcome, attempt.cause) == (False, "failed", "lost")
    assert attempt.message == "declared lost by root: cluster was reinstalled"
    assert Job.objects.get(pk=stuck.pk).state == "ready"
    assert StepInstance.objects.get(job=stuck).state == "waiting"
    assert Event.objects.filter(kind="admin.fixed", job=stuck.pk).count() == 1


def test_a_site_that_a_pass_works_on_is_left_to_it(stuck: Job) -> None:
    take("site:local", timezone.now())
    with pytest.raises(NotAllowed, match="try again in a moment"):
        fixes.fix(stuck.pk, "release", actor="root", why="x")
    assert Job.objects.get(pk=stuck.pk).state == "running"


def test_a_fix_that_the_state_does_not_allow_names_those_that_it_does(world: World, stuck: Job) -> None:
    with pytest.raises(NotAllowed) as caught:
        fixes.fix(stuck.pk, "accept", actor="root", why="x")
    assert caught.value.legal == ("release",)
    with pytest.raises(NotAllowed) as caught:
        fixes.fix(job_of(world.workflow, 1).pk, "accept", actor="root", why="x")
    assert caught.value.legal == ()


def test_a_fix_needs_a_reason_a_job_and_a_name(world: World) -> None:
    with pytest.raises(Invalid):
        fixes.fix(world.job.pk, "accept", actor="root", why="  ")
    with pytest.raises(Missing):
        fixes.fix(999, "accept", actor="root", why="x")
    with pytest.raises(Missing):
        fixes.fix(world.job.pk, "explode", actor="root", why="x")
    assert not Event.objects.exists()


def test_the_administration_site_offers_what_is_possible(world: World, admin: User, browser_of: Browser) -> None:
    client, url = browser_of(admin), f"/admin/execution/job/{world.job.pk}/fix/"
    text = client.get(url).content.decode()
    assert "Accept." in text
    assert "Declare its attempt lost" not in text
    assert client.post(url, {"what": "accept", "why": ""}).status_code == 200
    assert Job.objects.get(pk=world.job.pk).state == "failed"
    assert client.post(url, {"what": "accept", "why": "known"})["Location"] == f"/jobs/{world.job.pk}/"
    assert Job.objects.get(pk=world.job.pk).state == "accepted"


def test_states_cannot_be_edited_in_the_administration_site(world: World, admin: User, browser_of: Browser) -> None:
    client = browser_of(admin)
    url = f"/admin/execution/job/{world.job.pk}/change/"
    assert "Fix by hand" in client.get(url).content.decode()
    assert client.post(url, {"state": "succeeded"}).status_code == 403
    assert client.post(f"/admin/execution/job/{world.job.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/execution/job/add/").status_code == 403
    assert Job.objects.get(pk=world.job.pk).state == "failed"


@pytest.mark.parametrize(
    "model", ["job", "workflow", "stepinstance", "attempt", "site", "node", "softwareversion", "openpoint"]
)
def test_rows_can_be_looked_at(world: World, admin: User, browser_of: Browser, model: str) -> None:
    assert browser_of(admin).get(f"/admin/execution/{model}/").status_code == 200


def test_one_job_at_a_time_is_chosen_from_the_list(world: World, admin: User, browser_of: Browser) -> None:
    client, url = browser_of(admin), "/admin/execution/job/"
    both = {"action": "fix_by_hand", "_selected_action": [world.job.pk, job_of(world.workflow, 1).pk]}
    assert "Choose one job" in client.post(url, both, follow=True).content.decode()
    one = client.post(url, {"action": "fix_by_hand", "_selected_action": [world.job.pk]})
    assert one["Location"] == f"/admin/execution/job/{world.job.pk}/fix/"


def test_only_administrators_fix(world: World, operator: User, siteadmin: User, browser_of: Browser) -> None:
    for user in (operator, siteadmin):
        answer = browser_of(user).get(f"/admin/execution/job/{world.job.pk}/fix/")
        assert answer.status_code in {302, 403}
        assert b"Do it" not in answer.content
