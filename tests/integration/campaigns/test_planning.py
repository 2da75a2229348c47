"""Planning: all or nothing, stopped by a person at any moment, done once however often it is begun."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns import planner_lease, planning, tasks
from campaigns.core.states import State
from campaigns.models import Campaign, Payload, Pin
from campaigns.services import control, payloads
from campaigns.services.create import create
from campaigns.services.register import register
from campaigns.services.submit import submit
from execution import workflows
from execution.core.workflow import Job
from execution.core.workflow import Workflow as Planned
from execution.models import Job as JobRow
from execution.models import StepInstance, Workflow
from provenance import queries as history

Write = Callable[..., str]


@pytest.fixture(autouse=True)
def _look_at_every_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planner looks at the campaign after each job instead of every two seconds."""
    monkeypatch.setattr(planner_lease, "RENEW", timedelta(0))


@pytest.fixture
def submitted(night: None, operator: User, document: Write) -> Campaign:
    """night-1, waiting for a planner."""
    create(document(), user=operator)
    return submit("night-1", user=operator)


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Let `act` happen after the third job was handed over for storing."""
    start = workflows.start

    def interrupted(planned: Planned, **kwargs: Any) -> Any:
        def jobs() -> Iterator[Job]:
            for number, job in enumerate(planned.jobs, start=1):
                yield job
                if number == 3:
                    act()

        return start(replace(planned, jobs=jobs()), **kwargs)

    monkeypatch.setattr(workflows, "start", interrupted)


def nothing_is_left() -> bool:
    """Whether no trace of a workflow is stored."""
    return not (Workflow.objects.exists() or JobRow.objects.exists() or StepInstance.objects.exists())


def test_nothing_starts_after_a_pause_while_planning(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: control.pause("night-1", actor="ann", why="wait"))
    assert planning.run("night-1", 1) is False
    assert Campaign.objects.get().state == "paused"
    assert nothing_is_left()


def test_a_resumed_one_is_planned_anew(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        meanwhile(patch, lambda: control.pause("night-1", actor="ann"))
        planning.run("night-1", 1)
    control.resume("night-1", actor="ann")
    assert Campaign.objects.get().state == "planning"
    assert planning.run("night-1", 1)
    assert JobRow.objects.count() == 16


def test_nothing_starts_after_a_termination_while_planning(
    submitted: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: control.terminate("night-1", actor="ann", why="wrong data"))
    assert planning.run("night-1", 1) is False
    assert nothing_is_left()
    tasks.reconcile()
    campaign = Campaign.objects.get()
    assert campaign.state == "failed"
    ended = history.events(campaign="night-1", kind="campaign.failed").get()
    assert ended.why == "terminated by ann: wrong data"


def test_a_payload_paused_while_planning_stays_paused(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: payloads.act("night-1", "calibrate", "pause", actor="ann"))
    assert planning.run("night-1", 1)
    assert (Campaign.objects.get().state, Workflow.objects.get().wish) == ("running", "pause")


def test_a_priority_given_while_planning_holds(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: control.prioritise("night-1", 901, actor="ann"))
    assert planning.run("night-1", 1)
    assert Workflow.objects.get().priority == 901


def test_two_planners_plan_once(submitted: Campaign) -> None:
    held = planner_lease.take("night-1", 1, State.PLANNING, timezone.now())
    assert held is not None
    assert planning.run("night-1", 1) is False
    held.release()
    assert planning.run("night-1", 1) is True
    assert planning.run("night-1", 1) is False
    assert JobRow.objects.count() == 16


def test_a_dead_planner_costs_its_term_only(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = planner_lease.take("night-1", 1, State.PLANNING, timezone.now() - timedelta(minutes=11))
    assert killed is not None
    assert tasks.resume_planning() == 1
    with pytest.raises(planner_lease.Interrupted):
        killed.renew()


def test_a_planner_whose_process_has_ended_is_replaced_at_once(submitted: Campaign) -> None:
    planner_lease.take("night-1", 1, State.PLANNING, timezone.now())
    host = planner_lease._HOST
    Campaign.objects.update(planner=f"{host}:{_unused_pid()}")
    assert planning.run("night-1", 1) is True


def test_a_planner_on_another_machine_is_waited_for(submitted: Campaign) -> None:
    planner_lease.take("night-1", 1, State.PLANNING, timezone.now())
    Campaign.objects.update(planner=f"elsewhere:{_unused_pid()}")
    assert planning.run("night-1", 1) is False


def test_what_a_dead_planner_stored_is_forgotten(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        meanwhile(patch, die)
        with pytest.raises(KeyboardInterrupt):
            planning.run("night-1", 1)
    assert planning.run("night-1", 1)
    assert (Workflow.objects.count(), JobRow.objects.count(), StepInstance.objects.count()) == (1, 16, 16)


def test_a_lost_message_is_made_up_for_by_the_clock(submitted: Campaign) -> None:
    assert tasks.resume_planning() == 1
    assert tasks.resume_planning() == 0


def test_problems_at_planning_lead_back_to_ready(submitted: Campaign, admin: User) -> None:
    register("software: demo-1.0\nkind: venv\nsites: {local: {setup: ['false']}}\n", user=admin)
    assert planning.run("night-1", 1) is False
    campaign = Campaign.objects.get()
    assert campaign.state == "ready"
    assert "software version demo-1.0 has changed" in campaign.problems[0]["message"]
    assert nothing_is_left()


def test_it_can_be_submitted_again_after_a_refusal(submitted: Campaign, admin: User, operator: User) -> None:
    register("software: demo-1.0\nkind: venv\nsites: {local: {setup: ['false']}}\n", user=admin)
    planning.run("night-1", 1)
    submit("night-1", user=operator)
    assert planning.run("night-1", 1)
    assert Pin.objects.count() == 1
    assert Campaign.objects.get().problems == []


def test_an_error_of_the_portal_is_tried_three_times(submitted: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(workflows, "start", broken)
    states = []
    for _ in range(3):
        planning.run("night-1", 1)
        states.append(Campaign.objects.get().state)
    assert states == ["planning", "planning", "ready"]
    assert "disk full" in Campaign.objects.get().problems[0]["message"]


def test_generation_leaves_its_facts(submitted: Campaign) -> None:
    planning.run("night-1", 1)
    fact = history.executions(kind="generation").get()
    assert (fact.campaign_name, fact.payload_name, fact.software_name, fact.outcome) == (
        "night-1", "calibrate", "bpsportal", "succeeded",
    )  # fmt: skip
    assert fact.host_name and fact.version_name and fact.wall_s > 0


def test_what_was_planned_is_kept_with_the_payload(submitted: Campaign) -> None:
    planning.run("night-1", 1)
    planned = Payload.objects.get().planned
    assert planned["steps"] == [["isr", 12], ["gather", 4]]
    assert (planned["workflows"], planned["jobs"], planned["instances"], planned["at_least"]) == (1, 16, 16, False)


def test_a_pinned_pipeline_is_used_though_a_newer_one_came(night: None, operator: User, admin: User) -> None:
    from tests.integration.campaigns import world

    payload = {"name": "calibrate", "pipelines": [{"pipeline": "small", "steps": "isr"}]}
    create(world.campaign("night-1", payloads=[payload]), user=operator)
    submit("night-1", user=operator)
    newer = world.PIPELINE.replace("version: 1", "version: 2").replace("threshold: 5", "threshold: 6")
    register(newer, user=admin)
    planning.run("night-1", 1)
    from execution import specs

    steps = specs.blueprint(Workflow.objects.get().blueprint_id).steps
    assert steps[0].config == {"threshold": 5}


def _unused_pid() -> int:
    """The id of a process that has ended."""
    import subprocess
    import sys

    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid
