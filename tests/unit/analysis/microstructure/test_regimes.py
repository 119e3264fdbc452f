"""Calm and wild times: planted ones are found, the chain is that of its definition, and one regime is called one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import exp, pi, sqrt
from random import Random

import pytest

from market_sim import MarketMaker, Noise, Scenario, Stock, dollars
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.regimes import CALM, WILD, Fitted, MarkovChain, filtered, fitted, smoothed
from market_sim.analysis.microstructure.report_tables import report
from market_sim.analysis.visualization.microscope_picture import microscope_charts
from market_sim.analysis.visualization.regime_picture import regime_sentence
from market_sim.market.dynamics.volatility import Regimes
from market_sim.simulation.market_alone import market_alone

IN_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
CHAIN = MarkovChain(calm=1.0, wild=16.0, stay_calm=0.9, stay_wild=0.8, first_wild=0.3)
STEP_NS = 100_000_000
"""A step of the believed value."""


@dataclass
class Planted(Regimes):
    """Regimes that note which one each step belongs to."""

    states: list[bool] = field(default_factory=list, init=False)

    def factor(self, value, stream, others):
        found = super().factor(value, stream, others)
        self.states.append(self.is_wild)
        return found


@dataclass(frozen=True)
class CalmAndWild(Scenario):
    """A market whose value has calm and wild times."""

    name = "calm-and-wild"
    states: tuple = ()

    def build(self, world):
        process = Planted()
        object.__setattr__(self, "states", process.states)
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), process)
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": 1_000}, every_ms=50)
        for number in range(6):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50})


def labelled(seed):
    """The book of a run with planted regimes, and for each of its returns whether the value was wild."""
    scenario = CalmAndWild()
    journal = market_alone(scenario, seed, 40)
    [book] = Microscope(journal).books
    return journal, book, [scenario.states[step.end // STEP_NS - 1] for step in book.intervals[1:]]


def test_planted_regimes_are_labelled_right_for_four_fifths_of_the_time():
    seeds = range(1, 11 if IN_FULL else 4)
    shares = []
    for seed in seeds:
        _, book, truth = labelled(seed)
        labels = book.regimes.labels
        assert len(labels) == len(truth) > 150 and 0 < sum(truth) < len(truth)
        shares.append(sum(one == other for one, other in zip(labels, truth, strict=True)) / len(truth))
    assert min(shares) >= 0.8, shares
    assert sum(shares) / len(shares) > 0.9


def paths(returns, chain):
    """Every path of states with its probability together with the returns."""
    for path in product((False, True), repeat=len(returns)):
        chance = chain.first_wild if path[0] else 1 - chain.first_wild
        for before, after in pairwise(path):
            stay = chain.stay_wild if before else chain.stay_calm
            chance *= stay if before == after else 1 - stay
        for is_wild, one in zip(path, returns, strict=True):
            variance = chain.wild if is_wild else chain.calm
            chance *= exp(-one * one / 2 / variance) / sqrt(2 * pi * variance)
        yield path, chance


def test_the_probabilities_are_those_of_all_paths_together():
    returns = [0.5, -1.2, 4.0, 7.5, -3.0, 0.2, 0.1, -6.0]
    given = [
        tuple(exp(-one * one / 2 / variance) / sqrt(2 * pi * variance) for variance in (CHAIN.calm, CHAIN.wild))
        for one in returns
    ]
    weights, stay_calm, stay_wild = smoothed(filtered(given, CHAIN), given, CHAIN)
    every = list(paths(returns, CHAIN))
    whole = sum(chance for _, chance in every)
    for place, weight in enumerate(weights):
        assert weight == pytest.approx(sum(chance for path, chance in every if path[place]) / whole)
    for state, found in ((False, stay_calm), (True, stay_wild)):
        steps = [(a, b, chance) for path, chance in every for a, b in pairwise(path) if a == state]
        kept = sum(chance for a, b, chance in steps if a == b) / sum(chance for _, _, chance in steps)
        assert found == pytest.approx(min(0.999, max(0.5, kept)))


@pytest.mark.thorough
def test_returns_of_one_normal_distribution_are_one_regime():
    found = [fitted(gaussians(seed)) for seed in range(20)]
    assert sum(one.is_one for one in found) >= 19
    assert not any(any(one.labels) for one in found if one.is_one)


def gaussians(seed):
    chance = Random(seed)
    return [chance.gauss(0, 3) for _ in range(200)]


def test_too_few_returns_and_prices_that_stand_still_have_no_regimes():
    assert fitted([1.0] * 19) is None
    assert fitted([0.0] * 100) is None
    assert fitted([]) is None


def test_stretches_follow_from_the_labels_and_the_picture_shades_the_wild_ones():
    journal, book, _ = labelled(1)
    fit = book.regimes
    assert [one.regime == WILD for one in fit.stretches for _ in range(one.first, one.end)] == fit.labels
    assert {one.regime for one in fit.stretches} == {CALM, WILD}
    [chart] = [one for one in microscope_charts(Microscope(journal), TimeAxis.of(journal)) if one.name == "regimes"]
    assert chart.sentence == regime_sentence(book, fit)
    assert f"{sum(fit.labels) / len(fit.labels):.0%} of the time" in chart.sentence
    strip = chart.panels()[1]
    ends = [step.end / 1e9 for step in book.intervals]
    wild = [(ends[one.first], ends[one.end]) for one in fit.stretches if one.regime == WILD]
    assert [(shape["x0"], shape["x1"]) for shape in strip.shapes] == wild
    [table] = [one for one in report(Microscope(journal)) if one.name == "regimes"]
    assert [(row["time"] / 1e9, row["end"] / 1e9) for row in table if row["regime"] == WILD] == wild
    assert {row["bps"] for row in table} == {10_000 * fit.calm, 10_000 * fit.wild}


def test_one_regime_is_said_with_both_figures():
    _, book, _ = labelled(1)
    said = regime_sentence(book, Fitted(0.001, 0.0015, (0.4, 0.9)))
    assert "one regime. The two that fit best move by 10.0 and 15.0 bps" in said
    assert said.endswith("which is less than 2.5 times as much.")


def test_a_price_that_moves_and_stands_still_in_turns_has_one_regime():
    """As where a maker renews its quotes in every other step."""
    chance = Random(3)
    flickering = fitted([0.0 if step % 2 else chance.gauss(0, 3) for step in range(100)])
    assert flickering.is_flickering and flickering.is_one and not flickering.is_close
    assert not any(flickering.labels) and len(flickering.stretches) == 1
    _, book, _ = labelled(1)
    assert regime_sentence(book, flickering).endswith("which take turns: a stretch lasts less than 5 steps on average.")


@pytest.mark.parametrize(("length", "is_one"), [(4, True), (5, False), (6, False)])
def test_five_steps_are_enough_for_a_stretch(length, is_one):
    chances = [0.9 if step // length % 2 else 0.1 for step in range(20 * length)]
    assert Fitted(1.0, 9.0, tuple(chances)).is_one == is_one
