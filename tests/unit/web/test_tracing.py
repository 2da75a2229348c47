"""Log lines: one a line, with the request's id, not to be forged."""

import json
import logging

import pytest

from bpsportal.web import tracing


@pytest.fixture(autouse=True)
def request_id():
    tracing.begin("r-1")
    yield
    tracing.begin("")


def record(message: str, *args: object, exc_info=None) -> logging.LogRecord:
    made = logging.LogRecord("execution.tick", logging.WARNING, "file", 1, message, args, exc_info)
    made.created = 1_795_435_200.25
    return made


def test_a_line_has_time_level_logger_and_request():
    text = tracing.KeyValueFormatter().format(record("site=%s jobs=%d", "local", 3))
    assert text == "2026-11-23T12:00:00.250Z level=warning logger=execution.tick request=r-1 site=local jobs=3"


def test_what_a_cluster_says_cannot_forge_a_line_or_steer_a_terminal():
    text = tracing.KeyValueFormatter().format(record("node\nlevel=error \x1b[2J"))
    assert text.endswith("node\\nlevel=error \\x1b[2J")


def test_json_lines_carry_the_same():
    entry = json.loads(tracing.JsonFormatter().format(record("a\nb")))
    assert (entry["request"], entry["level"], entry["message"]) == ("r-1", "warning", "a\nb")


def test_a_traceback_is_kept():
    try:
        raise ValueError("inside")
    except ValueError as error:
        failure = (type(error), error, error.__traceback__)
    assert "\n  ValueError: inside" in tracing.KeyValueFormatter().format(record("x", exc_info=failure))
    assert (
        "ValueError: inside" in json.loads(tracing.JsonFormatter().format(record("x", exc_info=failure)))["traceback"]
    )
