"""Dynamic generation: what lies below a discovering step is generated from what was found, exactly once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns import extending, planning, reconcile, standing
from campaigns.models import Campaign, Payload
from campaigns.services import control, payloads
from campaigns.services.create import create
from campaigns.services.submit import submit
from execution import queries, workflows
from execution.models import OpenPoint, Tally, Workflow
from provenance import ledger
from provenance.core.facts import ExecutionFact, ExecutionKind, Outcome, OutputFact

Write = Callable[..., str]
FOUND = [(1, 0, "a"), (1, 0, "b"), (3, 2, "c")]
"""Exposure, detector, name of the bright sources that `find` found."""


@pytest.fixture
def running(night: None, operator: User, document: Write) -> Campaign:
    """night-1 with all steps of the pipeline: isr 12, gather 4, find 12, and cut below find."""
    create(document(payloads=[{"name": "calibrate", "pipelines": [{"pipeline": "small"}]}]), user=operator)
    submit("night-1", user=operator)
    assert planning.run("night-1", 1)
    return Campaign.objects.get()


def finish_all() -> None:
    """Everything that is stored has succeeded."""
    Tally.objects.filter(state="waiting").update(state="succeeded")


def find(*found: tuple[int, int, str]) -> None:
    """`find` has found these sources, and `isr` made the images they are on."""
    outputs = [("bright", {"exposure": e, "detector": d, "source": s}) for e, d, s in found]
    outputs += [("post", {"exposure": e, "detector": d}) for e, d in sorted({(e, d) for e, d, _ in found})]
    now = timezone.now()
    facts = [
        ExecutionFact(
            kind=ExecutionKind.STEP, campaign="night-1", run=1, payload="calibrate", step="find", token=f"t{number}",
            instance=number, outcome=Outcome.SUCCEEDED, started_at=now, ended_at=now, wall_s=1.0,
            outputs=(OutputFact(kind, data_id, f"night-1/{kind}/{number}", 1, "0" * 64),),
        )
        for number, (kind, data_id) in enumerate(outputs, start=1)
    ]  # fmt: skip
    ledger.collected(facts)


def extend() -> bool:
    return extending.run("night-1", 1, "calibrate", "find")


def cuts() -> dict[str, int]:
    """States of the instances of `cut`."""
    counts = queries.counts(queries.Target("night-1", 1))
    return {count.state: count.n for count in counts if count.kind == "instance" and count.label == "cut"}


def test_nothing_is_generated_before_the_upstream_has_finished(running: Campaign) -> None:
    assert extend() is False
    assert reconcile.run().due == ()
    assert OpenPoint.objects.get().open


def test_counts_read_at_least_while_the_point_is_open(running: Campaign) -> None:
    part = standing.of_payloads(running, running.payloads.all())[0]
    assert part.at_least and part.waiting_for == ("find",)
    assert Payload.objects.get().planned["steps"][-1] == ["cut", None]


def test_an_open_point_keeps_the_campaign_from_ending(running: Campaign) -> None:
    finish_all()
    looked = reconcile.run()
    assert (looked.ended, [due.point for due in looked.due]) == (0, ["find"])
    assert Campaign.objects.get().state == "running"


def test_what_was_found_is_generated_once(running: Campaign) -> None:
    finish_all()
    find(*FOUND)
    assert extend() is True
    assert cuts() == {"waiting": 3}
    assert Payload.objects.get().planned["steps"][-1] == ["cut", 3]
    assert extend() is False
    assert cuts() == {"waiting": 3}


def test_a_planner_killed_before_it_completes_leaves_nothing(
    running: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_all()
    find(*FOUND)

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(workflows, "complete", die)
        with pytest.raises(KeyboardInterrupt):
            extend()
    assert Workflow.objects.filter(loading=True).count() == 1
    assert cuts() == {}
    assert extend() is True
    assert cuts() == {"waiting": 3}
    assert not Workflow.objects.filter(loading=True).exists()


def test_nothing_found_closes_the_point_and_ends_the_campaign(running: Campaign) -> None:
    finish_all()
    assert extend() is True
    assert not OpenPoint.objects.get().open
    assert reconcile.run().ended == 1
    assert Campaign.objects.get().state == "succeeded"


def test_a_paused_campaign_is_not_extended(running: Campaign) -> None:
    finish_all()
    control.pause("night-1", actor="ann")
    assert extend() is False
    control.resume("night-1", actor="ann")
    assert extend() is True


def test_a_paused_payload_is_not_extended(running: Campaign) -> None:
    finish_all()
    payloads.act("night-1", "calibrate", "pause", actor="ann")
    assert extend() is False
    assert reconcile.run().due == ()


def test_a_terminated_campaign_does_not_wait_for_its_open_points(running: Campaign) -> None:
    finish_all()
    control.terminate("night-1", actor="ann", why="enough")
    assert extend() is False
    assert reconcile.run().ended == 1
    assert Campaign.objects.get().state == "failed"


def test_later_changes_of_the_software_do_not_stop_an_extension(running: Campaign, admin: User) -> None:
    from campaigns.services.register import register

    finish_all()
    find(*FOUND)
    register("software: demo-1.0\nkind: venv\nsites: {local: {setup: ['false']}}\n", user=admin)
    assert extend() is True


def test_what_keeps_a_point_from_being_extended_is_said_once_and_tried_again(running: Campaign, admin: User) -> None:
    from campaigns.services.register import register
    from execution.models import Site
    from provenance import queries as history
    from tests.integration.campaigns import world

    finish_all()
    find(*FOUND)
    Site.objects.all().delete()
    assert extend() is False
    assert extend() is False
    running.refresh_from_db()
    assert running.state == "running"
    assert "below find: no site is left" in running.problems[0]["message"]
    assert history.events(kind="campaign.refused").count() == 1
    register(world.PLACES, user=admin)
    assert extend() is True
    running.refresh_from_db()
    assert running.problems == []
