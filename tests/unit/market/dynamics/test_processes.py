"""Each value process has the moments that its formula says, and reads no future and nobody else's chance."""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt
from statistics import fmean, pstdev

import pytest

from market_sim import Noise, Stock, World
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.randomness import Randomness
from market_sim.market.dynamics.followers import Cointegrated, MarketModel
from market_sim.market.dynamics.process import ValueProcess
from market_sim.market.dynamics.recorded import Recorded
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.dynamics.volatility import Garch, Regimes
from market_sim.market.dynamics.walks import Jumps, MeanReverting, RandomWalk

START = 10**9
STEPS = 40_000
BPS = 10_000


def paths(processes: dict[str, ValueProcess], steps: int = STEPS, seed: int = 1) -> dict[str, list[float]]:
    """The logarithm of every value after each step; the values start at a billion, so that rounding plays no part."""
    chance = Randomness(seed)
    values = {
        symbol: BelievedValue(START, process, chance.stream(f"value/{symbol}")) for symbol, process in processes.items()
    }
    told: dict[str, list[float]] = {symbol: [log(START)] for symbol in values}
    for _ in range(steps):
        for symbol, value in values.items():
            value.step(values)
            told[symbol].append(log(value.now))
    return told


def steps_of(path: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(path)]


def correlation(one: list[float], other: list[float]) -> float:
    a, b = fmean(one), fmean(other)
    product = fmean((x - a) * (y - b) for x, y in zip(one, other, strict=True))
    return product / (pstdev(one) * pstdev(other))


def kurtosis(sample: list[float]) -> float:
    mean, deviation = fmean(sample), pstdev(sample)
    return fmean(((one - mean) / deviation) ** 4 for one in sample)


def test_a_random_walk_has_the_deviation_and_the_drift_that_were_asked_for() -> None:
    path = steps_of(paths({"A": RandomWalk(20, drift_bps=1)})["A"])
    assert pstdev(path) * BPS == pytest.approx(20, rel=0.02)
    assert fmean(path) * BPS == pytest.approx(1, abs=0.4)
    assert abs(correlation(path[1:], path[:-1])) < 0.02


def test_a_mean_reverting_value_has_the_stationary_deviation_and_the_half_life_of_its_formula() -> None:
    path = paths({"A": MeanReverting(START, half_life=10, volatility_bps=30)})["A"][200:]
    phi = 0.5 ** (1 / 10)
    assert pstdev(path) * BPS == pytest.approx(30 / sqrt(1 - phi**2), rel=0.05)
    assert fmean(path) == pytest.approx(log(START), abs=0.001)
    assert correlation(path[10:], path[:-10]) == pytest.approx(0.5, abs=0.05)


def test_a_mean_reverting_value_that_starts_away_from_its_level_goes_there() -> None:
    path = paths({"A": MeanReverting(2 * START, half_life=10, volatility_bps=0)}, steps=20)["A"]
    assert log(2 * START) - path[10] == pytest.approx(log(2) / 2)
    assert log(2 * START) - path[20] == pytest.approx(log(2) / 4)


def test_jumps_have_the_variance_and_the_tails_of_mertons_mixture() -> None:
    small, large, often = 5.0, 80.0, 0.05
    path = steps_of(paths({"A": Jumps(small, often, jump_bps=large)})["A"])
    assert pstdev(path) * BPS == pytest.approx(sqrt(small**2 + often * large**2), rel=0.05)
    both = small**2 + large**2
    fourth = 3 * ((1 - often) * small**4 + often * both**2)
    assert kurtosis(path) == pytest.approx(fourth / (small**2 + often * large**2) ** 2, rel=0.15)
    leaning = steps_of(paths({"A": Jumps(0, often, jump_mean_bps=-40, jump_bps=0)})["A"])
    assert fmean(leaning) * BPS == pytest.approx(-40 * often, rel=0.1)


def test_garch_steps_are_white_once_divided_by_the_variance_that_its_recursion_gives() -> None:
    alpha, beta = 0.2, 0.7
    path = steps_of(paths({"A": Garch(10, alpha, beta)})["A"])
    longrun = (10 / BPS) ** 2
    assert pstdev(path) * BPS == pytest.approx(10, rel=0.05)
    variance, standard = longrun, []
    for step in path:
        standard.append(step / sqrt(variance))
        variance = (1 - alpha - beta) * longrun + alpha * step**2 + beta * variance
    assert pstdev(standard) == pytest.approx(1, rel=0.02)
    assert kurtosis(standard) == pytest.approx(3, rel=0.05)
    assert kurtosis(path) > 3.5
    squares = [one**2 for one in standard]
    assert abs(correlation(squares[1:], squares[:-1])) < 0.02
    assert correlation([x**2 for x in path[1:]], [x**2 for x in path[:-1]]) > 0.15


def test_regimes_last_as_long_and_move_as_much_as_was_asked_for() -> None:
    process = Regimes(calm_bps=5, wild_bps=40, calm_steps=60, wild_steps=20)
    value = BelievedValue(START, process, Randomness(3).stream("value"))
    steps: dict[bool, list[float]] = {False: [], True: []}
    changes, wild = 0, process.is_wild
    for _ in range(STEPS):
        value.step({})
        steps[process.is_wild].append(log(value.moved))
        changes += process.is_wild != wild
        wild = process.is_wild
    assert len(steps[True]) / STEPS == pytest.approx(20 / 80, rel=0.1)
    assert STEPS / (changes / 2) == pytest.approx(80, rel=0.1)
    assert pstdev(steps[False]) * BPS == pytest.approx(5, rel=0.03)
    assert pstdev(steps[True]) * BPS == pytest.approx(40, rel=0.03)


