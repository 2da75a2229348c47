"""The pages: everybody with a role reads them, operators act on them, and what is written is judged as everywhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns import planning
from campaigns.models import Campaign, ConfigLayer
from campaigns.services.create import create
from campaigns.services.submit import submit

Browser = Callable[..., Client]
Write = Callable[..., str]

PAGES = [
    "/campaigns/",
    "/campaigns/?state=running&name=night-*",
    "/campaigns/night-1/",
    "/campaigns/night-1/configuration/",
    "/campaigns/night-1/document/",
    "/pipelines/",
    "/pipelines/small/",
    "/pipelines/small/1/",
    "/configuration/",
]


@pytest.fixture
def running(night: None, operator: User, document: Write) -> Campaign:
    create(document(), user=operator)
    submit("night-1", user=operator)
    assert planning.run("night-1", 1)
    return Campaign.objects.get()


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_reads_every_page(page: str, running: Campaign, viewer: User, browser_of: Browser) -> None:
    answer = browser_of(viewer).get(page)
    assert answer.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_reads_none(page: str, running: Campaign, stranger: User, browser_of: Browser) -> None:
    assert browser_of(stranger).get(page).status_code in (403, 404)


def test_a_count_links_to_the_list_that_it_counts(running: Campaign, viewer: User, browser_of: Browser) -> None:
    page = browser_of(viewer).get("/campaigns/night-1/").content.decode()
    link = "/step-instances/?campaign=night-1&amp;run=1&amp;payload=calibrate&amp;step=isr&amp;state=waiting"
    assert f'href="{link}">12<' in page


def test_a_viewer_sees_no_button(running: Campaign, viewer: User, operator: User, browser_of: Browser) -> None:
    assert "Pause…" not in browser_of(viewer).get("/campaigns/night-1/").content.decode()
    assert "Pause…" in browser_of(operator).get("/campaigns/night-1/").content.decode()


def test_a_viewer_who_acts_all_the_same_is_told_the_role(running: Campaign, viewer: User, browser_of: Browser) -> None:
    answer = browser_of(viewer).post("/campaigns/night-1/do/pause/", {"why": "x"})
    assert answer.status_code == 403
    assert "operator" in answer.content.decode()


def test_the_buttons_pause_and_resume(running: Campaign, operator: User, browser_of: Browser) -> None:
    browser = browser_of(operator)
    assert browser.post("/campaigns/night-1/do/pause/", {"why": "storm"}).status_code == 302
    assert "storm" in browser.get("/campaigns/night-1/").content.decode()
    assert browser.post("/campaigns/night-1/do/resume/").status_code == 302
    running.refresh_from_db()
    assert running.state == "running"


def test_terminating_needs_a_reason(running: Campaign, operator: User, browser_of: Browser) -> None:
    answer = browser_of(operator).post("/campaigns/night-1/do/terminate/", {"why": " "})
    assert answer.status_code == 400
    running.refresh_from_db()
    assert running.state == "running"


def test_an_illegal_button_names_the_legal_ones(running: Campaign, operator: User, browser_of: Browser) -> None:
    answer = browser_of(operator).post("/campaigns/night-1/do/resume/")
    assert answer.status_code == 409
    assert "pause, terminate" in answer.content.decode()


def write(browser: Client, text: str, do: str) -> Any:
    """Send the page of a new campaign."""
    return browser.post("/new-campaign/", {"document": text, "do": do})


def test_a_document_is_checked_and_previewed_without_being_kept(
    night: None, operator: User, document: Write, browser_of: Browser
) -> None:
    browser = browser_of(operator)
    assert "Nothing is wrong" in write(browser, document(), "check").content.decode()
    assert "16 step instances in 16 jobs" in write(browser, document(), "preview").content.decode()
    assert not Campaign.objects.exists()


def test_problems_stand_at_their_lines(night: None, operator: User, document: Write, browser_of: Browser) -> None:
    answer = write(browser_of(operator), document(software="demo-2.0"), "create")
    assert answer.status_code == 400
    assert "3 ▶ software: demo-2.0" in answer.content.decode()
    assert not Campaign.objects.exists()


def test_a_draft_is_kept_with_its_problems_and_mended_later(
    night: None, operator: User, document: Write, browser_of: Browser
) -> None:
    browser = browser_of(operator)
    assert write(browser, document(software="demo-2.0"), "draft").status_code == 302
    page = browser.get("/campaigns/night-1/").content.decode()
    assert "there is no software version demo-2.0" in page
    assert browser.post("/campaigns/night-1/revise/", {"document": document(), "do": "submit"}).status_code == 302
    assert Campaign.objects.get().state == "planning"


def test_a_layer_gets_versions_with_reasons(night: None, operator: User, browser_of: Browser) -> None:
    browser = browser_of(operator)
    first = {"scope": "site", "target": "local", "values": "requestMemory: 4096", "reason": "more detectors"}
    assert browser.post("/configuration/", first).status_code == 302
    second = {"values": "requestMemory: 6144", "reason": "even more"}
    assert browser.post("/configuration/site/?target=local", second).status_code == 302
    assert list(ConfigLayer.objects.order_by("version").values_list("version", "reason")) == [
        (1, "more detectors"),
        (2, "even more"),
    ]
    assert "requestMemory: 4096" in browser.get("/configuration/site/?target=local").content.decode()


def test_a_layer_with_a_problem_says_the_line(night: None, operator: User, browser_of: Browser) -> None:
    values = "requestMemory: 4096\nrequestMemmory: 1\n"
    answer = browser_of(operator).post(
        "/configuration/", {"scope": "global", "target": "", "values": values, "reason": "typing"}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "did you mean requestMemory" in page and '<td class="number">2</td>' in page


def test_only_operators_may_change_layers(night: None, viewer: User, browser_of: Browser) -> None:
    given = {"scope": "global", "target": "", "values": "requestMemory: 4096", "reason": "x"}
    assert browser_of(viewer).post("/configuration/", given).status_code == 403
    assert not ConfigLayer.objects.exists()
