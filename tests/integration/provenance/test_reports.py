"""Summary, comparison, coverage, lineage and planning look-ups over a small ledger told by hand."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpsportal.web.errors import Invalid, Missing
from provenance import ledger, queries
from provenance.core.coverage import ImageOutcome, outcome_of
from provenance.core.events import EventKind
from provenance.core.facts import ExecutionFact, FileFact, Outcome, TypeFact
from provenance.covered import CONDITIONS
from provenance.models import Coverage, Dataset, RollUp
from provenance.rebuild import rebuild
from tests.integration.provenance.builders import NIGHT, image, isr, output, register_raws, step

pytestmark = pytest.mark.django_db


def night(n: int = 4, *, campaign: str = "night", first: int = 1, wall_s: float = 10.0, sha: str = "ab") -> list[int]:
    """A campaign of n images of exposure 7 through isr and measure; returns the raw ids."""
    images = [image(7, detector) for detector in range(n)]
    raws = register_raws(images)
    facts: list[ExecutionFact] = []
    for number, (raw, data_id) in enumerate(zip(raws, images, strict=True)):
        made = output("postISRCCD", data_id, sha256=sha * 32)
        facts.append(isr(first + number, raw, data_id, campaign=campaign, wall_s=wall_s, outputs=(made,)))
        read = ("postISRCCD", f"detector={number},exposure=7")
        facts.append(step("measure", first + 1000 + number, data_id, campaign=campaign, inputs=(read,)))
    ledger.planned(
        campaign=campaign, run=1, payload="calibrate", steps={"isr": n, "measure": n},
        images=[(7, detector, 2) for detector in range(n)],
    )  # fmt: skip
    ledger.collected(facts)
    return raws


def test_the_summary_adds_up_the_steps():
    night(4)
    ledger.record(EventKind.CAMPAIGN_STARTED, actor="portal", campaign="night")
    ledger.record(EventKind.CAMPAIGN_SUCCEEDED, actor="portal", campaign="night")

    report = queries.summary("night")

    assert (report.state, report.runs) == ("succeeded", (1,))
    assert [(line.step, line.planned, line.succeeded, line.waiting) for line in report.steps] == [
        ("isr", 4, 4, 0), ("measure", 4, 4, 0),
    ]  # fmt: skip
    assert report.totals["executions"] == 8
    assert report.totals["wall_h"] == pytest.approx(80 / 3600)
    assert report.steps[0].wall_s.median == pytest.approx(10.0, rel=0.026)
    assert report.steps[0].wall_s.maximum == 10.0
    assert report.datasets == {"postISRCCD": {"count": 4, "bytes": 400}}
    assert report.software == (("demo-1.0", "Python 3.11.7"),)
    assert report.started_at == NIGHT.replace(second=1)


def test_a_step_that_became_slower_than_in_earlier_campaigns_is_marked():
    for number in range(3):
        night(4, campaign=f"before{number}", first=10_000 * (number + 1), wall_s=10.0 + number / 10)
    night(4, campaign="slow", first=90_000, wall_s=20.0)

    report = queries.summary("slow")

    assert [(line.step, str(deviation.kind)) for line, deviation in report.deviants] == [("isr", "wall")]
    assert "the norm of 3 earlier campaigns" in report.deviants[0][1].text


def test_later_campaigns_are_no_norm_of_earlier_ones():
    night(4, campaign="first", wall_s=10.0)
    night(4, campaign="second", first=10_000, wall_s=100.0)

    assert queries.summary("first").deviants == []


def test_a_campaign_nobody_heard_of_is_missing():
    with pytest.raises(Missing, match="nowhere"):
        queries.summary("nowhere")


def test_a_campaign_with_events_only_has_an_empty_summary():
    ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign="fresh")

    report = queries.summary("fresh")

    assert (report.state, report.steps) == ("draft", ())


def test_two_equal_campaigns_made_the_same():
    night(3, campaign="a")
    night(3, campaign="b", first=10_000)

    report = queries.comparison("a", "b")

    assert report.same_outputs
    assert [(o.type, o.same, o.different, o.only_left, o.only_right) for o in report.outputs] == [
        ("postISRCCD", 3, 0, 0, 0)
    ]
    assert [(i.type, i.both, i.only_left, i.only_right) for i in report.inputs] == [("raw", 3, 0, 0)]
    assert report.configuration == ()


def test_a_comparison_finds_every_kind_of_difference():
    night(3, campaign="a")
    night(4, campaign="b", first=10_000, wall_s=20.0, sha="cd")
    ledger.describe_campaign("a", document={"config": {"threshold": 5}, "software": "demo-1.0"})
    ledger.describe_campaign("b", document={"config": {"threshold": 6}, "software": "demo-1.0"})

    report = queries.comparison("a", "b")

    assert [(d.path, d.left, d.right) for d in report.configuration] == [("config.threshold", 5, 6)]
    assert [(o.type, o.same, o.different, o.only_left, o.only_right) for o in report.outputs] == [
        ("postISRCCD", 0, 3, 0, 1)
    ]
    assert [(i.type, i.both, i.only_left, i.only_right) for i in report.inputs] == [("raw", 3, 0, 1)]
    pairs = {pair.step: pair for pair in report.steps}
    assert pairs["isr"].wall_ratio == pytest.approx(2.0, rel=0.06)
    assert pairs["measure"].wall_ratio == 1.0
    assert not report.same_outputs


def test_the_last_run_of_a_campaign_counts_in_a_comparison():
    night(1, campaign="a", sha="ab")
    night(1, campaign="b", first=10_000, sha="cd")
    again = isr(
        20_000, 1, image(7, 0), campaign="a", run=2, outputs=(output("postISRCCD", image(7, 0), sha256="cd" * 32),)
    )
    ledger.collected([again])

    assert queries.comparison("a", "b").outputs[0].same == 1


def test_different_recipes_show_as_configuration():
    ledger.describe_recipes({"r1": {"config": {"threshold": 5}}, "r2": {"config": {"threshold": 7}}})
    ledger.collected([step("isr", 1, image(7, 3), campaign="a", recipe="r1")])
    ledger.collected([step("isr", 2, image(7, 3), campaign="b", recipe="r2")])

    report = queries.comparison("a", "b")

    assert [(d.path, d.left, d.right) for d in report.configuration] == [("calibrate/isr: config.threshold", 5, 7)]


def test_a_campaign_is_not_compared_with_itself():
    with pytest.raises(Invalid):
        queries.comparison("a", "a")


def test_coverage_tells_the_outcome_of_every_image():
    raws = register_raws([image(7, detector) for detector in range(3)])
    ledger.planned(
        campaign="night",
        run=1,
        payload="calibrate",
        steps={"isr": 3},
        images=[(7, detector, 1) for detector in range(3)],
    )
    ledger.collected([isr(1, raws[0], image(7, 0)), isr(2, raws[1], image(7, 1), outcome=Outcome.FAILED)])

    page = queries.coverage("night")

    assert [(line.detector, str(line.outcome)) for line in page.images] == [
        (0, "processed"),
        (1, "failed"),
        (2, "waiting"),
    ]
    assert page.outcomes == {
        "processed": 1, "partly": 0, "incomplete": 0, "failed": 1, "pruned": 0, "waiting": 1, "used": 0,
    }  # fmt: skip
    failed = queries.coverage("night", outcome=ImageOutcome.FAILED).images
    assert [line.detector for line in failed] == [1]


def test_an_image_that_only_a_gather_read_is_covered_as_used():
    ledger.register_types([TypeFact("bias", ("exposure", "detector"))])
    biases = ledger.register([FileFact("bias", image(exposure, 0), f"/bias/{exposure}") for exposure in (1, 2)], "ann")
    ledger.collected([step("masterBias", 1, {"detector": 0}, inputs=tuple(biases))])

    page = queries.coverage("night")

    assert [(line.exposure, line.detector, str(line.outcome), line.used) for line in page.images] == [
        (1, 0, "used", 1), (2, 0, "used", 1),
    ]  # fmt: skip


def test_a_restart_that_makes_what_was_missing_completes_the_image():
    (raw,) = register_raws([image(7, 0)])
    ledger.planned(campaign="night", run=1, payload="calibrate", steps={"isr": 1}, images=[(7, 0, 1)])
    ledger.collected([isr(1, raw, image(7, 0), outcome=Outcome.FAILED)])
    ledger.planned(campaign="night", run=2, payload="calibrate", steps={"isr": 1}, images=[(7, 0, 1)])
    ledger.collected([isr(2, raw, image(7, 0), run=2)])

    page = queries.coverage("night")

    assert [(line.runs, str(line.outcome)) for line in page.images] == [((1, 2), "processed")]
    assert page.outcomes["processed"] == 1
    assert queries.coverage("night", outcome=ImageOutcome.FAILED).images == []


def test_an_image_knows_the_campaigns_that_processed_it():
    night(2, campaign="a")
    night(1, campaign="b", first=10_000)

    assert [(line.campaign, line.detector) for line in queries.coverage_of(7)] == [("a", 0), ("a", 1), ("b", 0)]
    assert [line.campaign for line in queries.coverage_of(7, 0)] == ["a", "b"]
    assert queries.coverage_of(8) == []


def test_the_images_of_a_campaign_come_in_pages():
    night(5)

    first = queries.coverage("night", limit=2)
    second = queries.coverage("night", limit=2, after=first.after)
    third = queries.coverage("night", limit=2, after=second.after)

    assert [[line.detector for line in page.images] for page in (first, second, third)] == [[0, 1], [2, 3], [4]]
    assert third.after is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(*[st.integers(0, 3)] * 5))
def test_the_conditions_of_an_outcome_agree_with_its_rule(db: None, counts: tuple[int, ...]):
    Coverage.objects.all().delete()
    ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign="night")
    names = dict(zip(("planned", "succeeded", "failed", "pruned", "skipped"), counts, strict=True))
    from provenance.intern import subjects

    (number,) = subjects([("campaign", "night")]).values()
    Coverage.objects.create(campaign_id=number, run=1, exposure=1, detector=1, **names)

    matching = [outcome for outcome, condition in CONDITIONS.items() if Coverage.objects.filter(condition).exists()]

    assert matching == [outcome_of(*counts[:3], counts[3] + counts[4])]


def test_lineage_leads_up_to_the_raw_file_and_down_to_what_came_of_it():
    (raw,) = night(1)
    made = Dataset.objects.get(type__name="postISRCCD")
    executions = dict(queries.executions().values_list("step__name", "pk"))

    line = queries.lineage(made.pk, depth=3)

    assert [(g.executions, g.datasets) for g in line.ancestors] == [((executions["isr"],), (raw,))]
    assert [(g.executions, g.datasets) for g in line.descendants] == [((executions["measure"],), ())]


def test_planning_finds_registered_datasets_and_those_of_named_campaigns_first():
    raws = night(2, campaign="a")
    ledger.register_types([TypeFact("postISRCCD", ("exposure", "detector"))])
    (registered,) = ledger.register([FileFact("postISRCCD", image(7, 0), "/old.fits", metadata={"band": "r"})], "ann")

    plain = {(k.type, k.dataset) for k in queries.datasets_for_planning(["raw", "postISRCCD"])}
    assert plain == {("raw", raws[0]), ("raw", raws[1]), ("postISRCCD", registered)}

    made = dict(Dataset.objects.filter(type__name="postISRCCD", campaign__isnull=False).values_list("detector", "pk"))
    found = {k.data_id["detector"]: k.dataset for k in queries.datasets_for_planning(["postISRCCD"], [("a", None)])}
    assert found == made
    nothing = queries.datasets_for_planning(["postISRCCD"], [("a", 2)], registered=False)
    assert list(nothing) == []


def test_planning_gets_the_metadata_along():
    ledger.register_types([TypeFact("raw", ("exposure", "detector"))])
    ledger.register([FileFact("raw", image(1, 2), "/raw", metadata={"band": "r"})], "ann")

    (known,) = queries.datasets_for_planning(["raw"])

    assert (known.type, known.data_id, known.metadata) == ("raw", {"exposure": 1, "detector": 2}, {"band": "r"})


def test_only_what_the_payload_made_in_this_run_exists():
    night(2)
    keys = [
        ("postISRCCD", "detector=0,exposure=7"),
        ("postISRCCD", "detector=9,exposure=7"),
        ("raw", "detector=0,exposure=7"),
    ]

    assert queries.existing("night", 1, "calibrate", keys) == {("postISRCCD", "detector=0,exposure=7")}
    assert queries.existing("night", 2, "calibrate", keys) == set()
    assert queries.existing("other", 1, "calibrate", keys) == set()


def test_a_rebuild_of_good_sums_finds_nothing():
    night(3)
    ledger.collected([isr(1, 1, image(7, 0), attempt=2, token="t1x2", outcome=Outcome.FAILED)])

    assert rebuild("night") == []


def test_a_rebuild_names_what_was_wrong_and_puts_it_right():
    night(3)
    good = queries.summary("night").to_json()
    row = RollUp.objects.get(step__name="isr")
    row.body["finals"]["succeeded"] = 99
    row.save()
    Coverage.objects.filter(detector=1).update(succeeded=0)
    Coverage.objects.filter(detector=2).delete()

    with pytest.raises(CommandError, match="3 sums"):
        call_command("rebuild_rollups", "night", "--check", stdout=StringIO())
    out = StringIO()
    call_command("rebuild_rollups", "night", stdout=out)

    assert "isr (step): finals.succeeded: 99, should be 3" in out.getvalue()
    assert "exposure 7, detector 1: succeeded: 0, should be 2" in out.getvalue()
    assert "exposure 7, detector 2: missing" in out.getvalue()
    assert queries.summary("night").to_json() == good
    assert rebuild("night") == []


def test_rebuilding_an_unknown_campaign_says_so():
    with pytest.raises(CommandError, match="no campaign"):
        call_command("rebuild_rollups", "nowhere")


def queries_of(act: Callable[[], Any]) -> int:
    """How many queries the act takes."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


@pytest.mark.parametrize(
    "report",
    [
        lambda: queries.summary("night"),
        lambda: queries.comparison("night", "other"),
        lambda: queries.coverage("night"),
        lambda: queries.coverage_of(7),
        lambda: queries.lineage(Dataset.objects.filter(type__name="postISRCCD").first().pk),
        lambda: "".join(queries.prov_document("night")),
    ],
    ids=["summary", "comparison", "coverage", "coverage-of", "lineage", "prov"],
)
def test_a_report_takes_the_same_number_of_queries_for_any_number_of_rows(report: Callable[[], Any]):
    night(2)
    night(2, campaign="other", first=50_000)
    few = queries_of(report)
    facts = [replace(step("isr", 100 + n, image(8, n)), token=f"more{n}") for n in range(150)]
    ledger.collected(facts)

    assert queries_of(report) == few
