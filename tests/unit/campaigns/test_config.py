"""Layers into settings: who wins, and what is remembered."""

from datetime import UTC, datetime

from campaigns.core.config import (
    DEFAULTS,
    Address,
    Layer,
    difference,
    policy_of,
    request_of,
    resolve,
)
from campaigns.core.keys import Scope
from execution.core.workflow import FailurePolicy, OnFailure, Request

WHEN = datetime(2026, 11, 23, tzinfo=UTC)
HERE = Address("night", "calibrate", "example", "isr")

GLOBAL = Layer(Scope.GLOBAL, "", {"requestMemory": 1})
SITE = Layer(Scope.SITE, "slurm", {"requestMemory": 2})
CAMPAIGN = Layer(Scope.CAMPAIGN, "night", {"requestMemory": 3})
PAYLOAD = Layer(Scope.PAYLOAD, "night/calibrate", {"requestMemory": 4})
DEFINITION = Layer(Scope.DEFINITION, "example/isr", {"requestMemory": 5})
STEP = Layer(Scope.STEP, "example/isr", {"requestMemory": 6}, version=3, author="ann", at=WHEN, reason="big images")
OWN = Layer(Scope.STEP, "night/calibrate/isr", {"requestMemory": 7})
WEAKEST_FIRST = [GLOBAL, SITE, CAMPAIGN, PAYLOAD, DEFINITION, STEP, OWN]


def memory(*layers, site="slurm"):
    return resolve(layers, HERE, site).get("requestMemory")


def test_each_layer_beats_those_before_it_whatever_the_order_they_come_in():
    for number in range(1, len(WEAKEST_FIRST) + 1):
        assert memory(*reversed(WEAKEST_FIRST[:number])) == number


def test_without_layers_the_built_in_defaults_hold():
    settings = resolve([], HERE)
    assert request_of(settings) == Request()
    assert settings.by_key["requestMemory"].layer == "default"
    assert settings.by_key["requestMemory"].reason == "built in"


def test_a_setting_remembers_who_said_it_and_what_it_replaced():
    setting = resolve([GLOBAL, STEP], HERE).by_key["requestMemory"]
    assert (setting.value, setting.layer, setting.version, setting.author, setting.at, setting.reason) == (
        6, "step:example/isr", 3, "ann", WHEN, "big images",
    )  # fmt: skip
    assert (setting.replaced.value, setting.replaced.layer) == (1, "global")
    assert (setting.replaced.replaced.value, setting.replaced.replaced.layer) == (2048, "default")
    assert setting.replaced.replaced.replaced is None


def test_layers_of_others_are_passed_over():
    others = [
        Layer(Scope.SITE, "condor", {"requestMemory": 9}),
        Layer(Scope.CAMPAIGN, "day", {"requestMemory": 9}),
        Layer(Scope.PAYLOAD, "night/other", {"requestMemory": 9}),
        Layer(Scope.STEP, "other/isr", {"requestMemory": 9}),
        Layer(Scope.STEP, "example/measure", {"requestMemory": 9}),
    ]
    assert memory(GLOBAL, *others) == 1


def test_without_a_site_no_site_layer_counts():
    assert memory(GLOBAL, SITE, site="") == 1


def test_what_names_the_step_beats_what_does_not():
    site = Layer(Scope.SITE, "slurm", {"steps": {"isr": {"requestMemory": 8}}})
    assert memory(site, PAYLOAD) == 8
    assert memory(site, DEFINITION) == 8
    assert memory(site, STEP) == 6


def test_settings_of_another_step_do_not_count():
    assert memory(GLOBAL, Layer(Scope.CAMPAIGN, "night", {"steps": {"measure": {"requestMemory": 8}}})) == 1


def test_a_step_layer_may_name_the_label_alone():
    assert memory(Layer(Scope.STEP, "isr", {"requestMemory": 8}), DEFINITION) == 8
    assert memory(Layer(Scope.STEP, "isr", {"requestMemory": 8}), STEP) == 6


def test_of_two_layers_of_equal_strength_the_later_one_wins():
    assert memory(GLOBAL, Layer(Scope.GLOBAL, "", {"requestMemory": 8})) == 8


def test_science_configuration_is_merged_key_by_key():
    settings = resolve([
        Layer(Scope.DEFINITION, "example/isr", {"config": {"threshold": 5, "filters": ["r", "g"]}}),
        Layer(Scope.CAMPAIGN, "night", {"steps": {"isr": {"config": {"threshold": 6}}}}),
        Layer(Scope.CAMPAIGN, "night", {"config": {"everywhere": True}}),
    ], HERE)  # fmt: skip
    assert settings.below("config") == {"threshold": 6, "filters": ["r", "g"], "everywhere": True}
    assert settings.by_key["config.threshold"].replaced.value == 5


def test_rules_of_what_is_kept_are_merged_type_by_type():
    settings = resolve([
        Layer(Scope.GLOBAL, "", {"persist": {"default": "keep", "types": {"a": "transient"}}}),
        Layer(Scope.CAMPAIGN, "night", {"persist": {"types": {"b": "transient"}}}),
    ], HERE)  # fmt: skip
    assert settings.below("persist") == {"default": "keep", "types.a": "transient", "types.b": "transient"}


def test_lists_are_replaced():
    settings = resolve([
        Layer(Scope.GLOBAL, "", {"sites": {"avoid": ["a"], "avoidNodes": ["n1"]}}),
        Layer(Scope.CAMPAIGN, "night", {"sites": {"avoid": ["b"]}}),
    ], HERE)  # fmt: skip
    assert settings.below("sites") == {"avoid": ["b"], "avoidNodes": ["n1"]}


def test_settings_become_a_request():
    layer = Layer(Scope.GLOBAL, "", {"requestMemory": 1, "requestCpus": 2, "requestDisk": 3, "requestWalltime": 4,
                                     "requestMemoryMax": 5, "memoryMultiplier": 1.5, "numberOfRetries": 6,
                                     "retryUnlessExit": [1, 2], "queue": "q", "accountingGroup": "a"})  # fmt: skip
    assert request_of(resolve([layer], HERE)) == Request(1, 2, 3, 4, 5, 1.5, 6, (1, 2), "q", "a")


def test_settings_become_a_failure_policy():
    assert policy_of(resolve([], HERE)) == FailurePolicy(OnFailure.CONTINUE)
    layer = Layer(Scope.GLOBAL, "", {"onFailure": {"tolerate": 0.1}})
    assert policy_of(resolve([layer], HERE)) == FailurePolicy(OnFailure.TOLERATE, 0.1)


def test_differences_name_what_changed():
    old = resolve([GLOBAL, Layer(Scope.GLOBAL, "", {"queue": "q"})], HERE)
    new = resolve([STEP, Layer(Scope.GLOBAL, "", {"accountingGroup": "a"})], HERE)
    changes = {
        change.key: (change.old and change.old.value, change.new and change.new.value)
        for change in difference(old, new)
    }
    assert changes == {"requestMemory": (1, 6), "queue": ("q", None), "accountingGroup": (None, "a")}


def test_equal_values_from_different_layers_are_no_difference():
    assert (
        difference(resolve([GLOBAL], HERE), resolve([Layer(Scope.CAMPAIGN, "night", {"requestMemory": 1})], HERE)) == ()
    )


def test_the_built_in_defaults_are_those_of_a_request():
    assert request_of(resolve([], HERE)) == Request()
    assert DEFAULTS.values["priority"] == 500
