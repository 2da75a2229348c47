"""Several collectors at the same time, as two sites' passes would: nothing lost, nothing counted twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from provenance import ledger, queries
from provenance.models import Execution
from provenance.rebuild import rebuild
from tests.integration.provenance.builders import image, isr, output, register_raws, step

pytestmark = pytest.mark.django_db(transaction=True)

COLLECTORS, CALLS, IMAGES = 4, 5, 6


def test_collectors_at_the_same_time_keep_the_sums_right():
    raws = register_raws([image(7, d) for d in range(IMAGES)])

    def collect(collector: int) -> None:
        try:
            for call in range(CALLS):
                first = 1000 * collector + 100 * call
                facts = [
                    isr(first + n, raw, image(7, n), outputs=(output(f"made{first}", image(7, n)),))
                    for n, raw in enumerate(raws)
                ]
                gather = step("masterBias", first + 50, {"detector": call}, inputs=tuple(raws))
                with transaction.atomic():
                    ledger.collected([*facts, gather])
        finally:
            connection.close()

    with ThreadPoolExecutor(COLLECTORS) as pool:
        list(pool.map(collect, range(1, COLLECTORS + 1)))

    assert Execution.objects.count() == COLLECTORS * CALLS * (IMAGES + 1)
    assert rebuild("night", dry_run=True) == []
    lines = {line.step: line.succeeded for line in queries.summary("night").steps}
    assert lines == {"isr": COLLECTORS * CALLS * IMAGES, "masterBias": COLLECTORS * CALLS}


def test_the_same_attempt_told_by_two_collectors_at_once_is_kept_once():
    (raw,) = register_raws([image(7, 3)])

    def collect(_: int) -> bool:
        try:
            with transaction.atomic():
                ledger.collected([isr(1, raw, image(7, 3))])
        except Exception:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(collect, range(2)))

    assert any(told)
    assert Execution.objects.count() == 1
    assert rebuild("night", dry_run=True) == []
