"""What comes back from a site is made fit to be stored."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.core import clean


@pytest.mark.parametrize(
    ("value", "kept"),
    [("plain", "plain"), ("a\0b", "a\ufffdb"), ("\udc80", "?"), ("ö" * 50, "ö" * 10), (5, "5")],
)
def test_texts_are_cut_and_made_whole(value: object, kept: str):
    assert clean.text(value, 10) == kept


@given(st.text(st.characters(codec=None), max_size=30))
def test_a_clean_text_can_be_written_anywhere(value: str):
    assert "\0" not in clean.text(value, 20)
    clean.text(value, 20).encode()


def test_only_numbers_that_fit_are_numbers():
    assert [clean.real(x) for x in (1.5, None, math.nan, -math.inf)] == [1.5, None, None, None]
    assert [clean.whole(x) for x in (5, None, 2**63, -(2**63))] == [5, None, None, -(2**63)]
    assert clean.whole(40_000, 2**15) is None


def test_structures_are_cleaned_to_the_bottom():
    dirty = {"a\0": [1, float("nan"), {"x": "\0"}], "b": (True, None), "c": object}
    kept = clean.data(dirty)
    assert kept == {"a\ufffd": [1, None, {"x": "\ufffd"}], "b": [True, None], "c": "<class 'object'>"}
    json.dumps(kept, allow_nan=False)
