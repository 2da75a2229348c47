"""Histograms: quantiles to 2.5 %, exact sums, the same however the values are split."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from provenance.core.histogram import Histogram

VALUES = st.lists(st.floats(0, 1e9, allow_subnormal=False), max_size=60)


def of(values: list[float]) -> Histogram:
    """A histogram of these values."""
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def test_an_empty_histogram_knows_no_quantile():
    empty = Histogram()
    assert (empty.quantile(0.5), empty.mean, empty.maximum, empty.to_json()) == (None, None, None, {})


def test_quantiles_of_a_hundred_values():
    histogram = of([float(n) for n in range(1, 101)])

    assert abs(histogram.quantile(0.5) - 50) <= 50 * 0.025
    assert abs(histogram.quantile(0.95) - 95) <= 95 * 0.025
    assert (histogram.quantile(1.0), histogram.maximum, histogram.mean) == (100.0, 100.0, 50.5)


def test_what_is_no_measurement_is_left_out():
    histogram = Histogram()
    for value in (None, -1.0, math.nan, math.inf):
        histogram.add(value)
    assert histogram == Histogram()


def test_zeros_count_as_zeros():
    histogram = of([0.0, 0.0, 0.0, 8.0])
    assert (histogram.quantile(0.5), histogram.quantile(1.0)) == (0.0, 8.0)


@given(VALUES, st.floats(0, 1))
def test_a_quantile_is_near_the_true_one(values: list[float], share: float):
    if not values:
        return
    true = sorted(values)[max(1, math.ceil(share * len(values))) - 1]
    assert abs(of(values).quantile(share) - true) <= 0.0251 * true + 1e-12


@given(VALUES, VALUES)
def test_merging_equals_adding_all(left: list[float], right: list[float]):
    merged = of(left)
    merged.merge(of(right))
    other_way = of(right)
    other_way.merge(of(left))

    assert merged == of(left + right) == other_way


@given(VALUES)
def test_a_histogram_survives_json(values: list[float]):
    assert Histogram.from_json(json.loads(json.dumps(of(values).to_json()))) == of(values)
