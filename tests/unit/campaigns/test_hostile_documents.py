"""Documents that somebody meant badly, or that a machine made: an answer in bounded time, never a crash."""

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.core.document import Document, load
from campaigns.core.schema import KINDS, check
from tests.unit.campaigns.catalogs import CAMPAIGN, PIPELINE, full_catalog

CATALOG = full_catalog()
SITE = {
    "site": "x", "driver": "slurm", "workdir": "/w",
    "transport": {"ssh": {"hosts": ["a"], "user": "u", "key": "k", "hostKeys": ["h"]}},
    "staging": {"path": "/s", "high": 0.9}, "limits": {"queued": 5}, "offers": {"memory": "1 GiB"}, "directives": ["x"],
}  # fmt: skip
EXAMPLES = [
    load(CAMPAIGN).documents[0].data,
    load(PIPELINE).documents[0].data | {"version": 2},
    SITE,
    {"software": "x", "kind": "venv", "sites": {"local": {"setup": ["a"]}}, "probe": ["x"]},
    {"layer": {"scope": "step", "target": "isr"},
     "config": {"requestMemory": 1, "retry": [{"when": {}, "then": {"fail": True}}]}},
    {"dataset": {"type": "raw", "dataId": {"exposure": 1, "detector": 2}, "path": "/x", "metadata": {"a": 1}}},
    {"table": "t", "columns": ["a"], "rows": [[1], [2]]},
    {"campaign": "part", "parent": "earlier", "payloads": [{"name": "calibrate", "data": {"where": "exposure = 1"}}]},
]  # fmt: skip

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text(max_size=20),
    st.sampled_from(["isr", "raw", "exposure", "{a}", "1 GiB", "a..b", "..", "", "x" * 200, "isr..measure",
                     "earlier", "by", "tile"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """An example in which up to four values are replaced, removed or doubled."""
    data = copy.deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        holder = data
        while True:
            places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            inner = holder[place]
            if isinstance(inner, dict | list) and inner and draw(st.booleans()):
                holder = inner
                continue
            change = draw(st.sampled_from(["replace", "remove", "move"]))
            if change == "replace":
                holder[place] = draw(VALUES)
            elif change == "remove":
                del holder[place]
            elif isinstance(holder, dict):
                holder[draw(st.text(min_size=1, max_size=12))] = holder.pop(place)
            break
    return data


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_no_damage_makes_it_crash(data):
    found = check(Document(data), CATALOG)
    assert (found.spec is None) == bool(found.problems)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.text(max_size=12), VALUES, max_size=5), VALUES)
def test_no_rubbish_makes_it_crash(kind, rest, value):
    found = check(Document({kind: value, **rest}), CATALOG)
    assert (found.spec is None) == bool(found.problems)


def many(number: int) -> dict[str, Any]:
    """Large parts of a campaign, each wrong in every place."""
    names = [f"k{at}" for at in range(number)]
    return {
        "config": {"config": dict.fromkeys(names, 1)},
        "description": " ".join(f"{{{name}}}" for name in names),
        "tags": ["a b"] * number,
        "payloads": [{
            "name": "calibrate",
            "pipelines": [{"pipeline": "example-calibration", "skip": names, "order": names, "steps": names}],
            "data": {"where": "a = 1", "exclude": [{name: 1} for name in names], "inputs": names},
            "cluster": {"a": {"steps": names}},
            "steps": {name: {"x": 1} for name in names},
        }],
    }  # fmt: skip


@pytest.mark.parametrize("part", ["config", "description", "tags", "payloads", "unknown", "layer"])
def test_enormous_documents_are_answered_in_time_and_in_moderate_length(part):
    data = copy.deepcopy(EXAMPLES[0])
    if part == "unknown":
        data |= {f"k{at}": 1 for at in range(40_000)}
    elif part == "layer":
        data = {"layer": {"scope": "global"}, "config": {f"k{at}": 1 for at in range(40_000)}}
    else:
        data[part] = many(6_000)[part]
    text = json.dumps(data)
    began = time.process_time()
    found = check(load(text).documents[0], CATALOG)
    assert time.process_time() - began < 10
    assert len(found.problems) <= 1001


def test_what_is_not_told_is_counted():
    data = copy.deepcopy(EXAMPLES[0])
    data["payloads"][0]["steps"] = {f"k{at}": {} for at in range(1500)}
    last = check(load(json.dumps(data)).documents[0], CATALOG).problems[-1]
    assert last.message.startswith("there are ") and last.message.endswith(" more problems; mend these first")
