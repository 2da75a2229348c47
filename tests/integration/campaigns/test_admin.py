"""The administration: plain columns are edited, states move by the table alone, everything is recorded."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from campaigns import planning
from campaigns.models import Campaign, Notice
from campaigns.services.create import create
from campaigns.services.submit import submit
from execution.models import Workflow
from provenance import queries as history

Write = Callable[..., str]
ADMIN = "/admin/campaigns/"
MODELS = ("campaign", "payload", "revision", "pin", "pipelineversion", "configlayer", "dataidtable", "notice")


@pytest.fixture
def running(night: None, operator: User, document: Write) -> Campaign:
    create(document(), user=operator)
    submit("night-1", user=operator)
    assert planning.run("night-1", 1)
    return Campaign.objects.get()


@pytest.fixture
def browser(admin: User, browser_of: Callable[..., Client]) -> Client:
    return browser_of(admin)


@pytest.mark.parametrize("model", MODELS)
def test_lists_open(model: str, running: Campaign, browser: Client) -> None:
    assert browser.get(f"{ADMIN}{model}/").status_code == 200


def test_a_description_is_edited_and_recorded(running: Campaign, browser: Client, operator: User) -> None:
    form = {"description": "the first night", "tags": "[]", "owner": operator.pk}
    assert browser.post(f"{ADMIN}campaign/{running.pk}/change/", form).status_code == 302
    running.refresh_from_db()
    assert running.description == "the first night"
    assert history.events(kind="admin.fixed").get().details["changed"] == {"description": "the first night"}


def test_a_state_cannot_be_typed_in(running: Campaign, browser: Client, operator: User) -> None:
    form = {"description": "x", "tags": "[]", "owner": operator.pk, "state": "succeeded"}
    browser.post(f"{ADMIN}campaign/{running.pk}/change/", form)
    running.refresh_from_db()
    assert running.state == "running"


def test_only_states_of_the_table_are_offered(running: Campaign, browser: Client) -> None:
    page = browser.get(f"{ADMIN}campaign/{running.pk}/fix/").content.decode()
    offered = [
        state
        for state in ("draft", "ready", "planning", "paused", "cancelling", "succeeded", "failed")
        if f'value="{state}"' in page
    ]
    assert offered == ["paused", "cancelling", "succeeded", "failed"]


def test_a_fix_stops_what_runs_and_is_recorded(running: Campaign, browser: Client) -> None:
    answer = browser.post(f"{ADMIN}campaign/{running.pk}/fix/", {"to": "failed", "why": "site gone for good"})
    assert answer.status_code == 302
    running.refresh_from_db()
    assert (running.state, running.wish, Workflow.objects.get().wish) == ("failed", "stop", "stop")
    event = history.events(kind="admin.fixed").get()
    assert (event.actor, event.why, event.details["to"]) == ("admin", "site gone for good", "failed")


def test_a_fix_needs_a_reason(running: Campaign, browser: Client) -> None:
    assert browser.post(f"{ADMIN}campaign/{running.pk}/fix/", {"to": "failed", "why": ""}).status_code == 200
    running.refresh_from_db()
    assert running.state == "running"


def test_an_operator_does_not_get_in(running: Campaign, operator: User, browser_of: Callable[..., Client]) -> None:
    assert browser_of(operator).get(f"{ADMIN}campaign/{running.pk}/fix/").status_code in (302, 403)


def test_a_notice_that_was_given_up_is_sent_again(running: Campaign, browser: Client) -> None:
    now = timezone.now()
    notice = Notice.objects.create(
        event=1, kind="campaign.failed", campaign="night-1", recipient="ops@example.org", subject="s", text="t",
        html="h", state="failed", tries=32, next_at=now, created_at=now,
    )  # fmt: skip
    browser.post(f"{ADMIN}notice/", {"action": "try_again", "_selected_action": [notice.pk]})
    notice.refresh_from_db()
    assert (notice.state, notice.tries) == ("pending", 0)


def test_written_rows_refuse_to_change(running: Campaign) -> None:
    from campaigns.models.campaign import Written

    revision = running.revisions.get()
    revision.text = "other"
    with pytest.raises(Written):
        revision.save()
