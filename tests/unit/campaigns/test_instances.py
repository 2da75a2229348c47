"""Which step instances there are, what they read, and what is said of those that are not."""

from campaigns.core.universe import Table
from tests.unit.campaigns.builders import data_ids, grid, inputs_of, planned, rows, step

ISR = step("isr", "exposure detector", "raw", "image")
MEASURE = step("measure", "exposure detector", "image", "sources")
SUMMARY = step("summary", "exposure", "sources:1", "summary")


def omissions(made):
    return [str(item) for item in made.omissions]


def test_a_step_has_an_instance_for_each_data_id_of_its_input():
    made = planned([ISR, MEASURE], rows("raw", grid([1, 2], [1, 2])))
    assert data_ids(made) == {
        "isr": [(1, 1), (1, 2), (2, 1), (2, 2)],
        "measure": [(1, 1), (1, 2), (2, 1), (2, 2)],
    }


def test_a_gather_reads_everything_that_shares_its_data_id():
    made = planned([ISR, MEASURE, SUMMARY], rows("raw", grid([1, 2], [1, 2, 3])))
    assert data_ids(made)["summary"] == [(1,), (2,)]
    assert inputs_of(made, "summary", (2,)) == [("sources", (2, 1)), ("sources", (2, 2)), ("sources", (2, 3))]


def test_a_gather_without_dimensions_reads_everything():
    made = planned([ISR, step("all", "", "image", "night")], rows("raw", grid([1, 2], [1])))
    assert data_ids(made)["all"] == [()]
    assert inputs_of(made, "all", ()) == [("image", (1, 1)), ("image", (2, 1))]


def test_a_smaller_input_is_found_by_the_part_of_the_data_id_that_it_has():
    made = planned([step("isr", "exposure detector", "raw bias", "image")],
                   rows("raw", grid([1], [1, 2])) + rows("bias", [(1,), (2,)], first=50))  # fmt: skip
    assert inputs_of(made, "isr", (1, 2)) == [("raw", (1, 2)), ("bias", (2,))]


def test_an_input_may_be_found_through_metadata():
    datasets = rows("raw", [(1, 1)], band="r") + rows("raw", [(2, 1)], first=2, band="g")
    flats = rows("flat", [(1, "r"), (1, "g")], first=50)
    made = planned([step("isr", "exposure detector", "raw flat", "image")], datasets + flats)
    assert inputs_of(made, "isr", (2, 1)) == [("raw", (2, 1)), ("flat", (1, "g"))]


def test_a_step_per_detector_gathers_its_exposures():
    made = planned([step("bias", "detector", "biasRaw:2", "bias")], rows("biasRaw", grid([1, 2, 3], [4, 5])))
    assert inputs_of(made, "bias", (5,)) == [("biasRaw", (1, 5)), ("biasRaw", (2, 5)), ("biasRaw", (3, 5))]


def test_a_step_per_tile_and_band_gathers_through_a_table():
    tiles = Table("tiles", ("exposure", "detector", "tile"), [(1, 1, 5), (2, 1, 5), (3, 1, 5), (3, 2, 6)])
    datasets = rows("raw", [(1, 1), (2, 1)], band="r") + rows("raw", [(3, 1), (3, 2)], first=5, band="g")
    made = planned([ISR, step("coadd", "tile band", "image", "coadd")], datasets, tables=(tiles,))
    assert data_ids(made)["coadd"] == [(5, "g"), (5, "r"), (6, "g")]
    assert inputs_of(made, "coadd", (5, "r")) == [("image", (1, 1)), ("image", (2, 1))]


def test_a_table_does_not_mix_the_bands():
    tiles = Table("tiles", ("exposure", "detector", "tile"), [(1, 1, 5), (2, 1, 5)])
    raw = rows("raw", [(1, 1)], band="r") + rows("raw", [(2, 1)], first=2, band="g")
    flats = rows("flat", [(1, "r"), (1, "g")], first=50)
    steps = [step("isr", "exposure detector", "raw flat", "image"), step("coadd", "tile band", "image", "coadd")]
    made = planned(steps, raw + flats, tables=(tiles,))
    assert inputs_of(made, "isr", (2, 1)) == [("raw", (2, 1)), ("flat", (1, "g"))]
    assert inputs_of(made, "coadd", (5, "r")) == [("image", (1, 1))]


def test_known_inputs_carry_their_dataset_and_made_ones_their_producer():
    made = planned([ISR, MEASURE], rows("raw", [(1, 1)], first=77))
    first, second = [job.instances[0] for workflow in made.workflows() for job in workflow.jobs]
    assert [(item.dataset, item.producer) for item in first.inputs] == [(77, -1)]
    assert [(item.dataset, item.producer) for item in second.inputs] == [(0, first.number)]


