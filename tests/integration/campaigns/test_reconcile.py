"""Roll-up: states of campaigns and payloads from counters, subcampaigns with their parents."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from campaigns import planning, reconcile, standing
from campaigns.models import Campaign
from campaigns.services import control, payloads
from campaigns.services.create import create
from campaigns.services.submit import submit
from execution.models import Tally, Workflow
from provenance import queries as history
from tests.integration.campaigns import world

Write = Callable[..., str]


def begin(name: str, user: User, text: str) -> Campaign:
    """A campaign that runs."""
    create(text, user=user)
    submit(name, user=user)
    assert planning.run(name, 1)
    return Campaign.objects.get(name=name)


@pytest.fixture
def running(night: None, operator: User, document: Write) -> Campaign:
    return begin("night-1", operator, document())


def tally(name: str, **states: int) -> None:
    """Make the counters of a campaign's one workflow read so, jobs and instances alike, whatever they were."""
    workflow = Workflow.objects.get(campaign=name)
    Tally.objects.filter(workflow=workflow).delete()
    for kind in ("job", "instance"):
        for state, n in states.items():
            Tally.objects.create(workflow=workflow, kind=kind, label="isr", state=state, n=n)


def state(name: str = "night-1") -> str:
    return Campaign.objects.get(name=name).state


def test_a_campaign_with_work_left_runs_on(running: Campaign) -> None:
    tally("night-1", succeeded=15, running=1)
    assert reconcile.run().ended == 0
    assert state() == "running"


def test_some_failures_leave_it_succeeded(running: Campaign) -> None:
    tally("night-1", succeeded=14, failed=1, pruned=1)
    assert reconcile.run().ended == 1
    assert state() == "succeeded"
    ended = history.events(kind="campaign.succeeded").get()
    assert ended.details["instances"] == {"succeeded": 14, "failed": 1, "pruned": 1}


def test_it_fails_when_nothing_succeeded(running: Campaign) -> None:
    tally("night-1", failed=12, pruned=4)
    reconcile.run()
    assert state() == "failed"
    assert history.events(kind="campaign.failed").get().why == "no job succeeded"


def test_it_fails_when_a_policy_stopped_it_with_the_policys_words(running: Campaign) -> None:
    tally("night-1", succeeded=10, failed=1, cancelled=5)
    Workflow.objects.update(stopped="isr: 1 of 12 failed, its policy is to stop")
    reconcile.run()
    assert state() == "failed"
    why = history.events(kind="campaign.failed").get().why
    assert why == "payload calibrate: isr: 1 of 12 failed, its policy is to stop"


def test_a_terminated_one_fails_once_nothing_runs_any_more(running: Campaign) -> None:
    tally("night-1", succeeded=3, running=1, cancelled=12)
    control.terminate("night-1", actor="ann", why="wrong filter")
    assert reconcile.run().ended == 0
    assert state() == "cancelling"
    tally("night-1", succeeded=3, cancelled=13)
    assert reconcile.run().ended == 1
    assert state() == "failed"


def test_a_paused_one_does_not_end(running: Campaign) -> None:
    control.pause("night-1", actor="ann")
    tally("night-1", succeeded=16)
    assert reconcile.run().ended == 0
    control.resume("night-1", actor="ann")
    assert reconcile.run().ended == 1


def test_an_end_is_told_once(running: Campaign) -> None:
    tally("night-1", succeeded=16)
    reconcile.run()
    reconcile.run()
    assert history.events(kind="campaign.succeeded").count() == 1
    assert history.events(kind="payload.succeeded").count() == 1


