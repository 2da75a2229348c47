"""Settings that layers may hold: what is read, and every mistake with its place."""

import pytest

from campaigns.core.keys import KEYS, Kind, Scope, read_values


def read(values, scope=Scope.CAMPAIGN):
    found, faults = read_values(values, scope)
    assert faults == []
    return found


def faults(values, scope=Scope.CAMPAIGN):
    return {".".join(map(str, place)): message for place, message in read_values(values, scope)[1]}


def test_quantities_are_read_in_any_unit():
    assert read({"requestMemory": "4 GiB", "requestDisk": 100, "requestWalltime": "2h30m"}) == {
        "requestMemory": 4096, "requestDisk": 100, "requestWalltime": 9000,
    }  # fmt: skip


@pytest.mark.parametrize("key", ["requestMemory", "requestMemoryMax", "requestDisk", "requestWalltime", "requestCpus"])
@pytest.mark.parametrize("value", [0, -1, "much", None.__class__, True, 1.5, []])
def test_resources_are_more_than_nothing(key, value):
    assert list(faults({key: value})) == [key]


def test_unknown_keys_are_told_with_what_was_meant():
    assert (
        faults({"requestMemroy": 1, "zzz": 1})["requestMemroy"]
        == "unknown key requestMemroy (did you mean requestMemory?)"
    )
    assert faults({"zzz": 1})["zzz"].startswith("unknown key zzz; known are accountingGroup, ")


def test_case_counts_but_is_recognised():
    assert faults({"requestmemory": 1}) == {"requestmemory": "unknown key requestmemory (did you mean requestMemory?)"}


def test_null_says_nothing():
    assert read({"requestMemory": None}) == {}


def test_a_layer_is_a_mapping():
    assert faults([1]) == {"": "must be a mapping, not a list"}


def test_memory_at_most_is_not_below_memory():
    assert faults({"requestMemory": 4096, "requestMemoryMax": 2048}) == {
        "requestMemoryMax": "2048 MiB is less than requestMemory, 4096 MiB"
    }


def test_exit_codes_may_be_one_or_many():
    assert read({"retryUnlessExit": 1}) == {"retryUnlessExit": [1]}
    assert read({"retryUnlessExit": [2, 1, 2]}) == {"retryUnlessExit": [1, 2]}
    assert list(faults({"retryUnlessExit": [1, 256, "x"]})) == ["retryUnlessExit.1", "retryUnlessExit.2"]


def test_failure_policies():
    assert read({"onFailure": "stop"}) == {"onFailure": "stop"}
    assert read({"onFailure": {"tolerate": 0.05}}) == {"onFailure": {"tolerate": 0.05}}
    assert faults({"onFailure": {"tolerate": 5}}) == {"onFailure.tolerate": "must be 1 or less"}
    assert faults({"onFailure": {"tolerate": -0.1}}) == {"onFailure.tolerate": "must be 0 or more"}
    assert faults({"onFailure": {"tolerat": 0.1}}) == {
        "onFailure.tolerate": "is required",
        "onFailure.tolerat": "unknown key tolerat (did you mean tolerate?)",
    }
    assert faults({"onFailure": "halt"}) == {
        "onFailure": "must be stop, continue or {tolerate: 0.05}, not a text ('halt')"
    }


def test_what_is_kept():
    given = {"persist": {"default": "transient", "types": {"a": "keep", "b": {"until": "isr"}}}}
    assert read(given) == {"persist": {"default": "transient", "types": {"a": "keep", "b": "until isr"}}}
    assert list(faults({"persist": {"types": {"a": "never", "b": {"until": 3}, "c": {"unti": "isr"}}}})) == [
        "persist.types.a", "persist.types.b", "persist.types.c",
    ]  # fmt: skip


def test_sites_and_nodes():
    assert read({"sites": {"only": ["slurm"], "avoidNodes": ["cc30*"]}}) == {
        "sites": {"only": ["slurm"], "avoidNodes": ["cc30*"]}
    }
    assert list(faults({"sites": {"only": "slurm", "avoidNodes": ["-x", 3]}})) == [
        "sites.only", "sites.avoidNodes.0", "sites.avoidNodes.1",
    ]  # fmt: skip


def test_a_site_cannot_say_what_changes_results():
    assert faults({"software": "v2", "config": {"a": 1}, "queue": "q"}, Scope.SITE) == {
        "software": "software can change what comes out, so it cannot depend on the site",
        "config": "config can change what comes out, so it cannot depend on the site",
    }
    assert faults({"steps": {"isr": {"config": {"a": 1}, "requestMemory": 1}}}, Scope.SITE) == {
        "steps.isr.config": "config can change what comes out, so it cannot depend on the site"
    }


