"""Data IDs: one canonical text, both ways, and clear words about what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution.core.workflow import text_of as planned_text_of
from provenance.core.data_id import faults_of, image_of, parse, read, text_of


def test_the_text_is_sorted_by_dimension():
    assert text_of({"exposure": 7, "detector": 3}) == "detector=3,exposure=7"
    assert text_of({}) == ""


def test_whole_numbers_come_back_as_numbers_and_texts_as_texts():
    assert parse("band=r,patch=07,tract=12,x=-3") == {"band": "r", "patch": "07", "tract": 12, "x": -3}
    assert parse("") == {}


@pytest.mark.parametrize("text", ["detector", "a=1,,b=2", "a=1,a=2", ",", "a"])
def test_a_text_that_is_no_data_id_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a data ID"):
        parse(text)


def test_an_unreadable_text_of_the_ledger_is_shown_whole():
    assert read("name=a,b") == {"?": "name=a,b"}
    assert read("detector=3") == {"detector": 3}


NAMES = st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True)
VALUES = st.one_of(
    st.integers(-(10**17), 10**17),
    st.text("abcXYZ_.+- ", min_size=1, max_size=8).filter(lambda text: text not in (".", "..")),
)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_parsing_the_text_gives_the_data_id_back(data_id: dict[str, int | str]):
    assert faults_of(data_id) == []
    assert parse(text_of(data_id)) == data_id


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_planner_and_ledger_write_the_same_text(data_id: dict[str, int | str]):
    assert text_of(data_id) == planned_text_of(tuple(data_id), tuple(data_id.values()))


@pytest.mark.parametrize(
    ("data_id", "words"),
    [
        ({"exposure": "a,b"}, "without , = /"),
        ({"exposure": "../x"}, "without , = /"),
        ({"exposure": ".."}, "printable"),
        ({"exposure": ""}, "printable"),
        ({"exposure": "a\0b"}, "printable"),
        ({"exposure": "x" * 129}, "1 to 128"),
        ({"exposure": True}, "is bool"),
        ({"exposure": 1.5}, "is float"),
        ({"exposure": None}, "is NoneType"),
        ({"exposure": 10**20}, "too large"),
        ({"1x": 1}, "not the name of a dimension"),
        ({"a b": 1}, "not the name of a dimension"),
        ({f"d{n}": "x" * 120 for n in range(4)}, "at most 300"),
    ],
)
def test_what_is_wrong_with_a_data_id_is_said(data_id: dict[str, object], words: str):
    (fault,) = faults_of(data_id)
    assert words in fault


def test_the_dimensions_of_the_type_are_asked_for():
    assert faults_of({"exposure": 1}, ("exposure", "detector")) == [
        "the data ID has the dimensions exposure; its dataset type has exposure, detector"
    ]
    assert faults_of({}, ()) == []


@pytest.mark.parametrize(
    ("data_id", "image"),
    [
        ({"exposure": 7, "detector": 3}, (7, 3)),
        ({"visit": 7, "detector": 3}, (7, 3)),
        ({"exposure": 7}, (7, None)),
        ({"detector": 3}, (None, 3)),
        ({"tract": 1, "band": "r"}, (None, None)),
        ({"exposure": "seven", "detector": 2**40}, (None, None)),
    ],
)
def test_the_image_of_a_data_id(data_id: dict[str, object], image: tuple[int | None, int | None]):
    assert image_of(data_id) == image
