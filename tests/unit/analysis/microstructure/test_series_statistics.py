"""The statistics of returns: equal to their definitions, and a sentence where they do not exist."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from random import Random

import pytest

from market_sim.analysis.microstructure.series_statistics import (
    autocorrelations,
    correlation,
    excess_kurtosis,
    hill,
    power_decay,
    variance_ratio,
)
from market_sim.core.errors import InputError
from tests.unit.analysis.microstructure import naive

SERIES = [
    [round(stream.gauss(0.1, 0.01), 4) for stream in [Random(2)] for _ in range(41)],
    [round(exp(stream.gauss(0, 1)), 3) for stream in [Random(3)] for _ in range(60)],
    [round(stream.gauss(0, 1) + place / 9, 3) for stream in [Random(4)] for place in range(41)],
]


@pytest.mark.parametrize("values", SERIES)
def test_the_statistics_equal_their_definitions(values: list[float]):
    assert excess_kurtosis(values) == pytest.approx(naive.kurtosis(values))
    found = autocorrelations(values, 9)
    assert found == pytest.approx([naive.autocorrelation(values, lag) for lag in range(1, 10)])
    sizes = [abs(one) for one in values]
    assert hill(sizes, 0.1) == pytest.approx(naive.hill(sizes, 0.1))
    for horizon in (2, 5, 16):
        assert variance_ratio(values, horizon) == pytest.approx(naive.variance_ratio(values, horizon))


def test_a_pareto_tail_has_its_index():
    stream = Random(5)
    for index in (1.5, 3.0):
        values = [(1 - stream.random()) ** (-1 / index) for _ in range(20_000)]
        assert hill(values) == pytest.approx(index, rel=0.1)


def test_an_autoregressive_series_has_its_autocorrelation_and_a_ratio_above_one():
    stream, values = Random(6), [0.0]
    for _ in range(20_000):
        values.append(0.5 * values[-1] + stream.gauss(0, 1))
    found = autocorrelations(values, 3)
    assert found == pytest.approx([0.5, 0.25, 0.125], abs=0.03)
    ratio, score = variance_ratio(values, 2)
    assert ratio == pytest.approx(1.5, abs=0.03)
    assert score > 10


def test_a_power_law_has_its_exponent_and_noise_has_none():
    assert power_decay([lag**-0.4 for lag in range(1, 101)]) == pytest.approx(0.4)
    assert power_decay([0.1, -0.1, -0.1, -0.1]) is None


def test_correlation_is_that_of_the_definition():
    one, other = SERIES[0], SERIES[2]
    assert correlation(one, one) == pytest.approx(1)
    assert correlation(one, [-value for value in one]) == pytest.approx(-1)
    assert abs(correlation(one, other)) < 0.5


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: excess_kurtosis([3, 3, 3]), "never changes"),
        (lambda: excess_kurtosis([3]), "at least two values, found 1"),
        (lambda: autocorrelations([1, 2, 3], 3), "between 1 and 2"),
        (lambda: variance_ratio([1, 2, 3], 1), "between 2 and 2"),
        (lambda: hill([1.0] * 100), "all the same"),
        (lambda: hill([1.0, 2.0]), "two positive values"),
    ],
)
def test_what_has_no_statistic_is_one_sentence(wrong: Callable[[], object], says: str):
    with pytest.raises(InputError, match=says):
        wrong()
