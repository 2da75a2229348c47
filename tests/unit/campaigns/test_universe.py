"""Which combinations of values there are: datasets, metadata, tables, selection, exclusions."""

from campaigns.core.projections import Projector
from campaigns.core.selection import parse
from campaigns.core.universe import DataQuery, DatasetRow, Table, build_universe
from tests.unit.campaigns.builders import TYPES, grid, rows

ALL = frozenset({"exposure", "detector", "band", "tile", "source", "night", "program"})


def universe(datasets, tables=(), where="", **options):
    query = DataQuery(parse(where) if where else None, **options)
    return build_universe(TYPES, datasets, tables, query, ALL)


def ids(datasets, dimensions, tables=(), where="", **options):
    return Projector(universe(datasets, tables, where, **options).relations).project(tuple(dimensions.split())).ids


def test_data_ids_come_sorted_and_once():
    datasets = rows("raw", [(2, 1), (1, 2), (1, 1)]) + rows("biasRaw", [(1, 1)])
    assert ids(datasets, "exposure detector") == [(1, 1), (1, 2), (2, 1)]
    assert ids(datasets, "detector") == [(1,), (2,)]


def test_there_is_one_data_id_without_dimensions():
    assert ids(rows("raw", grid([1], [1])), "") == [()]


def test_metadata_are_columns():
    datasets = rows("raw", [(1, 1)], band="r") + rows("raw", [(2, 1)], band="g")
    assert ids(datasets, "exposure band") == [(1, "r"), (2, "g")]
    assert ids(datasets, "exposure", where="band = 'r'") == [(1,)]


def test_metadata_belong_to_the_data_id_and_not_to_the_type():
    datasets = rows("raw", [(1, 1)], band="r") + rows("image", [(1, 1)])
    assert ids(datasets, "exposure detector band") == [(1, 1, "r")]
    assert ids(datasets, "exposure", where="not band = 'r'") == []


def test_larger_data_ids_inherit_the_metadata_of_smaller_ones():
    datasets = rows("summary", [(1,)], band="r") + rows("raw", grid([1, 2], [1]))
    assert ids(datasets, "exposure detector", where="band = 'r'") == [(1, 1)]


def test_own_metadata_win_over_inherited_ones():
    datasets = rows("summary", [(1,)], band="r") + rows("raw", [(1, 1)], band="g")
    assert ids(datasets, "exposure detector band") == [(1, 1, "g")]


def test_rows_without_a_dimension_do_not_take_part_in_it():
    datasets = rows("raw", [(1, 1)], band="r") + rows("raw", [(2, 1)])
    assert ids(datasets, "exposure band") == [(1, "r")]
    assert ids(datasets, "exposure") == [(1,), (2,)]


def test_tables_are_joined_on_shared_columns():
    tiles = Table("tiles", ("exposure", "detector", "tile"), [(1, 1, 5), (1, 1, 6), (1, 2, 6), (9, 9, 7)])
    datasets = rows("raw", grid([1], [1, 2]))
    assert ids(datasets, "tile", [tiles]) == [(5,), (6,)]
    assert ids(datasets, "detector tile", [tiles]) == [(1, 5), (1, 6), (2, 6)]


def test_a_row_that_a_table_does_not_know_stays_without_its_columns():
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5)])
    datasets = rows("raw", grid([1, 2], [1]))
    assert ids(datasets, "exposure", [tiles]) == [(1,), (2,)]
    assert ids(datasets, "exposure tile", [tiles]) == [(1, 5)]


def test_tables_can_be_reached_through_other_tables():
    patches = Table("patches", ("tile", "program"), [(5, "deep")])
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5)])
    assert ids(rows("raw", [(1, 1)]), "program", [patches, tiles]) == [("deep",)]


def test_tables_that_no_dataset_leads_to_begin_rows_of_their_own():
    shots = Table("shots", ("exposure", "detector"), [(1, 1), (1, 2)])
    assert ids([], "exposure detector", [shots]) == [(1, 1), (1, 2)]


def test_rows_of_tables_take_part_by_themselves_where_a_step_begins_from_nothing():
    shots = Table("shots", ("exposure", "detector"), [(1, 1), (1, 2)])
    datasets = rows("bias", [(1,)])
    assert ids(datasets, "exposure detector", [shots]) == [(1, 1)]
    assert ids(datasets, "exposure detector", [shots], from_tables=True) == [(1, 1), (1, 2)]


def test_a_table_is_not_spread_over_rows_that_know_less_of_it_than_others():
    tiles = Table("tiles", ("exposure", "detector", "tile"), [(1, 1, 5), (2, 1, 6)])
    datasets = rows("raw", [(1, 1)], band="r") + rows("raw", [(2, 1)], band="g") + rows("flat", [(1, "r"), (1, "g")])
    assert ids(datasets, "exposure band", [tiles]) == [(1, "r"), (2, "g")]
    assert ids(datasets, "tile band", [tiles]) == [(5, "r"), (6, "g")]
    assert ids(datasets, "detector band", [tiles]) == [(1, "g"), (1, "r")]


