"""Which names, values and words are let in."""

import pytest

from campaigns.core.names import email_fault, identifier_fault, name_fault, nodes_fault, token_fault, value_fault


@pytest.mark.parametrize("name", ["a", "7", "night-2026-11-22", "w_2026.30", "A" * 80, "calexp.wcs"])
def test_names_of_letters_digits_dots_dashes_and_underscores_are_good(name):
    assert name_fault(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "-rf", "_a", ".a", "a b", "a/b", "../a", "a..b", "a'b", 'a"b', "a\0b", "a\n", "ä", "a;b", "$(a)", "A" * 81],
)
def test_other_names_are_refused_in_words(name):
    assert name_fault(name)


def test_a_refusal_does_not_repeat_control_characters():
    assert "\x1b" not in (name_fault("\x1b[31mred") or "")


def test_dimensions_are_identifiers_and_no_words_of_the_language():
    assert identifier_fault("exposure") is None
    assert identifier_fault("day_obs") is None
    assert identifier_fault("1day") and identifier_fault("a-b") and identifier_fault("and") and identifier_fault("In")


@pytest.mark.parametrize("value", [0, -5, 7, "r", "u'"[:1], "2026-11-22", "g+r", "a.b"])
def test_whole_numbers_and_words_make_data_ids(value):
    assert value_fault(value) is None


@pytest.mark.parametrize("value", [True, 1.5, None, "", "a/b", "..", "a..b", "a,b", "a=b", "-a", "a b", "x" * 81])
def test_other_values_make_no_data_ids(value):
    assert value_fault(value)


def test_words_for_batch_systems_never_look_like_options():
    assert token_fault("rubin:production@s3df") is None
    assert token_fault("--wrap=rm") and token_fault("a b") and token_fault("") and token_fault("a;b")


def test_nodes_may_be_patterns():
    assert nodes_fault("cc30*") is None
    assert nodes_fault("-cc") and nodes_fault("a b")


def test_mail_addresses_are_plain():
    assert email_fault("ops@example.org") is None
    assert email_fault("ops@localhost") is None
    for bad in ["ops", "a@b@c", "Ops <ops@example.org>", "ops@example.org\nBcc: x@y.z", "@example.org", "a@"]:
        assert email_fault(bad)