def test_without_a_required_input_there_is_no_instance():
    made = planned([step("isr", "exposure detector", "raw bias", "image"), MEASURE],
                   rows("raw", grid([1], [1, 2, 3])) + rows("bias", [(1,)], first=50))  # fmt: skip
    assert data_ids(made) == {"isr": [(1, 1)], "measure": [(1, 1)]}
    assert omissions(made) == [
        "isr: 2 data IDs have no bias (the first is detector=2,exposure=1)",
        "measure: 2 data IDs have no image (the first is detector=2,exposure=1)",
    ]


def test_an_optional_input_may_be_absent():
    made = planned([step("isr", "exposure detector", "raw bias?", "image")],
                   rows("raw", grid([1], [1, 2])) + rows("bias", [(1,)], first=50))  # fmt: skip
    assert inputs_of(made, "isr", (1, 1)) == [("raw", (1, 1)), ("bias", (1,))]
    assert inputs_of(made, "isr", (1, 2)) == [("raw", (1, 2))]
    assert made.omissions == ()


def test_at_least_two_are_two():
    made = planned([step("bias", "detector", "biasRaw:2", "bias")], rows("biasRaw", [(1, 4), (2, 4), (1, 5)]))
    assert data_ids(made) == {"bias": [(4,)]}
    assert omissions(made) == ["bias: 1 data ID has fewer than 2 biasRaw (the first is detector=5)"]


def test_a_gather_goes_on_without_what_could_not_be_made():
    datasets = rows("raw", grid([1], [1, 2])) + rows("bias", [(1,)], first=50)
    made = planned([step("isr", "exposure detector", "raw bias", "image"), MEASURE, SUMMARY], datasets)
    assert inputs_of(made, "summary", (1,)) == [("sources", (1, 1))]


def test_data_of_other_kinds_are_no_omissions():
    datasets = rows("raw", grid([1], [1])) + rows("biasRaw", grid([90, 91], [1]), first=50)
    made = planned([step("bias", "detector", "biasRaw", "bias"), step("isr", "exposure detector", "raw bias", "image"),
                    MEASURE, SUMMARY], datasets)  # fmt: skip
    assert data_ids(made) == {"bias": [(1,)], "isr": [(1, 1)], "measure": [(1, 1)], "summary": [(1,)]}
    assert made.omissions == ()


def test_a_step_with_only_optional_inputs_needs_one_of_them():
    datasets = rows("raw", grid([1], [1])) + rows("biasRaw", grid([90], [1]), first=50)
    made = planned([ISR, step("look", "exposure", "image? sources?", "summary")], datasets)
    assert data_ids(made)["look"] == [(1,)]


def test_a_step_without_inputs_runs_on_the_data_ids_of_a_table():
    shots = Table("shots", ("exposure", "detector"), [(1, 1), (2, 1)])
    made = planned([step("simulate", "exposure detector", "", "raw"), ISR], [], tables=(shots,))
    assert data_ids(made) == {"simulate": [(1, 1), (2, 1)], "isr": [(1, 1), (2, 1)]}


def test_a_step_without_inputs_and_dimensions_runs_once():
    assert data_ids(planned([step("begin", "", "", "night")], [])) == {"begin": [()]}


def test_what_the_payload_makes_is_taken_before_what_exists():
    made = planned([ISR, MEASURE], rows("raw", [(1, 1)]) + rows("image", [(1, 1), (2, 1)], first=50))
    jobs = [job for workflow in made.workflows() for job in workflow.jobs]
    inputs = {job.instances[0].data_id: job.instances[0].inputs for job in jobs if job.label == "measure"}
    assert [(item.dataset, item.producer) for item in inputs[(1, 1)]] == [(0, 0)]
    assert [(item.dataset, item.producer) for item in inputs[(2, 1)]] == [(51, -1)]


def test_last_steps_start_from_the_outputs_of_earlier_campaigns():
    datasets = rows("raw", grid([1], [1, 2]), band="r") + rows("image", grid([1], [1]), first=50)
    made = planned([MEASURE, SUMMARY], datasets, where="band = 'r'")
    assert data_ids(made) == {"measure": [(1, 1)], "summary": [(1,)]}


def test_data_ids_follow_the_order_of_each_steps_own_dimensions():
    made = planned([step("isr", "detector exposure", "raw", "image"), MEASURE], rows("raw", [(7, 3)]))
    assert data_ids(made) == {"isr": [(3, 7)], "measure": [(7, 3)]}
    assert inputs_of(made, "isr", (3, 7)) == [("raw", (7, 3))]


def test_an_empty_selection_gives_an_empty_plan():
    made = planned([ISR], rows("raw", grid([1], [1])), where="exposure > 5")
    assert made.is_empty and list(made.workflows()) == []


def test_unusable_values_are_told():
    datasets = rows("raw", [(1, 1)], band="r/i") + rows("raw", [(2, 1)], first=2, band="g")
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5), (2, 5)])
    made = planned([ISR, step("coadd", "tile band", "image", "coadd")], datasets, tables=(tiles,))
    assert omissions(made) == ["1 data ID has a band that cannot be part of a data ID"]