def test_a_dataset_that_has_all_of_a_table_leads_nobody_away_from_it():
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5)])
    datasets = rows("raw", [(1, 1)]) + rows("warp", [(5, 1)])
    assert ids(datasets, "detector tile", [tiles]) == [(1, 5)]


def test_what_a_table_brings_together_agrees_with_the_metadata():
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5), (2, 5)])
    datasets = rows("raw", [(1, 1)], band="r") + rows("raw", [(2, 1)], band="g") + rows("coadd", [(5, "r"), (5, "g")])
    assert ids(datasets, "exposure band", [tiles]) == [(1, "r"), (2, "g")]
    assert ids(datasets, "tile band exposure", [tiles]) == [(5, "g", 2), (5, "r", 1)]


def test_a_row_stays_where_datasets_say_nothing_to_the_contrary():
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5)])
    datasets = rows("raw", [(1, 1)], band="r") + rows("coadd", [(9, "r")])
    assert ids(datasets, "tile band", [tiles]) == [(5, "r"), (9, "r")]


def test_tables_can_be_selected_by():
    tiles = Table("tiles", ("exposure", "tile"), [(1, 5), (2, 6)])
    assert ids(rows("raw", grid([1, 2], [1])), "exposure", [tiles], where="tile = 6") == [(2,)]


def test_exclusions_refuse_what_agrees_with_all_of_one():
    datasets = rows("raw", grid([1, 2], [1, 2]))
    assert ids(datasets, "exposure detector", exclude=({"exposure": 1, "detector": 2},)) == [(1, 1), (2, 1), (2, 2)]
    assert ids(datasets, "exposure detector", exclude=({"detector": 2}, {"exposure": 2})) == [(1, 1)]


def test_an_exclusion_may_list_values():
    datasets = rows("raw", grid([1, 2, 3], [1]))
    assert ids(datasets, "exposure", exclude=({"exposure": (1, 3)},)) == [(2,)]


def test_an_exclusion_does_not_concern_rows_without_its_columns():
    datasets = rows("bias", [(1,)]) + rows("raw", [(1, 1)])
    assert ids(datasets, "detector", exclude=({"exposure": 1},)) == [(1,)]


def test_what_the_payload_made_passed_the_selection_before():
    datasets = rows("bright", [(1, 1, 4)])
    where = "exposure = 1 and band = 'r'"
    assert ids(datasets, "source", where=where) == []
    assert ids(datasets, "source", where=where, made=frozenset({"bright"})) == [(4,)]


def test_what_the_payload_made_is_refused_where_the_selection_is_plainly_false():
    datasets = rows("bright", [(1, 1, 4), (2, 1, 5)])
    assert ids(datasets, "source", where="exposure = 1 and band = 'r'", made=frozenset({"bright"})) == [(4,)]


def test_datasets_of_unknown_types_are_passed_over():
    assert ids([DatasetRow("other", (1, 2, 3), 1)], "exposure") == []


def test_existing_datasets_are_found_by_type_and_data_id():
    made = universe(rows("raw", [(1, 1), (1, 2)], first=10) + rows("bias", [(1,)], first=20))
    assert made.datasets == {"raw": {(1, 1): 10, (1, 2): 11}, "bias": {(1,): 20}}


def test_existing_datasets_are_found_also_where_their_own_row_is_not_selected():
    made = universe(rows("bias", [(1,)]) + rows("raw", [(1, 1)]), where="exposure = 1")
    assert made.datasets["bias"] == {(1,): 1}


def test_values_that_no_data_id_can_hold_are_left_out_and_counted():
    datasets = rows("raw", [(1, 1)], band="r/i") + rows("raw", [(2, 1)], band=2.5) + rows("raw", [(3, 1)], band="g")
    projector = Projector(universe(datasets).relations)
    assert projector.project(("exposure", "band")).ids == [(3, "g")]
    assert projector.unusable == {"band": 2}


def test_numbers_come_before_texts_where_a_dimension_has_both():
    assert ids(rows("raw", [("b", 1), (2, 1), ("a", 1)]), "exposure") == [(2,), ("a",), ("b",)]


def test_metadata_that_are_no_plain_values_count_as_missing():
    datasets = rows("raw", [(1, 1)], band=["r"]) + rows("raw", [(2, 1)], band="g")
    assert ids(datasets, "exposure", where="band is null") == [(1,)]


def test_equal_values_of_different_types_do_no_harm():
    datasets = rows("raw", [(1, 1)], band=7.0) + rows("raw", [(2, 1)], band=7) + rows("raw", [(3, 1)], band=True)
    projector = Projector(universe(datasets).relations)
    assert projector.project(("exposure", "band")).ids == [(2, 7)]
    link = projector.link(("exposure", "band"), ("band",))
    assert [list(link.at(at)) for at in range(1)] in ([[0]], [[]])
