"""The writers' door: what is told becomes rows, once, and the last word counts."""

from dataclasses import replace

import pytest
from django.db import transaction

from bpsportal.web.errors import Invalid
from provenance import ledger, queries
from provenance.core.events import EventKind
from provenance.core.facts import (
    DatasetState,
    ExecutionFact,
    ExecutionKind,
    FileFact,
    LogFact,
    Outcome,
    TypeFact,
)
from provenance.models import (
    CampaignInput,
    CampaignRecord,
    Dataset,
    DatasetType,
    Environment,
    Event,
    Execution,
    LogFile,
    Recipe,
    Use,
)
from provenance.models.events import AppendOnlyError
from tests.integration.provenance.builders import NIGHT, SHA, image, isr, output, register_raws, step

pytestmark = pytest.mark.django_db


def test_an_execution_is_kept_with_all_its_facts():
    (raw,) = register_raws([image(7, 3)])

    ledger.collected([isr(1, raw, image(7, 3), log=LogFact("logs/t1", 900), stdout=(0, 400), stderr=(400, 500))])

    row = queries.executions().get()
    assert (row.campaign_name, row.payload_name, row.step_name, row.data_id_name) == (
        "night", "calibrate", "isr", "detector=3,exposure=7",
    )  # fmt: skip
    assert (row.site_name, row.host_name, row.software_name, row.version_name) == (
        "local", "node1", "demo-1.0", "Python 3.11.7",
    )  # fmt: skip
    assert (row.wall_s, row.cpu_s, row.memory_mb, row.outcome, row.final) == (10.0, 8.0, 100.0, "succeeded", True)
    assert row.started_at == NIGHT.replace(second=1)
    assert (row.log_path, row.stdout_offset, row.stdout_bytes, row.stderr_offset, row.stderr_bytes) == (
        "logs/t1", 0, 400, 400, 500,
    )  # fmt: skip
    assert (row.inputs, row.outputs, row.unknown_inputs) == (1, 1, 0)
    assert Environment.objects.get(digest=row.environment_digest).variables == {"LANG": "C"}


def test_outputs_of_a_final_success_become_datasets_and_inputs_uses():
    (raw,) = register_raws([image(7, 3)])

    ledger.collected([isr(1, raw, image(7, 3))])

    made = Dataset.objects.get(type__name="postISRCCD")
    execution = Execution.objects.get()
    assert (made.state, made.data_id, made.exposure, made.detector) == ("published", "detector=3,exposure=7", 7, 3)
    assert (made.path, made.size_bytes, made.sha256) == (
        "night/r1/calibrate/postISRCCD/detector=3,exposure=7.fits", 100, SHA,
    )  # fmt: skip
    assert made.execution == execution.pk
    assert list(Use.objects.values_list("execution_id", "dataset_id")) == [(execution.pk, raw)]
    assert list(CampaignInput.objects.values_list("dataset_id", flat=True)) == [raw]


def test_an_input_can_be_named_by_type_and_data_id_even_of_the_same_call():
    (raw,) = register_raws([image(7, 3)])
    measure = step("measure", 2, image(7, 3), inputs=(("postISRCCD", "detector=3,exposure=7"),))

    ledger.collected([isr(1, raw, image(7, 3)), measure])

    made = Dataset.objects.get(type__name="postISRCCD")
    assert Use.objects.filter(execution__instance=2).values_list("dataset_id", flat=True).get() == made.pk
    assert not CampaignInput.objects.filter(dataset_id=made.pk).exists()


def test_an_input_that_the_ledger_does_not_know_is_admitted():
    ledger.collected([step("measure", 2, image(7, 3), inputs=(("postISRCCD", "detector=3,exposure=7"),))])

    assert Execution.objects.get().unknown_inputs == 1
    assert not Use.objects.exists()


def test_telling_the_same_facts_again_changes_nothing():
    (raw,) = register_raws([image(7, 3)])
    facts = [isr(1, raw, image(7, 3), log=LogFact("logs/t1", 900))]
    ledger.collected(facts)
    before = queries.summary("night").to_json()

    ledger.collected([*facts, *facts])

    assert Execution.objects.count() == 1
    assert Dataset.objects.filter(type__name="postISRCCD").count() == 1
    assert Use.objects.count() == 1
    assert LogFile.objects.count() == 1
    assert queries.summary("night").to_json() == before


def test_an_attempt_that_is_not_final_publishes_nothing():
    (raw,) = register_raws([image(7, 3)])

    ledger.collected([isr(1, raw, image(7, 3), final=False)])

    assert not Dataset.objects.filter(type__name="postISRCCD").exists()
    assert Execution.objects.get().final is False


def test_a_failed_attempt_publishes_nothing():
    (raw,) = register_raws([image(7, 3)])

    ledger.collected([isr(1, raw, image(7, 3), outcome=Outcome.FAILED)])

    assert not Dataset.objects.filter(type__name="postISRCCD").exists()


