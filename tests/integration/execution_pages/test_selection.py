"""Lists find their rows by counters and indexes, and show a user only what is theirs to see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from bpsportal.web.roles import Role
from execution import selection
from execution.core.states import InstanceState, JobState
from execution.filters import InstanceFilter, JobFilter
from execution.models import Job, StepInstance, Workflow
from tests.factories import job_of, make_site, make_workflow, set_instances, set_job

pytestmark = pytest.mark.django_db

IMAGES = [(exposure, detector) for exposure in (7, 8) for detector in (1, 2, 3)]


@pytest.fixture
def night() -> Workflow:
    return make_workflow(images=IMAGES, program="deep")


@pytest.fixture
def day() -> Workflow:
    return make_workflow("day/r1/calibrate/1", campaign="day", images=[(9, 1)], program="wide")


def jobs(user: User, **parameters: Any) -> list[str]:
    chosen = JobFilter(parameters, queryset=selection.jobs_for(user))
    assert chosen.is_valid(), chosen.errors
    return [f"{job.workflow.campaign}:{job}" for job in chosen.qs.order_by("pk")]


def instances(user: User, **parameters: Any) -> list[str]:
    chosen = InstanceFilter(parameters, queryset=selection.instances_for(user))
    assert chosen.is_valid(), chosen.errors
    return [f"{each.workflow.campaign}:{each}" for each in chosen.qs.order_by("pk")]


def test_without_a_filter_everything_is_listed(viewer: User, night: Workflow, day: Workflow) -> None:
    assert len(jobs(viewer)) == 14
    assert len(instances(viewer)) == 14


def test_jobs_by_campaign_label_and_state(viewer: User, night: Workflow, day: Workflow) -> None:
    set_job(job_of(night, 2), JobState.FAILED)
    set_job(job_of(day, 0), JobState.FAILED)
    assert jobs(viewer, campaign="night", label="isr", state=["failed"]) == ["night:isr/000002"]
    assert jobs(viewer, state=["failed"]) == ["night:isr/000002", "day:isr/000000"]
    assert jobs(viewer, campaign="night", state=["running"]) == []
    assert jobs(viewer, campaign="elsewhere") == []


def test_any_of_several_states(viewer: User, night: Workflow) -> None:
    set_job(job_of(night, 0), JobState.HELD)
    set_job(job_of(night, 2), JobState.FAILED)
    assert jobs(viewer, state=["failed", "held"]) == ["night:isr/000000", "night:isr/000002"]


def test_jobs_of_a_workflow_by_id_and_by_name(viewer: User, night: Workflow, day: Workflow) -> None:
    assert len(jobs(viewer, workflow=str(day.pk))) == 2
    assert len(jobs(viewer, workflow="day/r1/calibrate/1")) == 2


def test_jobs_at_a_site_and_changed_since(viewer: User, night: Workflow) -> None:
    set_job(job_of(night, 0), JobState.RUNNING, site=make_site("far"), state_at="2026-11-22T15:00:00Z")
    assert jobs(viewer, site="far") == ["night:isr/000000"]
    assert jobs(viewer, site="nowhere") == []
    assert jobs(viewer, since="2026-11-22T14:00:00Z") == ["night:isr/000000"]


def test_step_instances_of_an_image(viewer: User, night: Workflow) -> None:
    wanted = ["night:isr detector=3,exposure=7", "night:measure detector=3,exposure=7"]
    assert instances(viewer, exposure=7, detector=3) == wanted
    assert instances(viewer, data_id="exposure=7,detector=3") == wanted
    assert instances(viewer, campaign="night", step="isr", exposure=7, detector=3) == wanted[:1]
    assert instances(viewer, campaign="other", exposure=7) == []


def test_step_instances_by_state(viewer: User, night: Workflow) -> None:
    set_instances(job_of(night, 0), InstanceState.FAILED)
    assert instances(viewer, state=["failed"]) == ["night:isr detector=1,exposure=7"]


@pytest.mark.parametrize(
    "parameters",
    [{"state": ["exploded"]}, {"run": "x"}, {"run": 10**30}, {"since": "yesterday"}, {"run": "1e999999"}],
)
def test_a_filter_that_makes_no_sense_is_refused(viewer: User, parameters: dict[str, Any]) -> None:
    assert not JobFilter(parameters, queryset=selection.jobs_for(viewer)).is_valid()


@pytest.mark.parametrize("workflow", ["0", "9" * 18, "9" * 40, "no/such", "\x00", "²"])
def test_a_workflow_that_is_not_there_has_no_jobs(viewer: User, night: Workflow, workflow: str) -> None:
    chosen = JobFilter({"workflow": workflow}, queryset=selection.jobs_for(viewer))
    assert not chosen.is_valid() or not chosen.qs.exists()


def test_a_narrowed_role_sees_its_program_alone(person: Callable[..., User], night: Workflow, day: Workflow) -> None:
    ann = person("ann", Role.OPERATOR, program="deep")
    assert len(jobs(ann)) == 12
    assert jobs(ann, campaign="day") == []
    assert instances(ann, exposure=9) == []
    assert selection.workflows_for(ann).count() == 1
    assert selection.how_many("job", ann, selection.Asked({})) == 12


def test_a_stranger_sees_nothing(stranger: User, night: Workflow) -> None:
    assert jobs(stranger) == []
    assert instances(stranger) == []


def test_how_many_come_from_the_counters(viewer: User, night: Workflow, django_assert_num_queries: Any) -> None:
    asked = selection.Asked({"campaign": "night"}, ("isr",))
    selection.how_many("job", viewer, asked)
    with django_assert_num_queries(1):
        assert selection.how_many("job", viewer, asked) == 6


def test_many_rows_are_found_by_walking_down_the_key(
    viewer: User, night: Workflow, day: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "FEW", 1)
    set_job(job_of(night, 2), JobState.FAILED)
    set_instances(job_of(night, 0), InstanceState.FAILED)
    assert len(jobs(viewer, campaign="night")) == 12
    assert len(jobs(viewer, campaign="night", label="isr", state=["waiting"])) == 5
    assert len(jobs(viewer, state=["waiting"])) == 13
    assert len(instances(viewer, campaign="night", step="isr")) == 6
    assert len(instances(viewer, workflow=str(day.pk))) == 2


def plan(rows: Any) -> str:
    return str(rows.order_by("-pk")[:100].explain())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
def test_the_indexes_are_used(viewer: User, night: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    set_job(job_of(night, 2), JobState.FAILED)
    asked = selection.Asked({"campaign": "night"}, ("isr",), ("failed",))
    assert "job_by_state (workflow_id=? AND label=? AND state=?)" in plan(selection.pick_jobs(Job.objects.all(), asked))
    image = {"exposure": 7, "detector": 3}
    assert "instance_of_image" in plan(selection.pick_instances(StepInstance.objects.all(), asked, image))
    monkeypatch.setattr(selection, "FEW", 0)
    walked = plan(selection.pick_jobs(Job.objects.all(), asked))
    assert "PRIMARY KEY" in walked or "autoindex" in walked
    assert "TEMP B-TREE" not in walked
