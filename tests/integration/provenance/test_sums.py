"""Whatever is told to the ledger and in whatever order, the sums kept beside it equal a fold over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance import ledger
from provenance.core.facts import ExecutionFact, ExecutionKind, Outcome
from provenance.models import Coverage, Dataset, Execution, RollUp
from provenance.rebuild import rebuild
from tests.integration.provenance.builders import image, output, register_raws, step

pytestmark = pytest.mark.django_db

OUTCOMES = st.sampled_from([Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FAILED, Outcome.SKIPPED, Outcome.CANCELLED])


@st.composite
def facts(draw: Any) -> ExecutionFact:
    """An attempt of one of eight step instances, or a transfer."""
    instance, attempt = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    data_id = image(7, instance % 4) if instance < 6 else {"tract": 1, "patch": instance}
    read = draw(st.lists(st.integers(0, 2), unique=True))
    made = tuple(
        output(f"made{n}", data_id, size_bytes=draw(st.integers(0, 99))) for n in range(draw(st.integers(0, 2)))
    )
    is_transfer = instance == 8
    return step(
        "isr" if instance < 6 else "coadd", instance, data_id, token=f"t{instance}x{attempt}", attempt=attempt,
        kind=ExecutionKind.TRANSFER if is_transfer else ExecutionKind.STEP, outcome=draw(OUTCOMES),
        final=draw(st.booleans()), inputs=tuple(read), outputs=made,
        wall_s=draw(st.one_of(st.none(), st.floats(0, 1e4))),
        site=draw(st.sampled_from(["a", "b", ""])), recipe=draw(st.sampled_from(["", "r1", "r2"])),
    )  # fmt: skip


def of_raws(fact: ExecutionFact, raws: list[int]) -> ExecutionFact:
    """The fact with real dataset ids for its inputs."""
    return replace(fact, inputs=tuple(raws[int(place)] for place in fact.inputs if isinstance(place, int)))


@contextmanager
def undone() -> Iterator[None]:
    """Every example begins with an empty ledger."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(facts(), max_size=8), max_size=5))
def test_the_sums_equal_the_fold(db: None, calls: list[list[ExecutionFact]]):
    with undone():
        raws = register_raws([image(20, d) for d in range(3)])
        ledger.planned(campaign="night", run=1, payload="calibrate", steps={"isr": 5, "coadd": 3}, images=[(7, 0, 1)])

        for call in calls:
            ledger.collected([of_raws(fact, raws) for fact in call])

        assert rebuild("night", dry_run=True) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(facts(), max_size=8), max_size=5))
def test_at_most_one_attempt_is_final_and_only_final_successes_publish(db: None, calls: list[list[ExecutionFact]]):
    with undone():
        raws = register_raws([image(20, d) for d in range(3)])

        for call in calls:
            ledger.collected([of_raws(fact, raws) for fact in call])

        finals = Execution.objects.filter(kind="step", final=True).values_list("instance", flat=True)
        assert len(finals) == len(set(finals))
        makers = Execution.objects.filter(pk__in=Dataset.objects.filter(execution__isnull=False).values("execution"))
        assert not makers.exclude(outcome="succeeded").exists()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts(), max_size=12), st.integers(0, 12))
def test_telling_everything_again_changes_nothing(db: None, told: list[ExecutionFact], cut: int):
    def state() -> list[Any]:
        return [list(model.objects.order_by("pk").values_list()) for model in (Execution, RollUp, Coverage, Dataset)]

    with undone():
        raws = register_raws([image(20, d) for d in range(3)])
        known = [of_raws(fact, raws) for fact in told]
        ledger.collected(known)
        before = state()

        ledger.collected(known[:cut])
        ledger.collected(known)

        assert state() == before
