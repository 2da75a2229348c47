"""Exports: streamed, complete, and harmless to a spreadsheet."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from bpsportal.web import rows


def test_csv_takes_its_columns_from_the_first_row():
    lines = list(rows.as_csv([{"a": 1, "b": None}, {"b": True, "a": 2.5, "c": "left out"}]))
    assert lines == ["a,b\r\n", "1,\r\n", "2.5,true\r\n"]


def test_csv_of_nothing_has_its_head_line_when_the_columns_are_known():
    assert list(rows.as_csv([], ["a", "b"])) == ["a,b\r\n"]
    assert list(rows.as_csv([])) == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\tx"])
def test_text_that_a_spreadsheet_would_run_is_defused(text):
    assert rows.cell(text) == f"'{text}"


def test_numbers_stay_numbers():
    assert [rows.cell(-30.2), rows.cell(0), rows.cell(False)] == [-30.2, 0, "false"]


def test_times_are_iso_and_structures_are_json():
    assert rows.cell(datetime(2026, 11, 23, 12, tzinfo=UTC)) == "2026-11-23T12:00:00+00:00"
    assert rows.cell({"exposure": 7}) == '{"exposure": 7}'


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_one_valid_array(count):
    given = [{"n": n, "word": "é"} for n in range(count)]
    assert json.loads("".join(rows.as_json(given))) == given


def test_ndjson_is_one_object_a_line():
    assert list(rows.as_ndjson([{"a": 1}, {"a": 2}])) == ['{"a": 1}\n', '{"a": 2}\n']


@pytest.mark.parametrize("form", sorted(rows.CONTENT_TYPES))
def test_a_download_begins_before_its_source_ends(form):
    endless = ({"n": n} for n in itertools.count())
    response = rows.download(endless, form, "jobs of night 1/2")
    assert response["Content-Disposition"] == f'attachment; filename="jobs-of-night-1-2.{form}"'
    assert len(list(itertools.islice(response.streaming_content, 3))) == 3


def test_an_unknown_form_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        rows.download([], "exe", "x")
