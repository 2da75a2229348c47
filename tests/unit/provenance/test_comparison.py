"""The comparison of two campaigns."""

from typing import Any

from provenance.core.comparison import Difference, InputCount, OutputCount, Side, compare, differences
from provenance.core.report import StepKey, StepTally
from provenance.core.rollup import Ran, fold


def step(name: str, wall_s: float = 10.0, version: str = "1", run: int = 1, first_s: float = 0.0) -> StepTally:
    """A step of one instance."""
    ran = Ran(1, "", "succeeded", True, 1, "a", "demo", version, "r", "", first_s, 5.0, wall_s, 8.0, 50.0, 1, 2)
    return StepTally(StepKey(run, "p", "step", name), 1, 0, fold([ran]))


def side(name: str, *steps: StepTally, document: Any = None, recipes: Any = None) -> Side:
    """A campaign."""
    return Side(name, document or {}, steps, recipes or {})


def test_documents_differ_by_path():
    left = {"config": {"a": 1, "b": [1, 2]}, "payloads": [{"name": "p", "n": 1}], "same": 0}
    right = {"config": {"a": 2, "b": [1]}, "payloads": [{"name": "p", "n": 2}], "same": 0, "new": True}

    assert differences(left, right) == [
        Difference("config.a", 1, 2),
        Difference("config.b", [1, 2], [1]),
        Difference("payloads[0].n", 1, 2),
        Difference("new", None, True),
    ]


def test_steps_stand_side_by_side_in_the_order_of_running():
    left = side("a", step("isr", 10.0, first_s=5), step("gone", first_s=9))
    right = side("b", step("isr", 20.0, first_s=50), step("early", first_s=1))

    report = compare(left, right, inputs=[], outputs=[])

    assert [(pair.step, pair.left is None, pair.right is None) for pair in report.steps] == [
        ("early", True, False), ("isr", False, False), ("gone", False, True),
    ]  # fmt: skip
    assert report.steps[1].wall_ratio == 2.0
    assert report.steps[0].wall_ratio is None


def test_software_is_compared_where_both_ran():
    report = compare(side("a", step("isr"), step("x")), side("b", step("isr", version="2")), inputs=[], outputs=[])
    assert report.software == (Difference("p/isr", ["demo 1"], ["demo 2"]),)


def test_the_runs_of_a_campaign_are_added_up():
    report = compare(side("a", step("isr"), step("isr", run=2)), side("b", step("isr")), inputs=[], outputs=[])
    assert report.steps[0].left.succeeded == 2
    assert report.steps[0].left.planned == 1


def test_recipes_are_compared_as_settings():
    left = side("a", step("isr"), recipes={("p", "isr"): {"d1": {"config": {"threshold": 5}}}})
    right = side("b", step("isr"), recipes={("p", "isr"): {"d2": {"config": {"threshold": 6}}}})
    assert compare(left, right, inputs=[], outputs=[]).configuration == (Difference("p/isr: config.threshold", 5, 6),)


def test_several_recipes_of_a_step_are_named_by_their_digests():
    left = side("a", step("isr"), recipes={("p", "isr"): {"d1": {}, "d2": {}}})
    right = side("b", step("isr"), recipes={("p", "isr"): {"d1": {}}})
    assert compare(left, right, inputs=[], outputs=[]).configuration == (
        Difference("p/isr: recipes", ["d1", "d2"], ["d1"]),
    )


def test_outputs_are_the_same_only_when_all_are():
    def same(*outputs: OutputCount) -> bool:
        return compare(side("a"), side("b"), inputs=[], outputs=outputs).same_outputs

    assert same(OutputCount("x", 5, 0, 0, 0))
    assert not same(OutputCount("x", 5, 0, 0, 0), OutputCount("y", 0, 0, 1, 0))
    assert not same(OutputCount("x", 5, 1, 0, 0))
    assert not same()


def test_the_tables_bear_the_names_of_the_campaigns():
    report = compare(side("a", step("isr")), side("b"), inputs=[InputCount("raw", 1, 2, 3)], outputs=[])
    titles = {table.title: table for table in report.tables()}
    assert titles["Inputs"].records() == [{"type": "raw", "both": 1, "only a": 2, "only b": 3}]
    assert titles["Steps"].records()[0]["planned right"] is None