def test_some_keys_belong_to_steps_and_some_do_not():
    assert faults({"discover": "bright", "breakpoint": True}) == {
        "discover": "discover cannot be set here; it belongs to step",
        "breakpoint": "breakpoint cannot be set here; it belongs to step",
    }
    assert list(faults({"priority": 1, "persist": {}, "sites": {}}, Scope.STEP)) == ["priority", "persist", "sites"]


def test_a_layer_may_speak_of_single_steps():
    assert read({"steps": {"isr": {"requestMemory": "1 GiB", "discover": "x"}}}) == {
        "steps": {"isr": {"requestMemory": 1024, "discover": "x"}}
    }
    assert list(faults({"steps": {"isr": 3, "b": {"requestCpus": 0}}})) == ["steps.isr", "steps.b.requestCpus"]
    assert list(faults({"steps": {"isr": {}}}, Scope.STEP)) == ["steps"]


def test_every_key_has_a_kind_and_results_never_belong_to_a_site():
    assert all(Scope.SITE not in key.scopes for key in KEYS.values() if key.kind is Kind.RESULT)
    assert {name for name, key in KEYS.items() if key.kind is Kind.RESULT} == {"software", "config", "discover"}


RULES = [
    {"when": {"cause": "memory"}, "then": {"retry": 3, "memory": "x2"}},
    {"when": {"cause": ["node", "lost"]}, "then": {"retry": 5, "elsewhere": True, "delay": "60s"}},
    {"when": {"exit": 1, "stderr": "Connection reset"}, "then": {"retry": 2, "delay": "5m"}},
    {"when": {"exit": [1, 2]}, "then": {"fail": True}},
    {"when": {"stderr": "license"}, "then": {"hold": "ask the site"}, "passive": True},
]


def test_retry_rules_become_plain_data():
    assert read({"retry": RULES})["retry"] == [
        {"when": {"cause": ["memory"]}, "then": {"retry": 3, "memory": 2.0}},
        {"when": {"cause": ["node", "lost"]}, "then": {"retry": 5, "elsewhere": True, "delay": 60}},
        {"when": {"exit": [1], "stderr": "Connection reset"}, "then": {"retry": 2, "delay": 300}},
        {"when": {"exit": [1, 2]}, "then": {"fail": True}},
        {"when": {"stderr": "license"}, "then": {"hold": "ask the site"}, "passive": True},
    ]


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ({"when": {"cause": "memry"}, "then": {"retry": 1}}, ["retry.0.when.cause.0"]),
        ({"when": {"exit": [300]}, "then": {"retry": 1}}, ["retry.0.when.exit.0"]),
        ({"when": {"stderr": "("}, "then": {"retry": 1}}, ["retry.0.when.stderr"]),
        ({"when": {"stderr": "[[a]"}, "then": {"fail": True}}, []),
        ({"when": {"stderr": "x" * 501}, "then": {"retry": 1}}, ["retry.0.when.stderr"]),
        ({"when": {}, "then": {"retry": 0}}, ["retry.0.then.retry"]),
        ({"when": {}, "then": {"retry": 1, "memory": "2x"}}, ["retry.0.then.memory"]),
        ({"when": {}, "then": {"retry": 1, "memory": "x1"}}, ["retry.0.then.memory"]),
        ({"when": {}, "then": {}}, ["retry.0.then"]),
        ({"when": {}, "then": {"fail": True, "retry": 1}}, ["retry.0.then"]),
        ({"when": {}, "then": {"fail": True, "delay": 3}}, ["retry.0.then"]),
        ({"when": {}, "then": {"fail": False}}, ["retry.0.then.fail"]),
        ({"then": {"fail": True}}, ["retry.0.when"]),
        ({"when": {}}, ["retry.0.then"]),
        ({"when": {"caus": 1}, "then": {"fail": True}, "also": 1}, ["retry.0.when.caus", "retry.0.also"]),
        (3, ["retry.0"]),
    ],
)
def test_faulty_retry_rules_are_told_at_their_place(rule, places):
    assert sorted(faults({"retry": [rule]})) == sorted(places)


def test_all_faulty_rules_are_told_at_once():
    given = [RULES[0], {"when": {"cause": "x"}, "then": {"retry": 1}}, {"then": {"hold": 3}}, None]
    assert sorted(faults({"retry": given})) == [
        "retry.1.when.cause.0", "retry.2.then.hold", "retry.2.when", "retry.3",
    ]  # fmt: skip


def test_rules_are_a_list_of_moderate_length():
    assert faults({"retry": {"when": 1}}) == {"retry": "must be a list, not a mapping"}
    assert faults({"retry": [RULES[0]] * 51}) == {"retry": "must have 50 or fewer entries"}
