"""The verbs of campaigns: what they change, and what they refuse."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from campaigns import planning
from campaigns.models import Campaign, Pin, Revision
from campaigns.services.create import create
from campaigns.services.submit import submit
from execution import queries

Write = Callable[..., str]


@pytest.fixture
def ready(night: None, operator: User, document: Write) -> Campaign:
    """A campaign of 16 step instances, ready to be submitted."""
    return create(document(), user=operator)


def test_a_valid_document_makes_a_campaign_that_is_ready(ready: Campaign) -> None:
    assert (ready.state, ready.program, ready.priority, ready.run) == ("ready", "main-survey", 500, 1)
    assert [payload.name for payload in ready.payloads.all()] == ["calibrate"]
    assert Revision.objects.get().number == 1


def test_submission_pins_and_planning_makes_it_run(ready: Campaign, operator: User) -> None:
    submit("night-1", user=operator)
    pin = Pin.objects.get()
    assert pin.pipelines.keys() == {"small"}
    assert planning.run("night-1", 1)
    campaign = Campaign.objects.get()
    assert campaign.state == "running"
    part = queries.progress("night-1", 1).payloads["calibrate"]
    assert (part.jobs, part.instances) == ({"waiting": 16}, {"waiting": 16})
