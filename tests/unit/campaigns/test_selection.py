"""The selection language: what passes, what does not, and what is said about mistakes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.core.selection import SelectionError, parse

COLUMNS = ("exposure", "detector", "band", "seeing", "good")


def passes(text, *row, lenient=False):
    return parse(text).bind(COLUMNS, lenient=lenient)(row + (None,) * (len(COLUMNS) - len(row)))


def chosen(text, values, column="exposure"):
    test = parse(text).bind((column,))
    return [value for value in values if test((value,))]


def fault(text):
    with pytest.raises(SelectionError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("exposure = 3", [3]), ("exposure == 3", [3]), ("exposure != 3", [1, 2, 4, 5]), ("exposure <> 3", [1, 2, 4, 5]),
     ("exposure < 3", [1, 2]), ("exposure <= 3", [1, 2, 3]), ("exposure > 3", [4, 5]), ("exposure >= 3", [3, 4, 5]),
     ("3 < exposure", [4, 5]), ("exposure > 2.5", [3, 4, 5])],
)  # fmt: skip
def test_comparisons(text, expected):
    assert chosen(text, range(1, 6)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("exposure in (1..3)", [1, 2, 3]), ("exposure in 2..4", [2, 3, 4]), ("exposure in (1..9:4)", [1, 5, 9]),
     ("exposure in (1..2, 8, 9)", [1, 2, 8, 9]), ("exposure in [3]", [3]), ("exposure not in (2..9)", [1]),
     ("exposure in (1.5..3.5)", [2, 3]), ("exposure in (-5..1)", [1])],
)  # fmt: skip
def test_lists_and_ranges_include_both_ends(text, expected):
    assert chosen(text, range(1, 10)) == expected


def test_texts_stand_in_either_quotes_and_double_their_own():
    assert chosen("band = 'r'", ["r", "g"], "band") == ["r"]
    assert chosen("band in (\"r\", 'it''s')", ["r", "it's"], "band") == ["r", "it's"]


def test_and_binds_closer_than_or_and_not_closest():
    assert passes("exposure = 1 or exposure = 2 and detector = 9", 1, 1)
    assert not passes("(exposure = 1 or exposure = 2) and detector = 9", 1, 1)
    assert passes("not exposure = 1 and detector = 3", 2, 3)
    assert not passes("not (exposure = 2 and detector = 3)", 2, 3)


def test_words_of_the_language_are_read_in_any_case():
    assert passes("NOT exposure In (2) AND Detector_ IS NULL or exposure = 1", 1)


def test_truth_values_can_be_compared():
    assert passes("good = true", 1, 1, "r", 0.8, True)
    assert not passes("good = true", 1, 1, "r", 0.8, False)


def test_two_columns_can_be_compared():
    assert passes("exposure = detector", 4, 4)
    assert not passes("exposure < detector", 4, 4)


def test_a_missing_value_is_selected_neither_by_a_comparison_nor_by_its_negation():
    for text in ("band = 'r'", "band != 'r'", "band in ('r')", "band < 'r'"):
        assert not passes(text, 1, 1)
        assert not passes(f"not ({text})", 1, 1)


def test_missing_values_can_be_asked_for():
    assert passes("band is null", 1, 1)
    assert not passes("band is not null", 1, 1)
    assert passes("not (band is null)", 1, 1, "r")


def test_a_column_that_rows_do_not_have_counts_as_missing():
    test = parse("night = 3").bind(("exposure",))
    assert not test((1,))
    assert parse("night is null").bind(("exposure",))((1,))
    assert not parse("night is not null").bind(("exposure",))((1,))


def test_leniently_only_what_is_plainly_false_is_refused():
    assert passes("band = 'r'", 1, 1, lenient=True)
    assert not passes("band = 'r'", 1, 1, "g", lenient=True)
    assert not passes("band = 'r' and exposure = 2", 1, 1, lenient=True)


def test_a_number_and_a_text_are_different_and_none_is_smaller():
    assert not passes("exposure = '1'", 1)
    assert passes("exposure != '1'", 1)
    assert not passes("exposure < 'a'", 1) and not passes("exposure >= 'a'", 1)


def test_a_selection_names_its_columns():
    assert parse("exposure in (1..2) and not band = 'r' or exposure = tract").columns() == {"exposure", "band", "tract"}


def test_unknown_columns_are_named_once_with_what_was_meant():
    selection = parse("exposre = 1 or exposre = 2 or zzz = 3")
    assert selection.unknown(["exposure", "detector"]) == (
        "at character 1: there is no column exposre (did you mean exposure?)",
        "at character 31: there is no column zzz; known are detector, exposure",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at character 1: expected a name, a value, '(' or not, found the end"),
        ("exposure", "at character 9: expected a comparison (=, !=, <, <=, >, >=), in, or is null, found the end"),
        ("exposure <", "at character 11: expected a name or a value after '<', found the end"),
        ("exposure < and", "at character 12: expected a name or a value after '<', found 'and'"),
        ("(exposure = 1", "at character 14: expected ')', found the end"),
        ("exposure = 1 detector = 2", "at character 14: expected and, or, or the end, found 'detector'"),
        ("exposure in ()", "at character 14: expected a value, such as 7, 'r' or 1..24, found ')'"),
        ("exposure in (1, 2", "at character 18: expected ',' or ')', found the end"),
        ("exposure in [1)", "at character 15: expected ',' or ']', found ')'"),
        ("exposure in 7", "at character 14: expected '..'; a single value is compared with =, found the end"),
        ("exposure = 1..3", "at character 13: a range stands after in: exposure in 1..24"),
        ("exposure in (3..1)", "at character 14: the range 3..1 is empty; the smaller number comes first"),
        ("exposure in ('a'..3)", "at character 14: a range needs numbers on both sides"),
        ("exposure in (1..9:0)", "at character 19: a step is a whole number of 1 or more, between whole numbers"),
        ("band in (r)", "at character 10: expected a value, such as 7, 'r' or 1..24;"
                        " write 'r' in quotes if it is a text, found 'r'"),
        ("band = 'r", "at character 8: a text begins with ' and does not end"),
        ("a = 1 && b = 2", "at character 7: '&' is not understood; write and, or, not"),
        ("exposure = 1; drop", "at character 13: the character ';' is not understood"),
        ("exposure is 3", "at character 13: expected null, found 3"),
        ("7", "at character 2: expected a comparison (=, !=, <, <=, >, >=), found the end"),
        ("a = 1e999", "at character 5: 1e999 is too large for a number"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place_and_what_was_expected(text, message):
    assert fault(text) == message


def test_nesting_is_bounded():
    assert fault("(" * 41 + "a = 1" + ")" * 41) == "at character 41: nested deeper than 40 levels"
    assert "nested deeper" in fault("not " * 4000 + "a = 1")


def test_long_selections_are_fine_and_very_long_ones_are_refused():
    assert passes(" or ".join(f"exposure = {number}" for number in range(1000)), 999)
    assert "at most 20000" in fault("a = 1 or " * 3000)


def test_equal_texts_are_equal_selections():
    assert parse("a = 1") == parse("a = 1")
    assert parse("a = 1") != parse("a = 2")


WORDS = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "a",
    "b",
    "'r'",
    "1",
    "2.5",
    "..",
    ":",
    "(",
    ")",
    "[",
    "]",
    ",",
    "=",
    "<",
    "!=",
]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)))
def test_no_text_raises_anything_but_its_own_error(text):
    try:
        selection = parse(text)
    except SelectionError as error:
        assert 1 <= error.position <= max(len(text), 1) + 1
    else:
        test = selection.bind(("a",))
        for value in (None, 1, "r", 2.5, True):
            assert test((value,)) in (True, False)


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), st.sampled_from([None, 1, "r", 2.5]))
def test_nothing_is_selected_by_a_selection_and_by_its_negation(text, value):
    try:
        test, contrary = parse(text).bind(("a", "b")), parse(f"not ({text})").bind(("a", "b"))
    except SelectionError:
        return
    assert not (test((value, 1)) and contrary((value, 1)))
