"""What holds for every plan, tried on pipelines, data, clusters, splits and orders nobody thought of.

The expectation of instances and inputs comes from a slow planner of few lines that follows the definition literally.
"""

from itertools import product
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from campaigns.core import barriers
from campaigns.core.clustering import Cluster, cluster_faults
from campaigns.core.ordering import Order, OrderKind
from campaigns.core.planner import Plan, PlanSpec, plan
from campaigns.core.problem import PlanError
from campaigns.core.splitting import Split
from campaigns.core.universe import DatasetRow, Table
from execution.core.workflow import Blueprint, InputSpec, Need, OutputSpec, Request, StepSpec

DIMENSIONS = ("exposure", "detector", "tile")
SETS = [(), ("exposure",), ("detector",), ("tile",), ("detector", "exposure"), ("tile", "exposure"), DIMENSIONS]
NEEDS = [(Need.REQUIRED, 0), (Need.OPTIONAL, 0), (Need.AT_LEAST, 1), (Need.AT_LEAST, 2)]
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@st.composite
def specs(draw: st.DrawFn) -> PlanSpec:
    """A random payload: two existing types and up to five steps that read whatever stands before them."""
    types: dict[str, tuple[str, ...]] = {"raw": ("exposure", "detector"), "aux": draw(st.sampled_from(SETS))}
    steps: list[StepSpec] = []
    for at in range(draw(st.integers(1, 5))):
        dimensions = draw(st.sampled_from(SETS))
        chosen = draw(st.lists(st.sampled_from(sorted(types)), min_size=1, max_size=3, unique=True))
        inputs = tuple(InputSpec(name, *draw(st.sampled_from(NEEDS))) for name in chosen)
        types[f"t{at}"] = dimensions
        steps.append(StepSpec(f"s{at}", at, dimensions, ("true",), inputs, (OutputSpec(f"t{at}", dimensions),)))
    values = st.integers(1, 4)
    raw = draw(st.lists(st.tuples(values, values), min_size=1, max_size=12, unique=True))
    aux = draw(st.lists(st.tuples(*[values] * len(types["aux"])), max_size=4, unique=True))
    datasets = [DatasetRow("raw", data_id, number) for number, data_id in enumerate(raw, start=1)]
    datasets += [DatasetRow("aux", data_id, number) for number, data_id in enumerate(aux, start=100)]
    table = Table("tiles", ("exposure", "tile"), draw(st.lists(st.tuples(values, values), max_size=6, unique=True)))
    labels = [step.label for step in steps]
    blueprint = Blueprint("c", 1, "p", tuple(steps), types, {"local": dict.fromkeys(labels, Request())})
    clusters = draw(st.lists(cluster_of(labels), max_size=2))
    clusters = [Cluster(f"c{at}", *rest) for at, rest in enumerate(clusters)]
    order = draw(
        st.sampled_from([Order(), Order(OrderKind.DEPTH_FIRST), Order(OrderKind.BY_DIMENSIONS, ("exposure",))])
    )
    split = draw(
        st.builds(Split, st.sampled_from([(), ("exposure",), ("detector", "exposure")]), st.sampled_from([0, 2, 5]))
    )
    return PlanSpec(blueprint, datasets, (table,), clusters=tuple(clusters), order=order, split=split)


def cluster_of(labels: list[str]) -> st.SearchStrategy[tuple[Any, ...]]:
    steps = st.lists(st.sampled_from(labels), min_size=1, max_size=3, unique=True).map(tuple)
    return st.tuples(
        steps, st.sampled_from([(), ("exposure",)]), st.sampled_from([0, 1, 3]), st.sampled_from([0, 0, 2])
    )


def planned(spec: PlanSpec) -> Plan:
    assume(not list(cluster_faults(spec.blueprint.steps, spec.clusters)))
    try:
        return plan(spec)
    except PlanError:
        assume(False)
        raise