def test_a_market_model_has_the_beta_and_the_correlation_of_its_formula() -> None:
    made = paths({"A": RandomWalk(10), "B": MarketModel("A", beta=1.5, volatility_bps=8)})
    one, other = steps_of(made["A"]), steps_of(made["B"])
    expected = 1.5 * 10 / sqrt((1.5 * 10) ** 2 + 8**2)
    assert correlation(one, other) == pytest.approx(expected, abs=0.01)
    assert correlation(one, other) * pstdev(other) / pstdev(one) == pytest.approx(1.5, rel=0.02)


def test_a_cointegrated_value_wanders_with_its_leader_and_its_deviation_halves() -> None:
    made = paths({"A": RandomWalk(20), "B": Cointegrated("A", ratio=0.5, half_life=8, volatility_bps=15)})
    spread = [b - a - log(0.5) for a, b in zip(made["A"], made["B"], strict=True)][400:]
    phi = 0.5 ** (1 / 8)
    assert fmean(spread) == pytest.approx(0, abs=0.001)
    assert pstdev(spread) * BPS == pytest.approx(15 / sqrt(1 - phi**2), rel=0.05)
    assert correlation(spread[8:], spread[:-8]) == pytest.approx(0.5, abs=0.05)
    assert pstdev(made["B"]) > 5 * pstdev(spread)


def test_a_recorded_value_follows_its_series_and_then_stands_still() -> None:
    series = [100.0, 101.0, 99.5, 103.0]
    path = paths({"A": Recorded(series)}, steps=6)["A"]
    assert path == pytest.approx([log(START * entry / 100) for entry in [*series, 103, 103, 103]])


@pytest.mark.parametrize("process", [MeanReverting(START, 10, 0), Cointegrated("A", 1, 10, 0), Recorded([1, 2, 3])])
def test_a_split_changes_what_a_share_is_worth_and_not_where_its_value_goes(process: ValueProcess) -> None:
    def after(split: bool) -> float:
        leader = BelievedValue(START, RandomWalk(20), Randomness(1).stream("A"))
        value = BelievedValue(START // 2, process, Randomness(1).stream("B"))
        others = {"A": leader, "B": value}
        for step in range(12):
            if split and step == 5:
                value.restate(new=2, old=1)
            for one in others.values():
                one.step(others)
        return value.now * (2 if split else 1)

    if isinstance(process, Recorded):
        process._place = 0
    plain = after(split=False)
    if isinstance(process, Recorded):
        process._place = 0
    assert after(split=True) == pytest.approx(plain)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: RandomWalk(-1), "volatility_bps lies between 0 and 1000 basis points a step, found -1"),
        (lambda: MeanReverting(0), "a positive level"),
        (lambda: MeanReverting(1, half_life=0), "half-life"),
        (lambda: Jumps(jump_probability=1.1), "jump_probability lies between 0 and 1"),
        (lambda: Garch(reaction=0.5, persistence=0.5), "less than 1"),
        (lambda: Regimes(calm_steps=0.5), "at least one step"),
        (lambda: Cointegrated("A", ratio=0), "positive ratio"),
        (lambda: Recorded([]), "a series of positive numbers"),
        (lambda: Recorded([1, -1]), "a series of positive numbers"),
    ],
)
def test_a_process_that_makes_no_sense_is_refused(make, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        make()


# In a world


def moves(world: World, symbol: str) -> list[int]:
    world.start(10**9)
    world.clock.run(until=3 * 10**9)
    return [event.value for event in world.journal.of(ValueMoved) if event.symbol == symbol]


def test_a_scenario_chooses_a_process_and_no_process_touches_the_chance_of_another_value() -> None:
    def world(process: ValueProcess) -> World:
        made = World(5)
        for symbol in ("A", "B"):
            made.list(Stock(symbol))
        made.value("A", 10_000, process)
        made.value("B", 10_000, Garch())
        return made

    assert moves(world(RandomWalk(50)), "B") == moves(world(Jumps()), "B")
    assert moves(world(RandomWalk(50)), "A") != moves(world(Jumps()), "A")


def test_a_follower_needs_its_leader_before_it() -> None:
    world = World(5)
    world.list(Stock("A"))
    world.list(Stock("B"))
    for wrong in (lambda: world.value("B", 100, MarketModel("A")), lambda: world.value("A", 100, MarketModel("A"))):
        with pytest.raises(InputError, match="follows A, whose own value has to be stated before"):
            wrong()
    with pytest.raises(InputError, match="C has no value: it is not listed"):
        world.value("B", 100, MarketModel("C"))
    with pytest.raises(InputError, match="value must be a positive whole number, found 0"):
        world.value("B", 0)


@pytest.mark.parametrize("delay", [0, 30])
def test_a_value_that_only_some_know_is_hidden_from_the_others(delay: float) -> None:
    world = World(5)
    world.list(Stock("A"))
    world.value("A", 10_000, RandomWalk(5), known_to=("ann",))
    for name in ("ann", "bob"):
        world.join(name, Noise("A", trade_probability=0), cash=100, data_latency_ms=delay)
    assert moves(world, "A")
    assert isinstance(world.agents["ann"].view["A"].value, int)
    assert world.agents["bob"].view["A"].value is None
