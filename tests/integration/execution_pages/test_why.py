"""Why a job is where it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bpsportal.web.errors import Missing
from execution.core.states import JobState
from execution.models import Job, Site, SoftwareVersion, Workflow
from execution.queries import job_why
from tests.factories import NOON, job_of, make_attempt, make_site, make_software, make_workflow, set_job

pytestmark = pytest.mark.django_db

IMAGE = [(7, 3)]


@pytest.fixture
def site() -> Site:
    return make_site(offers={"memory": 4096, "cpus": 4})


@pytest.fixture
def workflow(site: Site) -> Workflow:
    make_software()
    return make_workflow(images=IMAGE)


def texts(job: Job) -> list[str]:
    return [reason.text for reason in job_why(job.pk)]


def test_a_waiting_job_names_the_parents_that_are_left(workflow: Workflow) -> None:
    assert texts(job_of(workflow, 1)) == ["waits for 1 parent: 1 isr waiting"]


def test_a_reason_says_since_when(workflow: Workflow) -> None:
    assert job_why(job_of(workflow, 1).pk)[0].since == NOON


def test_a_job_whose_parents_have_finished_says_what_comes_next(workflow: Workflow) -> None:
    assert texts(job_of(workflow)) == ["all its parents have finished: it becomes ready with the next pass"]


def test_a_paused_workflow_says_who_paused_it_and_why(workflow: Workflow) -> None:
    at = NOON + timedelta(minutes=5)
    Workflow.objects.update(wish="pause", wish_by="olga", wish_why="room for calibration", wish_at=at)
    first = job_why(set_job(job_of(workflow), JobState.READY).pk)[0]
    assert (first.text, first.since) == ("its workflow was paused by olga: room for calibration", at)


def test_a_loading_workflow_holds_everything_back(workflow: Workflow) -> None:
    Workflow.objects.update(loading=True)
    assert "is still being stored" in texts(job_of(workflow))[0]


def test_a_stopped_workflow_says_what_the_policy_saw(workflow: Workflow) -> None:
    Workflow.objects.update(stopped="1 of 9 instances of isr failed")
    assert (
        texts(job_of(workflow))[0] == "its workflow was stopped by the failure policy: 1 of 9 instances of isr failed"
    )


def test_a_ready_job_waits_its_turn_where_a_site_has_room(workflow: Workflow) -> None:
    job = set_job(job_of(workflow), JobState.READY)
    assert texts(job) == ["local would take it: waits for its turn, work of higher priority goes first"]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"paused": True, "paused_by": "sam", "paused_why": "cooling"}, "local: paused by sam: cooling"),
        ({"trouble": "Unreachable: no route"}, "local: in trouble: Unreachable: no route"),
        ({"offers": {"memory": 1024}}, "local: offers 1024 MiB of memory, the job asks for 2048"),
        ({"offers": {"cpus": 0}}, "local: offers 0 cpus, the job asks for 1"),
    ],
)
def test_each_site_says_why_it_does_not_take_the_job(workflow: Workflow, columns: dict[str, Any], text: str) -> None:
    Site.objects.update(**columns)
    assert texts(set_job(job_of(workflow), JobState.READY)) == [text]


def test_a_site_without_the_software_says_so(workflow: Workflow) -> None:
    SoftwareVersion.objects.update(sites={"far": {}})
    assert texts(set_job(job_of(workflow), JobState.READY)) == ["local: does not have the software demo-1.0"]


def test_a_full_site_says_how_full(workflow: Workflow, site: Site) -> None:
    Site.objects.update(limits={"running": 1, "queued": 1})
    set_job(job_of(workflow, 1), JobState.RUNNING, site=site)
    found = texts(set_job(job_of(workflow), JobState.READY))
    assert found == ["local: full: 1 jobs are there already (limits: 1 running, 1 queued)"]


def test_a_site_that_failed_the_job_is_avoided(workflow: Workflow) -> None:
    found = texts(set_job(job_of(workflow), JobState.READY, avoid=["local"]))
    assert found == ["local: avoided, it failed an earlier attempt; taken again when no other site is left"]


def test_a_site_that_is_gone_is_named(site: Site) -> None:
    workflow = make_workflow("night/r1/calibrate/9", sites=["old"], images=IMAGE)
    assert texts(set_job(job_of(workflow), JobState.READY)) == ["old: there is no such site any more"]


def test_every_allowed_site_is_named_with_its_own_reason(site: Site) -> None:
    make_software(sites=["local", "far"])
    make_site("far", paused=True, paused_by="sam")
    workflow = make_workflow("night/r1/calibrate/9", sites=["local", "far"], images=IMAGE)
    Site.objects.filter(name="local").update(trouble="SchedulerDown: slurmctld is down")
    found = texts(set_job(job_of(workflow), JobState.READY))
    assert found == ["far: paused by sam", "local: in trouble: SchedulerDown: slurmctld is down"]


def test_a_retry_says_when_and_after_what(workflow: Workflow, site: Site) -> None:
    job = job_of(workflow)
    make_attempt(job, site, is_open=False, outcome="failed", cause="memory", message="killed at 2 GiB")
    soon = timezone.now() + timedelta(minutes=4)
    first = texts(set_job(job, JobState.READY, not_before=soon))[0]
    assert first == f"attempt 2 follows at {soon:%Y-%m-%d %H:%M:%S UTC}, after: failed: memory: killed at 2 GiB"


def test_a_placed_job_names_its_site_and_what_hinders_it(workflow: Workflow, site: Site) -> None:
    Site.objects.update(paused=True)
    found = texts(set_job(job_of(workflow), JobState.READY, site=site))
    assert found == ["placed at local, is submitted with that site's next pass", "local: paused"]


def test_a_submission_without_an_answer_is_said_to_be_so(workflow: Workflow, site: Site) -> None:
    job = job_of(workflow)
    make_attempt(job, site, accepted_at=None, batch_id="")
    reason = job_why(set_job(job, JobState.SUBMITTING, site=site).pk)[0]
    assert "the site is asked for the attempt by its token" in reason.text
    assert reason.since == NOON


def test_a_queued_job_bears_its_batch_id_and_the_batch_systems_word(workflow: Workflow, site: Site) -> None:
    job = job_of(workflow)
    make_attempt(job, site, batch_id="4711", word="PD (Priority)")
    assert texts(set_job(job, JobState.QUEUED, site=site)) == ["queued at local as 4711, which says PD (Priority)"]


def test_a_running_job_names_its_machine(workflow: Workflow, site: Site) -> None:
    job = job_of(workflow)
    make_attempt(job, site, host="node7", started_at=NOON)
    assert texts(set_job(job, JobState.RUNNING, site=site)) == ["runs at local on node7"]


def test_what_is_known_of_a_job_at_a_dark_site_is_old(workflow: Workflow, site: Site) -> None:
    job = job_of(workflow)
    make_attempt(job, site, unseen_at=NOON)
    Site.objects.update(trouble="Unreachable: timed out", trouble_at=NOON)
    assert texts(set_job(job, JobState.QUEUED, site=site))[1:] == [
        "what is known of it is old: local is in trouble: Unreachable: timed out",
        "neither queue nor accounting of local shows it; that alone proves nothing",
    ]


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_has_a_reason(workflow: Workflow, site: Site, state: JobState) -> None:
    job = job_of(workflow)
    assert texts(set_job(job, state, site=site))
    make_attempt(job, site, is_open=False, outcome="failed")
    assert texts(set_job(job, state, site=site))


def test_a_doubtful_job_says_that_its_inputs_are_looked_at(workflow: Workflow) -> None:
    assert "the inputs are looked at" in texts(set_job(job_of(workflow), JobState.READY, doubt=True))[-1]


def test_a_pruned_job_says_what_its_last_move_was_for(workflow: Workflow) -> None:
    why = "nothing of it could run: its inputs were not made"
    assert texts(set_job(job_of(workflow), JobState.PRUNED, why=why)) == [f"pruned: {why}"]


def test_there_is_no_reason_for_a_job_that_is_not_there() -> None:
    with pytest.raises(Missing):
        job_why(17)


def test_the_reasons_cost_the_same_in_a_large_workflow(site: Site, django_assert_max_num_queries: Any) -> None:
    make_software()
    workflow = make_workflow(images=[(e, d) for e in range(30) for d in range(9)])
    job = set_job(job_of(workflow), JobState.READY)
    with django_assert_max_num_queries(8):
        job_why(job.pk)
