"""The frame of every page in a real browser: accessible in light, dark and on a phone; live parts; colours."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.browser.site")]
PAGES = ("/gallery/", "/accounts/password/", "/nowhere/", "/admin/")


@pytest.fixture(autouse=True)
def first_turn(monkeypatch):
    monkeypatch.setattr(site, "turns", itertools.count())


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_pages_are_accessible_and_never_wider_than_the_window(page_of, admin, width, dark):
    page = page_of(admin, width=width, dark=dark)
    for address in PAGES:
        page.goto(address)
        violations = Axe().run(page).response["violations"]
        assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_the_sign_in_page_is_accessible(page_of):
    page = page_of()
    page.goto("/accounts/login/")
    assert Axe().run(page).response["violations"] == []


def test_the_first_tab_offers_to_skip_the_navigation(page_of, viewer):
    page = page_of(viewer)
    page.goto("/gallery/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_choice_of_colours_is_remembered(page_of, viewer):
    page = page_of(viewer)
    page.goto("/gallery/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for _ in range(2):  # system → light → dark
        page.click("[data-theme-toggle]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_times_read_as_ages_and_keep_the_exact_moment(page_of, viewer):
    page = page_of(viewer)
    page.goto("/gallery/")
    moment = page.locator("#live time")
    assert moment.text_content() == "7 min ago"
    assert "(here: " in (moment.get_attribute("title") or "")


def live(page_of, viewer):
    """Open the page with a clock that the test turns."""
    page = page_of(viewer)
    page.clock.install()
    page.goto("/gallery/")
    return page


def turn(page, number):
    """Let the live part's second pass, and wait for what it fetches."""
    page.clock.run_for(1100)
    expect(page.locator("#live output")).to_have_text(str(number))


def test_a_live_part_renews_itself_without_losing_what_its_reader_does(page_of, viewer):
    page = live(page_of, viewer)
    page.click("#more summary")
    page.fill("#note", "half a thought")
    turn(page, 1)
    turn(page, 2)
    assert page.evaluate("document.activeElement.id") == "note"
    assert page.input_value("#note") == "half a thought"
    assert page.locator("#more").get_attribute("open") is not None


def test_a_live_part_rests_when_nothing_is_active_any_more(page_of, viewer):
    page = live(page_of, viewer)
    for number in range(1, 5):
        turn(page, number)
    page.clock.run_for(60_000)
    assert page.text_content("#live output") == "4"
    assert next(site.turns) == 5


def test_a_live_part_that_gets_no_answer_shows_that_it_is_stale(page_of, viewer):
    page = live(page_of, viewer)
    page.route("**/gallery/", lambda route: route.fulfill(status=503, body="away"))
    page.clock.run_for(1100)
    page.wait_for_selector("#live[data-stale]")


def test_the_api_documents_work_under_the_strict_policy(page_of, viewer):
    page = page_of(viewer)
    page.goto("/api/v1/docs/")
    page.wait_for_selector("#swagger-ui .opblock-tag-section")
