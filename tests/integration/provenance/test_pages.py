"""The pages of the ledger: what they say, to whom, and in a fixed number of queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bpsportal.web.roles import Role
from provenance import ledger
from provenance.core.events import EventKind
from provenance.core.facts import LogFact, Outcome
from provenance.models import Dataset, Event, Execution
from tests.integration.provenance.builders import NIGHT, image, isr, register_raws, step

pytestmark = pytest.mark.django_db

Browser = Callable[..., Client]
Person = Callable[..., User]


@pytest.fixture
def night() -> None:
    """Campaigns night and day, one image failed and retried, one slow, names that are markup."""
    raws = register_raws([image(7, d) for d in range(6)])
    for name, program in (("night", "main-survey"), ("day", "special")):
        ledger.describe_campaign(name, program=program, document={"config": {"of": name}})
        ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign=name, why="<b>why</b>")
    ledger.planned(
        campaign="night", run=1, payload="calibrate", steps={"isr": 6}, images=[(7, d, 1) for d in range(6)]
    )  # fmt: skip
    facts = [isr(n + 1, raw, image(7, n), log=LogFact("logs/x", 5)) for n, raw in enumerate(raws[:5])]
    failed = isr(6, raws[5], image(7, 5), outcome=Outcome.FAILED, cause="memory", message="<script>alert(1)</script>")
    ledger.collected([*facts, failed, isr(7, raws[0], image(7, 0), campaign="day")])
    ledger.collected([isr(6, raws[5], image(7, 5), attempt=2, token="t6x2", wall_s=900.0)])
    read = tuple(("postISRCCD", f"detector={d},exposure=7") for d in range(5))
    ledger.collected([step("visitSummary", 20, {"exposure": 7}, inputs=read, started_at=NIGHT)])


ADDRESSES = (
    "/datasets/", "/executions/", "/events/", "/reports/", "/reports/summary/", "/reports/summary/?campaign=night",
    "/reports/comparison/", "/reports/comparison/?left=night&right=day", "/reports/coverage/",
    "/reports/coverage/?campaign=night", "/reports/coverage/?exposure=7", "/reports/coverage/?exposure=7&detector=1",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_shows_itself_to_a_viewer_and_to_nobody_else(
    address: str, night: None, browser_of: Browser, viewer: User, stranger: User
):
    assert browser_of(viewer).get(address).status_code == 200
    assert browser_of(stranger).get(address).status_code == 403
    assert browser_of().get(address).status_code == 302


@pytest.mark.parametrize("address", ["/datasets/", "/executions/", "/events/", "/reports/", "/reports/coverage/"])
def test_an_empty_page_says_what_to_do(address: str, browser_of: Browser, viewer: User):
    assert b'class="empty"' in browser_of(viewer).get(address).content


def text_of(client: Client, address: str) -> str:
    """The page as text."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_comes_from_outside_is_never_markup(night: None, browser_of: Browser, viewer: User):
    client = browser_of(viewer)
    pk = Execution.objects.get(outcome="failed").pk

    assert "&lt;script&gt;alert(1)" in text_of(client, f"/executions/{pk}/")
    assert "<script>alert" not in text_of(client, "/executions/")
    assert "<b>why</b>" not in text_of(client, "/events/")


def test_a_dataset_page_leads_up_and_down(night: None, browser_of: Browser, viewer: User):
    client = browser_of(viewer)
    made = Dataset.objects.get(campaign__name="night", detector=1)
    raw = Dataset.objects.get(type__name="raw", detector=1)
    summary = Execution.objects.get(step__name="visitSummary")

    page = text_of(client, f"/datasets/{made.pk}/")

    for address in (f"/datasets/{raw.pk}/", f"/executions/{made.execution}/", f"/executions/{summary.pk}/"):
        assert f'href="{address}"' in page
    assert 'href="/reports/coverage/?exposure=7&amp;detector=1"' in page


def test_the_executions_of_a_step_instance_show_every_attempt(night: None, browser_of: Browser, viewer: User):
    page = text_of(browser_of(viewer), "/executions/?instance=6")

    assert page.count("not final") == 1
    assert page.count("detector=5,exposure=7") == 2


def test_an_execution_page_tells_where_when_and_with_what(night: None, browser_of: Browser, viewer: User):
    ledger.describe_recipes({"r1": {"threshold": 5}})
    pk = Execution.objects.get(instance=6, attempt=2).pk

    page = text_of(browser_of(viewer), f"/executions/{pk}/")

    for words in ("node1", "demo-1.0", "Python 3.11.7", "15 min", "LANG", "threshold", "Other attempts"):
        assert words in page


def test_the_summary_page_marks_what_deviates(night: None, browser_of: Browser, viewer: User):
    page = text_of(browser_of(viewer), "/reports/summary/?campaign=night")

    assert "took more than 5 × the median" in page
    assert "deviates" in page
    assert "outcome=failed" not in page  # the failure was made good by the retry
    assert "/api/v1/reports/prov/?campaign=night" in page


