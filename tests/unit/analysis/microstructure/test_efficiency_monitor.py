"""The monitor of efficiency: each moment looks back on the last returns only, and the picture says what it saw."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from random import Random
from statistics import fmean

import pytest

from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.microstructure.efficiency import EVERY, FEWEST, WINDOW, efficiency, watched
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.visualization.efficiency_picture import NAMES, efficiency_monitor
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.first_market import FirstMarket


def drawn(seed: int, count: int) -> list[float]:
    chance = Random(seed)
    return [chance.gauss(0, 1) for _ in range(count)]


def test_each_moment_has_the_statistics_of_the_last_returns_alone():
    returns = drawn(1, 150)
    found = watched(returns)
    assert [one.returns for one in found] == [*range(FEWEST, 151, EVERY)]
    for one in found:
        last = returns[max(0, one.returns - WINDOW) : one.returns]
        mean = fmean(last)
        products = [(a - mean) * (b - mean) for a, b in pairwise(last)]
        assert one.correlation.measured == pytest.approx(sum(products) / sum((value - mean) ** 2 for value in last))
        assert one.correlation.high == -one.correlation.low == pytest.approx(1.96 / sqrt(len(last)))
        assert one.ratio == {band.name: band for band in efficiency(last)}["VR(5)"]
    assert found[:5] == watched(returns[:32]), "what comes later changes nothing"


def test_about_one_in_twenty_of_independent_returns_lies_outside_and_all_of_those_that_follow_each_other():
    inside = [one.correlation.inside for seed in range(40) for one in watched(drawn(seed, 132))[9:]]
    assert 0.9 < fmean(inside) < 1
    trending = [sum(noise) for noise in zip(drawn(5, 140), drawn(5, 139)[1:], drawn(5, 140)[2:], strict=False)]
    seen = watched(trending)[10:]
    assert not any(one.correlation.inside for one in seen) and all(one.ratio.measured > 1 for one in seen)


def test_too_few_returns_and_a_price_that_stands_still_are_no_moment():
    assert watched(drawn(1, FEWEST - 1)) == [] and len(watched(drawn(1, FEWEST))) == 1
    assert watched([0.0] * 100) == []
    assert [one.returns for one in watched([0.0] * 20 + drawn(2, 10))] == [22, 27]


def test_the_picture_has_both_statistics_with_their_bands_and_the_sentence_counts_what_is_outside():
    journal = market_alone(FirstMarket(), 7, 8)
    [book] = Microscope(journal).books
    chart = efficiency_monitor(book, TimeAxis.of(journal))
    pairs = [one[1:] for one in book.efficiency]
    outside = [sum(not band.inside for band in some) for some in zip(*pairs, strict=True)]
    assert f"of {len(pairs)} moments the autocorrelation lay outside its band at {outside[0]} and" in chart.sentence
    assert f"variance ratio at {outside[1]};" in chart.sentence
    first, second = chart.panels()
    assert (first.title, second.title) == NAMES
    for panel, place in ((first, 1), (second, 2)):
        measured, low, high = (trace["y"] for trace in panel.traces)
        assert measured == [one[place].measured for one in book.efficiency]
        assert all(bottom < top for bottom, top in zip(low, high, strict=True))
        assert panel.traces[0]["x"] == [book.intervals[one.returns].end / 1e9 for one in book.efficiency]
    assert [float(row[0]) for row in chart.table.rows] == pytest.approx(
        [book.intervals[one.returns].end / 1e9 for one in book.efficiency]
    )
