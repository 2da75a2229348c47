"""Texts into data with lines, or every reason why not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.core.document import MAX_BYTES, load, load_many


def only(source, **options):
    loaded = load(source, **options)
    assert loaded.problems == ()
    return loaded.documents[0]


def messages(source, **options):
    loaded = load(source, **options)
    assert loaded.documents == ()
    return [problem.message for problem in loaded.problems]


def test_every_value_knows_its_line():
    document = only(b"a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert document.data == {"a": 1, "b": ["x", {"c": 2}]}
    assert [document.line(place) for place in [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c")]] == [1, 2, 3, 4, 4]


def test_a_missing_value_has_the_line_of_what_is_around_it():
    document = only("a:\n  b: 1\n")
    assert document.line(("a", "nothing", 3)) == 1


def test_the_line_of_a_key_counts_not_that_of_its_value():
    assert only("steps:\n\n  isr:\n    x: 1\n").line(("steps",)) == 1


def test_plain_words_follow_yaml_1_2():
    text = "a: yes\nb: off\nc: 12:30\nd: 2026-11-23\ne: true\nf: ~\ng: 0x1F\nh: 0o17\ni: 1.5e3\nj: '7'\nk: 010\n"
    assert only(text).data == {
        "a": "yes", "b": "off", "c": "12:30", "d": "2026-11-23", "e": True, "f": None,
        "g": 31, "h": 15, "i": 1500.0, "j": "7", "k": 10,
    }  # fmt: skip


def test_core_tags_are_obeyed():
    assert only('a: !!str 5\nb: !!int "7"\nc: !!float 2\nd: !!bool true\ne: !!null x\n').data == {
        "a": "5", "b": 7, "c": 2.0, "d": True, "e": None,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a: !!int x", "a: !!float x", "a: !!bool 1"])
def test_a_core_tag_that_does_not_fit_is_refused(text):
    assert len(messages(text)) == 1


def test_other_tags_are_refused():
    assert messages("a: !!python/object:os.system x\nb: !mine {c: 1}\n") == [
        "the tag 'tag:yaml.org,2002:python/object:os.system' is not accepted; only plain data is",
        "the tag '!mine' is not accepted; only plain data is",
    ]


def test_anchors_and_aliases_are_refused():
    assert messages("a: &x [1]\nb: *x\n") == [
        "anchors (&name) are not accepted; write the value out",
        "aliases (*name) are not accepted; write the value out",
    ]


def test_an_alias_bomb_is_refused_at_once():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    began = time.perf_counter()
    assert messages("\n".join(lines))
    assert time.perf_counter() - began < 1


def test_merge_keys_are_refused():
    assert messages("<<: {a: 1}\n") == ["merge keys (<<) are not accepted; write the values out"]


def test_a_doubled_key_is_refused_with_both_lines():
    loaded = load("a: 1\nb: 2\na: 3\n")
    assert [(problem.path, problem.line, problem.message) for problem in loaded.problems] == [
        ("a", 3, "the key 'a' stands twice (first in line 1)")
    ]


def test_keys_are_words():
    assert messages("? [a]\n: 1\n") == ["a key must be a word, not a list or mapping"]
    assert messages("'': 1\n") == ["a key cannot be empty"]
    assert only("7: x\n").data == {"7": "x"}


@pytest.mark.parametrize("bad", [".nan", "-.inf", "1e999", "99999999999999999999999", "9" * 5000])
def test_numbers_that_nobody_can_store_are_refused_at_their_place(bad):
    loaded = load(f"x: 1\na: {bad}\n")
    assert [(problem.path, problem.line) for problem in loaded.problems] == [("a", 2)]


def test_a_text_that_is_not_utf_8_is_refused_with_its_line():
    loaded = load(b"a: 1\nb: \xff\n")
    assert [(problem.line, problem.message) for problem in loaded.problems] == [
        (2, "the text is not UTF-8: byte 8 is 0xff")
    ]


def test_a_byte_order_mark_does_no_harm():
    assert only(b"\xef\xbb\xbfa: 1").data == {"a": 1}


@pytest.mark.parametrize("source", [b"a: x\0y", "a: x\0y", 'a: "x\\0y"', b'{"a": "\\ud83d\\u0000"}'])
def test_nul_is_refused(source):
    assert any("NUL" in message for message in messages(source))


def test_lone_surrogates_are_refused():
    assert messages('{"a": "\\ud83d"}') == ["the text contains half a character (a lone surrogate)"]
    assert messages("a: \ud800") == ["the text contains half a character (a lone surrogate)"]


def test_a_text_of_more_than_a_mebibyte_is_refused():
    assert messages(b"#" * (MAX_BYTES + 1)) == ["the text has 1048577 bytes; at most 1048576 are accepted"]


def test_the_limit_can_be_raised_for_tables():
    assert only(b"a: 1\n" + b"#" * MAX_BYTES, limit_bytes=2 * MAX_BYTES).data == {"a": 1}


@pytest.mark.parametrize("nested", ["[" * 41, "{a: " * 41, "- " * 41, "[" * 500_000, '{"a":' * 100_000])
def test_deep_nesting_is_refused(nested):
    assert messages(nested) == ["nested deeper than 40 levels"]


def test_forty_levels_are_accepted():
    assert only("[" * 40 + "]" * 40).data


def test_an_empty_document_is_refused():
    assert messages("") == messages("# nothing\n") == messages("---\n") == ["the document is empty"]


def test_one_document_is_not_two():
    loaded = load("a: 1\n---\nb: 2\n")
    assert [(problem.line, problem.message) for problem in loaded.problems] == [
        (3, "one document is expected; a second one begins here")
    ]


def test_a_file_may_hold_many_documents():
    loaded = load_many("a: 1\n---\nb: 2\n---\n---\nc: 3\n")
    assert [document.data for document in loaded.documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [document.line(()) for document in loaded.documents] == [1, 3, 6]


def test_a_syntax_error_says_where():
    loaded = load("a: 1\nb: c: d\n")
    assert [(problem.line, problem.message) for problem in loaded.problems] == [
        (2, "this is not YAML: mapping values are not allowed in this context (column 5)")
    ]


def test_json_is_read_with_lines():
    document = only('{\n\t"a": [1,\n\t\t{"b": null}]\n}')
    assert document.data == {"a": [1, {"b": None}]}
    assert document.line(("a", 1, "b")) == 3


def test_json_that_is_no_yaml_is_read_without_lines():
    document = only('{"a": "\\ud83d\\ude00", "%s": 1}' % ("k" * 2000))
    assert document.data["a"] == "😀"
    assert document.line(("a",)) is None


def test_json_that_is_no_yaml_keeps_the_rules():
    smile = '"\\ud83d\\ude00"'
    assert messages(f'{{"a": 1, "a": {smile}}}') == ["the key 'a' stands twice"]
    assert messages(f'{{"a": NaN, "b": {smile}}}') == ["NaN is not a finite number"]
    assert messages(f'{{"b": {smile}, "a": {"[" * 50}{"]" * 50}}}') == ["nested deeper than 40 levels"]


def test_a_hundred_problems_are_enough():
    loaded = load("\n".join(["a: 1"] * 5000))
    assert len(loaded.problems) == 101


@given(st.binary(max_size=300))
def test_no_bytes_make_it_crash(source):
    loaded = load_many(source)
    assert not (loaded.documents and loaded.problems)


@given(st.text(alphabet="abc:-?[]{}&*!|>'\"%@`,# \n\t~<=0.1e", max_size=120))
def test_no_text_makes_it_crash(source):
    loaded = load_many(source)
    assert not (loaded.documents and loaded.problems)
