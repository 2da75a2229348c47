"""The ledger over REST: lists with filters, registering, reports in every form, and only what a user may see."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from bpsportal.web.roles import Role
from provenance import ledger, queries
from provenance.api.shapes import ComparisonSerializer, CoverageSerializer, SummarySerializer
from provenance.core.events import EventKind
from provenance.core.facts import Outcome, TypeFact
from provenance.core.feed import PATIENCE
from provenance.models import Dataset, Event, Execution
from tests.integration.provenance.builders import SHA, image, isr, register_raws, step

pytestmark = pytest.mark.django_db

Api = Callable[..., APIClient]
Person = Callable[..., User]


@pytest.fixture
def night() -> None:
    """Campaign night with two images, one of which failed, and campaign day with one."""
    raws = register_raws([image(7, 3), image(7, 4)])
    for name, program in (("night", "main-survey"), ("day", "special")):
        ledger.describe_campaign(name, program=program, owner="ann", document={"priority": 5})
        ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign=name)
    ledger.record(EventKind.SITE_CREATED, actor="sue", site="local")
    ledger.planned(
        campaign="night", run=1, payload="calibrate", steps={"isr": 2}, images=[(7, 3, 1), (7, 4, 1)]
    )  # fmt: skip
    failed = isr(2, raws[1], image(7, 4), outcome=Outcome.FAILED, cause="memory", message="=killed")
    ledger.collected([isr(1, raws[0], image(7, 3)), failed, isr(3, raws[0], image(7, 3), campaign="day")])


def names(answer: Any, key: str) -> list[Any]:
    """One value of each row of a page."""
    return [row[key] for row in answer.json()["results"]]


def test_datasets_are_listed_newest_first_and_filtered(night: None, api: Api, viewer: User):
    client = api(viewer)

    assert names(client.get("/api/v1/datasets/"), "type") == ["postISRCCD", "postISRCCD", "raw", "raw"]
    assert names(client.get("/api/v1/datasets/?type=raw&detector=4"), "data_id") == [{"exposure": 7, "detector": 4}]
    assert names(client.get("/api/v1/datasets/?campaign=day"), "campaign") == ["day"]
    assert names(client.get("/api/v1/datasets/?data_id=exposure=7,detector=3&state=registered"), "type") == ["raw"]
    assert names(client.get("/api/v1/datasets/?type=nothing"), "type") == []
    assert names(client.get("/api/v1/datasets/?campaign=nowhere"), "type") == []


def test_one_dataset_tells_all_about_itself(night: None, api: Api, viewer: User):
    pk = Dataset.objects.get(campaign__name="night").pk

    answer = api(viewer).get(f"/api/v1/datasets/{pk}/").json()

    assert (answer["campaign"], answer["run"], answer["payload"], answer["state"]) == (
        "night",
        1,
        "calibrate",
        "published",
    )
    assert answer["sha256"] == SHA


def test_a_feed_goes_on_where_it_was_left(night: None, api: Api, viewer: User):
    client = api(viewer)
    first = names(client.get("/api/v1/events/?since=0&limit=2"), "id")
    rest = names(client.get(f"/api/v1/events/?since={first[-1]}"), "id")

    assert len(first) == 2
    assert [*first, *rest] == list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_a_feed_waits_for_a_transaction_that_is_still_writing(api: Api, viewer: User):
    for number in (1, 2, 4):
        Event.objects.create(pk=number, kind="site.dark", actor="portal")

    assert names(api(viewer).get("/api/v1/events/?since=0"), "id") == [1, 2]
    assert [event.pk for event in queries.events_after(0, now=timezone.now())] == [1, 2]
    assert [event.pk for event in queries.events_after(0, now=timezone.now() + PATIENCE)] == [1, 2, 4]
    assert names(api(viewer).get("/api/v1/events/"), "id") == [4, 2, 1]


@pytest.mark.parametrize(
    "query", ["exposure=x", "exposure=99999999999999999999", "state=broken", "data_id=,,", "since=-1"]
)
def test_a_filter_that_means_nothing_is_refused(query: str, api: Api, viewer: User):
    answer = api(viewer).get(f"/api/v1/datasets/?{query}")

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == query.split("=")[0]


def test_lists_come_as_csv(night: None, api: Api, viewer: User):
    answer = api(viewer).get("/api/v1/executions/?campaign=night&format=csv")

    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(row["step"], row["outcome"], row["message"]) for row in rows] == [
        ("isr", "failed", "'=killed"), ("isr", "succeeded", ""),
    ]  # fmt: skip


def test_executions_are_filtered_by_names_and_outcome(night: None, api: Api, viewer: User):
    client = api(viewer)

    assert names(client.get("/api/v1/executions/?campaign=night&outcome=failed"), "cause") == ["memory"]
    assert names(client.get("/api/v1/executions/?step=isr&campaign=day"), "instance") == [3]
    assert names(client.get("/api/v1/executions/?instance=1"), "data_id") == [{"exposure": 7, "detector": 3}]
    assert names(client.get("/api/v1/executions/?data_id=detector=4,exposure=7"), "instance") == [2]
    assert names(client.get("/api/v1/executions/?site=elsewhere"), "instance") == []
    assert len(names(client.get("/api/v1/executions/?host=node1&software=demo-1.0&final=true"), "id")) == 3


def test_an_execution_tells_what_it_read_and_made_and_where_it_ran(night: None, api: Api, viewer: User):
    ledger.describe_recipes({"r1": {"config": {"threshold": 5}}})
    pk = Execution.objects.get(instance=1).pk

    answer = api(viewer).get(f"/api/v1/executions/{pk}/").json()

    assert answer["read"] == [Dataset.objects.get(type__name="raw", detector=3).pk]
    assert answer["made"] == [Dataset.objects.get(campaign__name="night").pk]
    assert (answer["variables"], answer["recipe_body"]) == ({"LANG": "C"}, {"config": {"threshold": 5}})


def test_environments_are_found_by_their_digest(night: None, api: Api, viewer: User):
    client = api(viewer)
    (digest,) = names(client.get("/api/v1/environments/?variable=LANG"), "digest")

    assert client.get(f"/api/v1/environments/{digest}/").json()["variables"] == {"LANG": "C"}
    assert names(client.get("/api/v1/environments/?variable=HOME"), "digest") == []


def test_events_are_filtered(night: None, api: Api, viewer: User):
    client = api(viewer)

    assert names(client.get("/api/v1/events/?campaign=night"), "sentence") == ["ann created campaign night"]
    assert names(client.get("/api/v1/events/?subject=site"), "actor") == ["sue"]
    assert names(client.get("/api/v1/events/?kind=site.created&kind=site.dark"), "site") == ["local"]


def test_a_lineage_is_answered_by_ids(night: None, api: Api, viewer: User):
    made = Dataset.objects.get(campaign__name="night")

    answer = api(viewer).get(f"/api/v1/datasets/{made.pk}/lineage/?depth=2").json()

    raw = Dataset.objects.get(type__name="raw", detector=3)
    assert answer["ancestors"] == [{"executions": [made.execution], "datasets": [raw.pk], "cut": False}]
    assert answer["descendants"] == []


def test_an_operator_registers_one_dataset(api: Api, operator: User):
    ledger.register_types([TypeFact("raw", ("exposure", "detector"))])
    document = {"type": "raw", "dataId": {"exposure": 7, "detector": 3}, "path": "/raw/7-3.fits", "sha256": SHA,
                "metadata": {"ra": 10.1, "band": "r"}}  # fmt: skip

    answer = api(operator).post("/api/v1/datasets/", {"dataset": document})

    assert answer.status_code == 201
    row = Dataset.objects.get(pk=answer.json()["datasets"][0])
    assert (row.data_id, row.exposure, row.metadata, row.state) == (
        "detector=3,exposure=7", 7, {"ra": 10.1, "band": "r"}, "registered",
    )  # fmt: skip
    assert Event.objects.get(kind="dataset.registered").actor == "operator"


def test_many_datasets_are_registered_at_once_and_the_same_request_acts_once(api: Api, operator: User):
    ledger.register_types([TypeFact("raw", ("exposure", "detector"))])
    documents = [{"type": "raw", "dataId": image(7, d), "path": f"/raw/{d}.fits", "sizeBytes": 5} for d in range(300)]
    client = api(operator)

    first = client.post("/api/v1/datasets/", documents, headers={"Idempotency-Key": "k1"})
    second = client.post("/api/v1/datasets/", documents, headers={"Idempotency-Key": "k1"})

    assert first.json()["count"] == Dataset.objects.count() == 300
    assert second.json() == first.json()
    assert Event.objects.filter(kind="dataset.registered").count() == 1


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"type": "raw"}, ["[0].dataId", "[0].path"]),
        ([{"type": "flat", "dataId": {"exposure": 1}, "path": "/x"}, 5], ["[1]"]),
        ([{"type": "flat", "dataId": {"exposure": 1}, "path": "/x"}], ["[0].type"]),
        ({"type": "raw", "dataId": {"exposure": 1}, "path": "/x"}, ["[0].dataId"]),
        ({"type": "raw", "dataId": {"exposure": "a/b", "detector": 1}, "path": "/x"}, ["[0].dataId"]),
        ({"type": "raw", "dataId": {"exposure": True, "detector": 1}, "path": "/x"}, ["[0].dataId"]),
        ({"type": "raw", "dataId": [7, 3], "path": "/x"}, ["[0].dataId"]),
        ({"type": "raw", "dataId": image(1, 1), "path": "../../x"}, ["[0].path"]),
        ({"type": "raw", "dataId": image(1, 1), "path": "/x", "sha256": "12"}, ["[0].sha256"]),
    ],
)
def test_what_cannot_be_registered_leaves_nothing_behind(body: Any, paths: list[str], api: Api, operator: User):
    ledger.register_types([TypeFact("raw", ("exposure", "detector"))])

    answer = api(operator).post("/api/v1/datasets/", body)

    assert answer.status_code == 400
    assert [problem["path"] for problem in answer.json()["problems"]] == paths
    assert not Dataset.objects.exists()


def test_a_viewer_and_a_reading_token_register_nothing(api: Api, viewer: User, operator: User):
    assert api(viewer).post("/api/v1/datasets/", {}).status_code == 403
    assert api(operator, scope="read").post("/api/v1/datasets/", {}).status_code == 403


def test_the_summary_comes_as_json_csv_and_markdown(night: None, api: Api, viewer: User):
    client = api(viewer)

    answer = client.get("/api/v1/reports/summary/?campaign=night").json()
    table = client.get("/api/v1/reports/summary/?campaign=night&format=csv")
    text = client.get("/api/v1/reports/summary/?campaign=night&format=md")

    assert set(answer) == set(SummarySerializer().fields)
    assert set(answer["steps"][0]) == set(SummarySerializer().fields["steps"].child.fields)
    assert (answer["totals"]["succeeded"], answer["totals"]["failed"]) == (1, 1)
    assert "1,calibrate,isr,2,1,1,0,0,0,0,2,0" in table.content.decode()
    assert table["Content-Disposition"] == 'attachment; filename="summary-night.csv"'
    assert "## Steps of campaign night" in text.content.decode()


def test_the_comparison_comes_as_json_csv_and_markdown(night: None, api: Api, viewer: User):
    client = api(viewer)

    answer = client.get("/api/v1/reports/comparison/?left=night&right=day").json()

    assert set(answer) == set(ComparisonSerializer().fields)
    assert answer["outputs"] == [{"type": "postISRCCD", "same": 1, "different": 0, "only_left": 0, "only_right": 0}]
    assert (
        "postISRCCD,1,0,0,0"
        in client.get("/api/v1/reports/comparison/?left=night&right=day&format=csv").content.decode()
    )
    assert b"## Outputs" in client.get("/api/v1/reports/comparison/?left=night&right=day&format=md").content


def test_coverage_is_answered_both_ways(night: None, api: Api, viewer: User):
    client = api(viewer)

    images = client.get("/api/v1/reports/coverage/?campaign=night").json()
    campaigns = client.get("/api/v1/reports/coverage/?exposure=7&detector=3").json()
    table = client.get("/api/v1/reports/coverage/?campaign=night&format=csv")

    assert set(images) == set(CoverageSerializer().fields) == set(campaigns)
    assert [(line["detector"], line["outcome"]) for line in images["images"]] == [(3, "processed"), (4, "failed")]
    assert [line["campaign"] for line in campaigns["images"]] == ["day", "night"]
    rows = list(csv.DictReader(io.StringIO(table.getvalue().decode())))
    assert [(row["detector"], row["outcome"]) for row in rows] == [("3", "processed"), ("4", "failed")]
    assert b"| night |" in client.get("/api/v1/reports/coverage/?exposure=7&format=md").content


@pytest.mark.parametrize(
    "address",
    [
        "summary/", "summary/?campaign=", "comparison/?left=night", "comparison/?left=night&right=night",
        "coverage/", "coverage/?campaign=night&exposure=7", "coverage/?exposure=-1",
        "coverage/?campaign=night&outcome=x",
        "coverage/?campaign=night&after=1;2", "coverage/?campaign=night&limit=1001", "prov/",
    ],
)  # fmt: skip
def test_a_report_that_was_not_asked_for_properly_is_refused(address: str, night: None, api: Api, viewer: User):
    answer = api(viewer).get(f"/api/v1/reports/{address}")

    assert answer.status_code == 400
    assert answer.json()["problems"]


def test_a_report_of_an_unknown_campaign_is_missing(api: Api, viewer: User):
    for address in ("summary/?campaign=x", "comparison/?left=x&right=y", "coverage/?campaign=x", "prov/?campaign=x"):
        assert api(viewer).get(f"/api/v1/reports/{address}").status_code == 404


def test_the_prov_export_is_one_json_document(night: None, api: Api, viewer: User):
    answer = api(viewer).get("/api/v1/reports/prov/?campaign=night")

    document = json.loads(answer.getvalue())
    assert answer["Content-Type"] == "application/json"
    assert len(document["activity"]) == 2


def test_a_narrowed_viewer_sees_only_the_campaigns_of_the_program(night: None, api: Api, person: Person):
    client = api(person("sam", Role.VIEWER, program="special"))

    assert names(client.get("/api/v1/datasets/"), "campaign") == ["day", None, None]
    assert names(client.get("/api/v1/executions/"), "campaign") == ["day"]
    assert names(client.get("/api/v1/events/"), "campaign") == ["", "day", ""]
    night_made, night_ran = Dataset.objects.get(campaign__name="night"), Execution.objects.get(instance=1)
    raw = Dataset.objects.get(type__name="raw", detector=3)
    hidden = [
        f"datasets/{night_made.pk}/", f"datasets/{night_made.pk}/lineage/", f"executions/{night_ran.pk}/",
        "reports/summary/?campaign=night", "reports/comparison/?left=day&right=night",
        "reports/coverage/?campaign=night", "reports/prov/?campaign=night",
    ]  # fmt: skip
    assert [client.get(f"/api/v1/{address}").status_code for address in hidden] == [404] * len(hidden)
    lines = client.get("/api/v1/reports/coverage/?exposure=7").json()["images"]
    assert {line["campaign"] for line in lines} == {"day"}
    below = client.get(f"/api/v1/datasets/{raw.pk}/lineage/").json()["descendants"][0]
    assert below["executions"] == [Execution.objects.get(instance=3).pk]


def test_a_viewer_of_one_campaign_sees_its_events_even_before_it_is_described(api: Api, person: Person):
    ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign="early")
    ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign="other")

    client = api(person("sam", Role.VIEWER, campaign="early"))

    assert names(client.get("/api/v1/events/"), "campaign") == ["early"]


def test_a_stranger_sees_nothing(night: None, api: Api, stranger: User):
    client = api(stranger)
    for resource in ("datasets", "dataset-types", "executions", "environments", "events", "reports/summary"):
        assert client.get(f"/api/v1/{resource}/").status_code == 403
    assert api().get("/api/v1/datasets/").status_code == 401


@pytest.mark.parametrize("resource", ["datasets", "executions", "events", "environments", "dataset-types"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_list_takes_no_more_queries_for_many_rows_than_for_few(
    resource: str, form: str, night: None, api: Api, viewer: User
):
    client = api(viewer)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"/api/v1/{resource}/?format={form}")
            b"".join(answer.streaming_content) if answer.streaming else answer.content
        return len(captured)

    few = count()
    ledger.collected([step("isr", 100 + n, image(9, n), environment={"N": str(n)}) for n in range(50)])
    ledger.register([], "ann")
    register_raws([image(10, n) for n in range(50)])
    ledger.register_types([TypeFact(f"type{n}", ("exposure",)) for n in range(20)])
    for n in range(50):
        ledger.record(EventKind.CAMPAIGN_REVISED, actor="ann", campaign=f"c{n}")

    assert count() <= few
