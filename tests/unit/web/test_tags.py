"""How values look on pages."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from bpsportal.web.templatetags import portal


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0421, "42 ms"),
        (4.24, "4.2 s"),
        (59.4, "59 s"),
        (190, "3 min 10 s"),
        (120, "2 min"),
        (7_500, "2 h 5 min"),
        (100_800, "1 d 4 h"),
    ],
)
def test_durations_are_in_human_units(seconds, text):
    assert portal.duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(None, "–"), (17, "17 B"), (4096, "4.0 KiB"), (2_684_354_560, "2.5 GiB")])
def test_sizes_are_in_human_units(count, text):
    assert portal.size(count) == text


def test_a_badge_has_colour_shape_and_word():
    assert portal.badge("failed") == '<span class="badge badge-failed"><span aria-hidden="true">✕</span> failed</span>'


def test_a_badge_of_a_word_from_a_cluster_is_escaped():
    assert "<script>" not in portal.badge("<script>alert(1)</script>")
    assert 'class="badge badge--b-x"' in portal.badge('<b"x')


def test_no_state_is_a_dash():
    assert portal.badge(None) == "–"


def test_a_time_is_exact_for_machines():
    text = portal.when(datetime(2026, 11, 23, 12, 30, tzinfo=UTC))
    assert text == '<time datetime="2026-11-23T12:30:00Z">2026-11-23 12:30:00 UTC</time>'


def test_links_of_a_list_keep_its_filters():
    page = Template('{% load portal %}{% query page=2 state="" %}')
    request = RequestFactory().get("/jobs/?state=failed&step=isr&page=1")
    assert page.render(Context({"request": request})) == "?step=isr&amp;page=2"


def test_a_bar_shows_each_state_by_its_share_and_says_it_in_words():
    page = Template("{% load portal %}{% progress counts 10 %}")
    text = page.render(Context({"counts": {"succeeded": 6, "failed": 1, "running": 0}}))
    assert 'viewBox="0 0 10 1"' in text
    assert 'class="fill-succeeded" x="0" y="0" width="6"' in text
    assert 'class="fill-failed" x="6" y="0" width="1"' in text
    assert 'aria-label="6 succeeded, 1 failed"' in text
    assert "running" not in text