def literally(spec: PlanSpec) -> dict[tuple[str, tuple[int, ...]], set[tuple[str, tuple[int, ...]]]]:
    """(step, data ID) -> what it reads, by going through all rows for everything."""
    types = spec.blueprint.types
    rows: list[dict[str, int]] = []
    existing: set[tuple[str, tuple[int, ...]]] = set()
    for item in spec.datasets:
        existing.add((item.type, item.data_id))
        row = dict(zip(types[item.type], item.data_id, strict=True))
        rows.extend(joined(row, spec.tables[0]))
    if not any({"exposure", "tile"} & set(types[item.type]) for item in spec.datasets):
        rows.extend(dict(zip(spec.tables[0].columns, values, strict=True)) for values in spec.tables[0].rows)
    found: dict[tuple[str, tuple[int, ...]], set[tuple[str, tuple[int, ...]]]] = {}
    for step in spec.blueprint.steps:
        for data_id in projected(rows, step.dimensions):
            mine = dict(zip(step.dimensions, data_id, strict=True))
            reads: list[set[tuple[str, tuple[int, ...]]]] = []
            for item in step.inputs:
                both = tuple(dict.fromkeys((*step.dimensions, *types[item.type])))
                near = [row for row in rows if set(both) <= set(row) and mine.items() <= row.items()]
                candidates = {(item.type, other) for other in projected(near, types[item.type])}
                reads.append({one for one in candidates if one in existing or (f"s{item.type[1:]}", one[1]) in found})
            enough = all(
                len(some) >= {Need.REQUIRED: 1, Need.OPTIONAL: 0}.get(item.need, item.at_least)
                for some, item in zip(reads, step.inputs, strict=True)
            )
            if enough and any(reads):
                found[step.label, data_id] = set().union(*reads)
    return found


def joined(row: dict[str, int], table: Table) -> list[dict[str, int]]:
    shared = [name for name in table.columns if name in row]
    if not shared:
        return [row]
    more = [dict(zip(table.columns, values, strict=True)) for values in table.rows]
    return [row | other for other in more if all(other[name] == row[name] for name in shared)] or [row]


def projected(rows: list[dict[str, int]], dimensions: tuple[str, ...]) -> set[tuple[int, ...]]:
    if not dimensions:
        return {()}
    return {tuple(row[name] for name in dimensions) for row in rows if set(dimensions) <= set(row)}


@SLOW
@given(specs())
def test_instances_and_inputs_are_those_of_the_definition(spec):
    found = {}
    for workflow in planned(spec).workflows():
        for job in workflow.jobs:
            for instance in job.instances:
                step = spec.blueprint.steps[instance.step]
                key = (step.label, instance.data_id)
                assert key not in found
                found[key] = {(item.type, item.data_id) for item in instance.inputs}
    assert found == literally(spec)


@SLOW
@given(specs())
def test_numbers_count_in_the_order_of_the_stream(spec):
    jobs = [job for workflow in planned(spec).workflows() for job in workflow.jobs]
    assert [job.number for job in jobs] == list(range(len(jobs)))
    numbers = [instance.number for job in jobs for instance in job.instances]
    assert numbers == list(range(len(numbers)))


@SLOW
@given(specs())
def test_everything_that_is_read_is_made_before(spec):
    """Earlier in the same job, or in a parent, or in a parent of a barrier that is a parent."""
    job_of: dict[int, int] = {}
    parents: dict[int, set[int]] = {}
    for workflow in planned(spec).workflows():
        for job in workflow.jobs:
            assert all(parent < job.number for parent in job.parents)
            reached = set(job.parents)
            for parent in job.parents:
                reached |= parents[parent] if parent not in set(job_of.values()) else set()
            parents[job.number] = set(job.parents)
            for instance in job.instances:
                for item in instance.inputs:
                    if item.producer >= 0:
                        assert item.producer < instance.number
                        assert job_of[item.producer] in reached | {job.number}
                job_of[instance.number] = job.number


