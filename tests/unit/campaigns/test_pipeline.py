"""What an operator may do to a pipeline, and what is refused."""

import pytest

from campaigns.core.pipeline import (
    DatasetType,
    Pipeline,
    PipelineError,
    StepDefinition,
    combine,
    dependency_faults,
    insert,
    reorder,
    skip,
    subset,
)
from execution.core.workflow import InputSpec, Need, OutputSpec


def define(label, reads="", makes=""):
    inputs = tuple(
        InputSpec(name.rstrip("?"), Need.OPTIONAL if name.endswith("?") else Need.REQUIRED) for name in reads.split()
    )
    return StepDefinition(
        label, ("exposure",), inputs, tuple(OutputSpec(name, ("exposure",)) for name in makes.split()), ()
    )


STEPS = (define("isr", "raw", "image"), define("measure", "image", "sources"), define("summary", "sources", "table"))


def labels(steps):
    return [step.label for step in steps]


def faults(change, *arguments, **options):
    with pytest.raises(PipelineError) as caught:
        change(*arguments, **options)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("isr..summary", ["isr", "measure", "summary"]), ("isr..measure", ["isr", "measure"]),
     ("measure..", ["measure", "summary"]),
     ("..measure", ["isr", "measure"]), ("summary,isr", ["isr", "summary"]), ("isr", ["isr"]),
     ("..", ["isr", "measure", "summary"]),
     (" isr .. measure , summary ", ["isr", "measure", "summary"]), (["isr", "summary.."], ["isr", "summary"])],
)  # fmt: skip
def test_subsets(expression, expected):
    assert labels(subset(STEPS, expression)) == expected


def test_a_subset_tells_every_mistake():
    assert faults(subset, STEPS, "is, summary..isr, a b, zzz..measure") == [
        "there is no step is (did you mean isr?)",
        "summary..isr is empty: isr comes before summary",
        "'a b' names no steps; write isr, isr.., ..measure or isr..measure",
        "there is no step zzz; the pipeline has isr, measure, summary",
    ]


def test_labels_may_contain_dots_and_dashes():
    steps = (define("a.b-c"), define("d_e"))
    assert labels(subset(steps, "a.b-c..d_e")) == ["a.b-c", "d_e"]


def test_steps_can_be_skipped():
    assert labels(skip(STEPS, ["measure"])) == ["isr", "summary"]
    assert faults(skip, STEPS, ["mesure"]) == ["there is no step mesure (did you mean measure?)"]


def test_steps_can_be_inserted():
    added = define("clean", "image", "clean")
    assert labels(insert(STEPS, added, after="isr")) == ["isr", "clean", "measure", "summary"]
    assert labels(insert(STEPS, added, before="isr")) == ["clean", "isr", "measure", "summary"]
    assert labels(insert(STEPS, added)) == ["isr", "measure", "summary", "clean"]


def test_an_insertion_needs_one_known_place_and_a_new_label():
    assert faults(insert, STEPS, define("x"), after="isrr") == ["there is no step isrr (did you mean isr?)"]
    assert faults(insert, STEPS, define("x"), after="isr", before="isr") == ["step x: say before or after, not both"]
    assert faults(insert, STEPS, define("isr")) == [
        "there is a step isr already; choose another name or skip that one first"
    ]


def test_steps_can_be_reordered():
    assert labels(reorder(STEPS, ["summary", "isr", "measure"])) == ["summary", "isr", "measure"]


def test_an_order_names_every_step_once():
    assert faults(reorder, STEPS, ["isr", "isr", "mesure"]) == [
        "there is no step mesure (did you mean measure?)",
        "step isr stands twice in the order",
        "step measure is missing in the order; skip it if it shall not run",
        "step summary is missing in the order; skip it if it shall not run",
    ]


def test_a_sound_sequence_has_no_faults():
    assert list(dependency_faults(STEPS, frozenset({"raw"}))) == []
    assert list(dependency_faults(STEPS, None)) == []


def test_an_input_that_is_made_only_later_is_refused():
    assert list(dependency_faults((STEPS[1], STEPS[0]), frozenset({"raw"}))) == [
        ("measure", "it reads image, which isr makes only later; put isr before measure")
    ]


def test_an_optional_input_that_is_made_only_later_is_refused_too():
    steps = (define("a", "x?", "y"), define("b", "raw", "x"))
    assert [label for label, _ in dependency_faults(steps, None)] == ["a"]


def test_an_input_that_nobody_makes_must_exist():
    assert list(dependency_faults(STEPS[1:], frozenset({"raw"}))) == [
        ("measure", "it reads image, which no step makes and of which no dataset is known")
    ]
    assert list(dependency_faults(STEPS[1:], frozenset({"image"}))) == []
    assert list(dependency_faults((define("a", "x?", "y"),), frozenset())) == []


def test_a_circle_is_named_in_words():
    steps = (define("a", "z", "x"), define("b", "x", "y"), define("c", "y", "z"))
    ((_, message),) = dependency_faults(steps, None)
    assert message.startswith("steps wait for each other in a circle: ")
    assert set(message.split(": ")[1].split(" → ")) == {"a", "b", "c"}
    assert any(order in message for order in ("a → b → c", "b → c → a", "c → a → b"))


def test_a_type_has_one_maker():
    assert list(dependency_faults((define("a", "", "x"), define("b", "", "x")), None)) == [
        ("b", "x is made by a already; skip one of the two")
    ]


def pipeline(name, steps, **dimensions):
    types = {key: DatasetType(key, tuple(value.split())) for key, value in dimensions.items()}
    return Pipeline(name, 1, types, steps)


def test_pipelines_in_sequence_are_one():
    one = combine(
        [pipeline("first", STEPS[:1], image="exposure"), pipeline("second", STEPS[1:], image="exposure", table="x")]
    )
    assert (one.name, labels(one.steps), sorted(one.types)) == (
        "first+second",
        ["isr", "measure", "summary"],
        ["image", "table"],
    )


def test_pipelines_in_sequence_must_not_contradict_each_other():
    with pytest.raises(PipelineError) as caught:
        combine([pipeline("first", STEPS, image="exposure"), pipeline("second", STEPS[:1], image="detector")])
    assert list(caught.value.faults) == [
        "dataset type image is defined differently in first and second",
        "step isr is in two pipelines of the payload; skip one of them",
    ]