def test_a_later_final_attempt_takes_the_place_of_an_earlier_failure():
    (raw,) = register_raws([image(7, 3)])
    ledger.collected([isr(1, raw, image(7, 3), outcome=Outcome.FAILED, cause="memory")])

    ledger.collected([isr(1, raw, image(7, 3), attempt=2, token="t1x2")])

    assert list(Execution.objects.order_by("attempt").values_list("outcome", "final")) == [
        ("failed", False), ("succeeded", True),
    ]  # fmt: skip
    line = queries.summary("night").steps[0]
    assert (line.succeeded, line.failed, line.executions, line.retries) == (1, 0, 2, 1)


def test_an_old_attempt_that_arrives_late_does_not_replace_the_outputs():
    (raw,) = register_raws([image(7, 3)])
    late = isr(1, raw, image(7, 3), outputs=(output("postISRCCD", image(7, 3), sha256="cd" * 32),))
    ledger.collected([isr(1, raw, image(7, 3), attempt=2, token="t1x2")])

    ledger.collected([late])

    assert Dataset.objects.get(type__name="postISRCCD").sha256 == SHA
    assert Execution.objects.get(attempt=1).final is False
    assert queries.summary("night").steps[0].succeeded == 1


def test_a_late_failure_does_not_undo_a_success():
    (raw,) = register_raws([image(7, 3)])
    ledger.collected([isr(1, raw, image(7, 3))])

    ledger.collected([isr(1, raw, image(7, 3), attempt=2, token="t1x2", outcome=Outcome.FAILED)])

    assert Execution.objects.get(final=True).attempt == 1
    line = queries.summary("night").steps[0]
    assert (line.succeeded, line.failed, line.executions) == (1, 0, 2)


def test_two_attempts_in_one_call_leave_one_final():
    (raw,) = register_raws([image(7, 3)])
    first = isr(1, raw, image(7, 3))

    ledger.collected([replace(first, attempt=2, token="t1x2"), first])

    assert list(Execution.objects.order_by("attempt").values_list("final", flat=True)) == [False, True]
    assert queries.summary("night").steps[0].succeeded == 1


def test_datasets_written_again_by_a_later_attempt_are_counted_once():
    (raw,) = register_raws([image(7, 3)])
    ledger.collected([isr(1, raw, image(7, 3))])

    again = output("postISRCCD", image(7, 3), size_bytes=250)
    ledger.collected([isr(1, raw, image(7, 3), attempt=2, token="t1x2", outputs=(again,))])

    assert queries.summary("night").datasets == {"postISRCCD": {"count": 1, "bytes": 250}}


def test_framework_steps_are_executions_without_an_instance():
    transfer = ExecutionFact(
        kind=ExecutionKind.TRANSFER, campaign="night", run=1, payload="calibrate", step="transfer", token="transfer1",
        outcome=Outcome.SUCCEEDED, wall_s=2.5,
    )  # fmt: skip

    ledger.collected([transfer, replace(transfer, token="transfer2")])

    report = queries.summary("night")
    assert [(line.kind, line.step, line.executions) for line in report.framework] == [("transfer", "transfer", 2)]
    assert report.steps == ()


def test_a_fact_without_a_token_is_refused():
    with pytest.raises(ValueError, match="token of 1 to 40"):
        ledger.collected([step("isr", 1, image(7, 3), token="")])


def test_what_a_site_sends_in_broken_text_is_kept_in_whole_text():
    ledger.collected(
        [
            step(
                "isr",
                1,
                image(7, 3),
                message="bad \0 \udc80 end",
                host="no\0de",
                environment={"X": "a\0b"},
                wall_s=float("nan"),
            )
        ]
    )

    row = queries.executions().get()
    assert (row.message, row.host_name) == ("bad \ufffd ? end", "no\ufffdde")
    assert Environment.objects.get().variables == {"X": "a\ufffdb"}
    assert row.wall_s is None


def test_a_strange_data_id_stops_nobody():
    strange = {"source": "a,b=\0" + "x" * 400}
    ledger.collected([step("isr", 1, strange, outputs=(output("cutout", strange),)), step("isr", 2, image(7, 3))])
    ledger.collected([step("isr", 1, strange, attempt=2, token="t1x2")])

    assert Execution.objects.filter(final=True).count() == 2
    assert Dataset.objects.get().data_id.startswith("source=a,b=\ufffdx")


def test_recipes_are_described_before_or_after_they_are_used():
    ledger.collected([step("isr", 1, image(7, 3), recipe="abc")])
    assert Recipe.objects.get(digest="abc").body == {}

    ledger.describe_recipes({"abc": {"config": {"threshold": 5}}})

    assert Recipe.objects.get(digest="abc").body == {"config": {"threshold": 5}}


def test_a_campaign_keeps_its_document_until_another_is_told():
    ledger.describe_campaign("night", program="main-survey", document={"priority": 5})
    ledger.describe_campaign("night", program="special")

    record = CampaignRecord.objects.get()
    assert (record.program, record.document) == ("special", {"priority": 5})


def test_a_dataset_type_that_nobody_registered_gets_the_dimensions_of_its_data_id():
    ledger.collected([step("isr", 1, image(7, 3), outputs=(output("surprise", image(7, 3)),))])

    assert DatasetType.objects.get(name="surprise").dimensions == ["detector", "exposure"]


