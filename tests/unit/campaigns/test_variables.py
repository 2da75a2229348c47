"""Variables in texts."""

from campaigns.core.problem import did_you_mean, listing, path_text
from campaigns.core.variables import fill, fill_all, names_in, texts_of


def test_variables_are_names_in_braces():
    assert names_in("{a} {b_2} {a} {} {3} {a-b} ${x}") == ("a", "b_2", "x")


def test_defined_variables_are_filled_in_and_others_stay():
    assert fill("{a}-{b}", {"a": 1}) == "1-{b}"


def test_all_texts_of_a_document_are_filled_except_at_opaque_places():
    data = {"x": ["{a}", {"command": "{a}"}], "n": 3}

    def opaque(location):
        return location[-1:] == ("command",)

    assert fill_all(data, {"a": 1}, opaque) == {"x": ["1", {"command": "{a}"}], "n": 3}
    assert list(texts_of(data, opaque)) == [(("x", 0), "{a}")]


def test_a_filled_in_value_is_not_looked_at_again():
    assert fill("{a}", {"a": "{b}", "b": "x"}) == "{b}"


def test_paths_read_like_the_document():
    assert path_text(("payloads", 0, "steps", "isr")) == "payloads[0].steps.isr"
    assert path_text(("steps", "a.b", "config")) == 'steps["a.b"].config'
    assert path_text(()) == ""


def test_hints_name_the_closest_word():
    assert did_you_mean("requestMemroy", ["requestMemory", "requestCpus"]) == " (did you mean requestMemory?)"
    assert did_you_mean("xyz", ["requestMemory"]) == ""


def test_long_lists_are_cut():
    assert listing("edcba", 3) == "a, b, c and 2 more"
    assert listing([]) == "none"