def test_the_comparison_page_shows_both_sides(night: None, browser_of: Browser, viewer: User):
    page = text_of(browser_of(viewer), "/reports/comparison/?left=night&right=day")

    assert "config.of" in page
    assert "The outputs differ." in page


def test_the_coverage_page_counts_outcomes_as_links_to_what_they_count(night: None, browser_of: Browser, viewer: User):
    client = browser_of(viewer)

    page = text_of(client, "/reports/coverage/?campaign=night")

    assert "?campaign=night&amp;outcome=processed" in page
    # the six images, and the whole exposure that the summary is about
    assert text_of(client, "/reports/coverage/?campaign=night&outcome=used").count('scope="row" class="number"') == 1
    assert (
        text_of(client, "/reports/coverage/?campaign=night&outcome=processed").count('scope="row" class="number"') == 6
    )


def test_a_wrong_filter_is_explained(night: None, browser_of: Browser, viewer: User):
    client = browser_of(viewer)

    for address in ("/datasets/?exposure=x", "/executions/?outcome=x", "/reports/coverage/?exposure=x"):
        assert 'role="alert"' in text_of(client, address)


def test_what_is_not_there_is_a_page_of_its_own(browser_of: Browser, viewer: User):
    client = browser_of(viewer)

    for address in (
        "/datasets/99/",
        "/executions/99/",
        "/reports/summary/?campaign=x",
        "/reports/coverage/?campaign=x",
    ):
        assert client.get(address).status_code == 404


def test_a_narrowed_viewer_reads_no_other_program(night: None, browser_of: Browser, person: Person):
    client = browser_of(person("sam", Role.VIEWER, program="special"))
    hidden = Execution.objects.get(instance=1)

    for address in (
        f"/executions/{hidden.pk}/",
        "/reports/summary/?campaign=night",
        "/reports/coverage/?campaign=night",
    ):
        assert client.get(address).status_code == 404
    assert "night" not in text_of(client, "/reports/")
    assert "night" not in text_of(client, "/reports/coverage/?exposure=7")
    raw = Dataset.objects.get(type__name="raw", detector=0)
    assert "night" not in text_of(client, f"/datasets/{raw.pk}/")


def test_a_list_goes_on_below_its_last_row(browser_of: Browser, viewer: User):
    for number in range(130):
        ledger.record(EventKind.CAMPAIGN_REVISED, actor="ann", campaign=f"c{number}")
    client = browser_of(viewer)
    oldest = Event.objects.order_by("-pk")[99].pk

    assert f"?below={oldest}" in text_of(client, "/events/")
    assert text_of(client, f"/events/?below={oldest}").count("revised campaign") == 30


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_takes_no_more_queries_for_many_rows_than_for_few(
    address: str, night: None, browser_of: Browser, viewer: User
):
    client = browser_of(viewer)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    few = count()
    ledger.collected([step("isr", 100 + n, image(8, n), environment={"N": str(n)}) for n in range(120)])
    register_raws([image(10, n) for n in range(120)])
    for _ in range(120):
        ledger.record(EventKind.CAMPAIGN_REVISED, actor="ann", campaign="night")

    assert count() <= few


def test_an_administrator_puts_metadata_right_with_a_reason(night: None, browser_of: Browser, admin: User):
    row = Dataset.objects.get(type__name="raw", detector=0)
    client = browser_of(admin)
    address = f"/admin/provenance/dataset/{row.pk}/change/"

    refused = client.post(address, {"metadata": '{"band": "r"}', "reason": ""})
    assert refused.status_code == 200
    assert Dataset.objects.get(pk=row.pk).metadata == {}
    wrong = client.post(address, {"metadata": "[1]", "reason": "header was wrong"})
    assert "mapping" in wrong.content.decode()

    client.post(address, {"metadata": '{"band": "r"}', "reason": "header was wrong", "path": "/etc/passwd"})

    row.refresh_from_db()
    assert (row.metadata, row.path) == ({"band": "r"}, "/raw/0.fits")
    event = Event.objects.get(kind="admin.fixed")
    assert (event.actor, event.why, event.details["before"], event.details["after"]) == (
        "admin", "header was wrong", {}, {"band": "r"},
    )  # fmt: skip


MODELS = (
    "event",
    "execution",
    "datasettype",
    "campaignrecord",
    "recipe",
    "environment",
    "logfile",
    "rollup",
    "coverage",
)


@pytest.mark.parametrize("model", MODELS)
def test_ledger_rows_are_only_looked_at_in_the_administration(
    model: str, night: None, browser_of: Browser, admin: User
):
    client = browser_of(admin)

    page = client.get(f"/admin/provenance/{model}/")
    assert page.status_code == 200
    assert client.get(f"/admin/provenance/{model}/add/").status_code == 403
    first: Any = page.context["cl"].queryset.first()
    assert client.get(f"/admin/provenance/{model}/{first.pk}/change/").status_code == 200
    assert client.post(f"/admin/provenance/{model}/{first.pk}/change/", {}).status_code == 403
    assert client.post(f"/admin/provenance/{model}/{first.pk}/delete/", {"post": "yes"}).status_code == 403