def test_a_rolled_back_transaction_leaves_nothing():
    with pytest.raises(RuntimeError), transaction.atomic():
        ledger.collected([step("isr", 1, image(7, 3))])
        ledger.record(EventKind.CAMPAIGN_STARTED, actor="portal", campaign="night")
        raise RuntimeError

    assert not Execution.objects.exists()
    assert not Event.objects.exists()


def test_an_event_says_who_did_what_to_whom_and_why():
    ledger.record(EventKind.CAMPAIGN_PAUSED, actor="ann", campaign="night", run=2, why="dome closed")

    event = Event.objects.get()
    assert event.sentence == "ann paused campaign night: dome closed"
    assert (event.severity, event.run) == ("warning", 2)


def test_an_event_of_a_kind_nobody_listed_is_refused():
    with pytest.raises(ValueError, match=r"campaign\.exploded"):
        ledger.record("campaign.exploded", actor="ann")


def test_events_are_never_changed_or_deleted():
    ledger.record(EventKind.CAMPAIGN_CREATED, actor="ann", campaign="night")
    event = Event.objects.get()
    for act in (event.save, event.delete, Event.objects.all().delete, lambda: Event.objects.update(actor="bob")):
        with pytest.raises(AppendOnlyError):
            act()
    assert Event.objects.get().actor == "ann"


def test_registering_again_brings_a_dataset_up_to_date():
    (first,) = register_raws([image(7, 3)])

    (second,) = ledger.register([FileFact("raw", image(7, 3), "/new/place.fits", 12)], "bob")

    assert second == first
    row = Dataset.objects.get()
    assert (row.path, row.size_bytes, row.sha256, row.state) == ("/new/place.fits", 12, "", "registered")
    assert Event.objects.filter(kind="dataset.registered").values_list("actor", flat=True).last() == "bob"


def test_every_problem_of_a_registration_is_told_at_once_and_nothing_is_kept():
    ledger.register_types([TypeFact("raw", ("exposure", "detector"))])
    files = [
        FileFact("flat", image(1, 1), "/a"),
        FileFact("raw", {"exposure": 1}, "/a"),
        FileFact("raw", {"exposure": "../x", "detector": 1}, "../../etc/passwd"),
        FileFact("raw", image(1, 1), "/a", sha256="xyz"),
    ]

    with pytest.raises(Invalid) as refusal:
        ledger.register(files, "ann")

    assert [problem.path for problem in refusal.value.problems] == [
        "[0].type", "[1].dataId", "[2].dataId", "[2].path", "[3].sha256",
    ]  # fmt: skip
    assert not Dataset.objects.exists()


def test_the_same_dataset_twice_in_one_registration_is_a_problem():
    ledger.register_types([TypeFact("raw", ("exposure", "detector"))])

    with pytest.raises(Invalid, match="1 problem"):
        ledger.register([FileFact("raw", image(1, 1), "/a"), FileFact("raw", image(1, 1), "/b")], "ann")


def test_a_type_with_datasets_keeps_its_dimensions():
    register_raws([image(7, 3)])

    with pytest.raises(Invalid):
        ledger.register_types([TypeFact("raw", ("visit",))])

    assert DatasetType.objects.get(name="raw").dimensions == ["exposure", "detector"]


def test_removed_datasets_are_no_longer_there_for_planning():
    raws = register_raws([image(7, 3), image(7, 4)])

    changed = ledger.mark([raws[0]], DatasetState.REMOVED, actor="portal", why="no longer needed")

    assert changed == 1
    assert [known.dataset for known in queries.datasets_for_planning(["raw"])] == [raws[1]]
    assert queries.paths(raws) == {raws[1]: "/raw/1.fits"}
    assert Event.objects.get(kind="dataset.removed").sentence == "datasets were removed (1): no longer needed"


def test_a_campaign_of_which_nothing_ran_yet_has_its_plan_in_the_summary():
    ledger.planned(
        campaign="night", run=1, payload="calibrate", steps={"isr": 2, "coadd": 1},
        images=[(7, 3, 1), (7, 4, 1), (None, None, 1)],
    )  # fmt: skip

    report = queries.summary("night")
    assert {line.step: (line.planned, line.waiting) for line in report.steps} == {"isr": (2, 2), "coadd": (1, 1)}
    assert queries.coverage("night").outcomes["waiting"] == 2


def test_instances_that_will_never_run_are_pruned_until_they_revive():
    place = {"campaign": "night", "run": 1, "payload": "calibrate"}
    ledger.planned(**place, steps={"isr": 2}, images=[(7, 3, 1), (7, 4, 1)])

    ledger.unrun(**place, instances=[("isr", 7, 3), ("isr", 7, 4)])
    ledger.revived(**place, instances=[("isr", 7, 4)])

    line = queries.summary("night").steps[0]
    assert (line.pruned, line.waiting) == (1, 1)
    outcomes = queries.coverage("night").outcomes
    assert (outcomes["pruned"], outcomes["waiting"]) == (1, 1)
