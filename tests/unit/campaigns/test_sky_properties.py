"""Coadds by tile and band over any sky table, flats and catalogs beside them: exactly the images that belong there."""

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.core.universe import Table
from tests.unit.campaigns.builders import planned, rows, step

ISR = step("isr", "exposure detector", "raw flat", "image")
COADD = step("coadd", "tile band", "image", "coadd")
VALUES = st.integers(1, 4)


@settings(max_examples=80, deadline=None)
@given(
    raw=st.sets(st.tuples(VALUES, VALUES), min_size=1, max_size=10),
    band_of=st.fixed_dictionaries({exposure: st.sampled_from("gri") for exposure in range(1, 5)}),
    flats=st.sets(st.tuples(VALUES, st.sampled_from("gri")), max_size=10),
    tiles=st.sets(st.tuples(VALUES, VALUES, VALUES), max_size=12),
    by_exposure=st.booleans(),
)
def test_a_coadd_reads_the_images_of_its_band_in_its_tile_and_no_others(raw, band_of, flats, tiles, by_exposure):
    images = {(exposure, detector) for exposure, detector in raw if (detector, band_of[exposure]) in flats}
    if by_exposure:
        table = Table("tiles", ("exposure", "tile"), sorted({(exposure, tile) for exposure, _, tile in tiles}))
        overlap = {
            (exposure, detector, tile) for exposure, detector in images for e, tile in table.rows if e == exposure
        }
    else:
        table = Table("tiles", ("exposure", "detector", "tile"), sorted(tiles))
        overlap = {(exposure, detector, tile) for exposure, detector, tile in tiles if (exposure, detector) in images}
    datasets = [
        item for at, one in enumerate(sorted(raw), start=1) for item in rows("raw", [one], at, band=band_of[one[0]])
    ]
    datasets += rows("flat", sorted(flats), first=100)
    expected: dict[tuple[int, str], set[tuple[int, int]]] = {}
    for exposure, detector, tile in overlap:
        expected.setdefault((tile, band_of[exposure]), set()).add((exposure, detector))
    found = {}
    for workflow in planned([ISR, COADD], datasets, tables=(table,)).workflows():
        for job in workflow.jobs:
            for instance in job.instances:
                if instance.step == 1:
                    found[instance.data_id] = {item.data_id for item in instance.inputs}
                else:
                    exposure, detector = instance.data_id
                    assert [item.data_id for item in instance.inputs] == [
                        instance.data_id,
                        (detector, band_of[exposure]),
                    ]
    assert found == expected