def test_one_bad_campaign_stops_no_other(
    running: Campaign, operator: User, document: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("night-2", operator, document("night-2"))
    tally("night-2", succeeded=16)
    one = reconcile.one

    def picky(campaign: Campaign) -> object:
        if campaign.name == "night-1":
            raise RuntimeError("poisoned")
        return one(campaign)

    monkeypatch.setattr(reconcile, "one", picky)
    assert reconcile.run().ended == 1
    assert state("night-2") == "succeeded"


def test_a_terminated_payload_fails_the_campaign(night: None, operator: User, document: Write) -> None:
    two = [
        {
            "name": name,
            "pipelines": [{"pipeline": "small", "steps": "isr"}],
            "data": {"where": f"exposure in ({where})"},
        }
        for name, where in (("early", "1..2"), ("late", "3..4"))
    ]
    campaign = begin("night-1", operator, document(payloads=two))
    payloads.act("night-1", "late", "terminate", actor="ann", why="clouds")
    Tally.objects.filter(workflow__payload="early").update(state="succeeded")
    Tally.objects.filter(workflow__payload="late").update(state="cancelled")
    reconcile.run()
    states = {part.name: part.state for part in standing.of_payloads(campaign, campaign.payloads.all())}
    assert states == {"early": "succeeded", "late": "failed"}
    assert state() == "failed"
    assert history.events(kind="campaign.failed").get().why == "a payload was terminated"


@pytest.fixture
def family(running: Campaign, operator: User, document: Write) -> Campaign:
    """night-1 with a subcampaign of its exposures 1 and 2."""
    child = {"payloads": [{"name": "calibrate", "data": {"where": "exposure in (1..2)"}}]}
    text = world.campaign("night-1-again", parent="night-1", program=None, software=None, **child)
    return begin("night-1-again", operator, text)


def test_a_subcampaign_inherits(family: Campaign) -> None:
    assert family.parent is not None and family.parent.name == "night-1"
    assert (family.program, family.priority) == ("main-survey", 500)
    assert family.payloads.get().planned["steps"] == [["isr", 6], ["gather", 2]]


def test_counts_roll_up_into_the_parent(family: Campaign) -> None:
    parent = Campaign.objects.get(name="night-1")
    assert standing.families([parent, family]) == {parent.pk: {"waiting": 24}, family.pk: {"waiting": 8}}


def test_verbs_said_to_the_parent_reach_its_subcampaigns(family: Campaign) -> None:
    assert control.pause("night-1", actor="ann").acted == ("night-1", "night-1-again")
    assert (state("night-1"), state("night-1-again")) == ("paused", "paused")
    assert set(Workflow.objects.values_list("wish", flat=True)) == {"pause"}


def test_verbs_said_to_a_subcampaign_leave_its_parent_alone(family: Campaign) -> None:
    assert control.terminate("night-1-again", actor="ann", why="x").acted == ("night-1-again",)
    assert state("night-1") == "running"


def test_subcampaigns_that_cannot_are_left_and_named(family: Campaign) -> None:
    tally("night-1-again", succeeded=8)
    reconcile.run()
    outcome = control.pause("night-1", actor="ann")
    assert (outcome.acted, outcome.left) == (("night-1",), {"night-1-again": "succeeded"})


def test_siblings_that_overlap_are_warned_about(family: Campaign, operator: User) -> None:
    child = {"payloads": [{"name": "calibrate", "data": {"where": "exposure in (2..3)"}}]}
    text = world.campaign("night-1-more", parent="night-1", program=None, software=None, **child)
    made = create(text, user=operator)
    assert [warning["message"] for warning in made.warnings] == [
        "3 step instances of isr belong to subcampaign night-1-again (running) as well",
        "1 step instances of gather belong to subcampaign night-1-again (running) as well",
    ]


def test_siblings_apart_are_not_warned_about(family: Campaign, operator: User) -> None:
    child = {"payloads": [{"name": "calibrate", "data": {"where": "exposure in (3..4)"}}]}
    text = world.campaign("night-1-more", parent="night-1", program=None, software=None, **child)
    assert create(text, user=operator).warnings == []


def test_a_submitted_subcampaign_keeps_what_it_inherited(night: None, operator: User, document: Write) -> None:
    from campaigns.services.create import revise

    create(document(), user=operator)
    child = {"payloads": [{"name": "calibrate", "data": {"where": "exposure in (1..2)"}}]}
    create(world.campaign("part", parent="night-1", program=None, software=None, **child), user=operator)
    submit("part", user=operator)
    narrow = [
        {"name": "calibrate", "pipelines": [{"pipeline": "small", "steps": "isr"}], "data": {"where": "detector = 0"}}
    ]
    revise("night-1", document(payloads=narrow), user=operator, reason="less")
    assert planning.run("part", 1)
    assert Campaign.objects.get(name="part").payloads.get().planned["steps"] == [["isr", 6], ["gather", 2]]