@SLOW
@given(specs())
def test_parents_are_only_those_that_make_something_read(spec):
    jobs = [job for workflow in planned(spec).workflows() for job in workflow.jobs]
    job_of = {instance.number: job.number for job in jobs for instance in job.instances}
    barriers = {job.number: set(job.parents) for job in jobs if not job.instances}
    for job in jobs:
        read = {job_of[item.producer] for one in job.instances for item in one.inputs if item.producer >= 0}
        meant = {parent for at in job.parents for parent in barriers.get(at, {at})}
        assert not job.instances or meant == read - {job.number}


@SLOW
@given(specs())
def test_barriers_take_the_place_of_edges_and_change_nothing_else(spec):
    without = [job for workflow in planned(spec).workflows() for job in workflow.jobs]
    with patch.object(barriers, "LEAST_PARENTS", 1), patch.object(barriers, "WORTH", 0):
        jobs = [job for workflow in planned(spec).workflows() for job in workflow.jobs]
    behind = {job.number: job.parents for job in jobs if not job.instances}
    real = {job.number: number for number, job in enumerate(job for job in jobs if job.instances)}
    meant = [
        sorted({real[one] for at in job.parents for one in behind.get(at, (at,))}) for job in jobs if job.instances
    ]
    assert [job.instances for job in jobs if job.instances] == [job.instances for job in without]
    assert meant == [sorted(job.parents) for job in without]


@SLOW
@given(specs())
def test_counts_are_known_before_and_true(spec):
    made = planned(spec)
    jobs = [job for workflow in made.workflows() for job in workflow.jobs]
    assert made.counts.total_instances == sum(len(job.instances) for job in jobs)
    assert made.counts.total_jobs == len(jobs)
    assert made.counts.workflows == len(list(made.workflows()))
    for cluster in spec.clusters:
        sizes = [len(job.instances) for job in jobs if job.label == cluster.name]
        assert not cluster.max_size or max(sizes, default=0) <= cluster.max_size
        assert not cluster.max_jobs or len(sizes) <= cluster.max_jobs


@SLOW
@given(specs())
def test_ranks_are_unique_and_respect_dependencies(spec):
    jobs = {job.number: job for workflow in planned(spec).workflows() for job in workflow.jobs}
    assert sorted(job.rank for job in jobs.values()) == list(range(len(jobs)))
    assert all(jobs[parent].rank < job.rank for job in jobs.values() for parent in job.parents)


@SLOW
@given(specs())
def test_a_workflow_stays_within_its_limit_of_instances(spec):
    made = planned(spec)
    for workflow in made.workflows():
        sizes = [len(job.instances) for job in workflow.jobs]
        assert (
            not spec.split.max_instances or sum(sizes) <= spec.split.max_instances or len([s for s in sizes if s]) == 1
        )


@SLOW
@given(specs())
def test_the_same_spec_gives_the_same_plan(spec):
    first, second = planned(spec), planned(spec)
    for one, other in zip(first.workflows(), second.workflows(), strict=True):
        assert list(one.jobs) == list(other.jobs)


def test_the_slow_planner_agrees_on_a_plan_written_by_hand():
    step = StepSpec("s0", 0, ("exposure",), ("true",), (InputSpec("raw"),), (OutputSpec("t0", ("exposure",)),))
    types = {"raw": ("exposure", "detector"), "aux": (), "t0": ("exposure",)}
    datasets = [DatasetRow("raw", data_id, number) for number, data_id in enumerate(product([1], [1, 2]), start=1)]
    spec = PlanSpec(Blueprint("c", 1, "p", (step,), types, {}), datasets, (Table("tiles", ("exposure", "tile"), []),))
    assert literally(spec) == {("s0", (1,)): {("raw", (1, 1)), ("raw", (1, 2))}}
