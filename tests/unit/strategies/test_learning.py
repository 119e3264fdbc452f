"""Learners on views made by hand: what they learn from which rewards, and what they do with it."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from random import Random

import pytest

from market_sim import BUY, SELL, InstrumentView, View
from market_sim.core.errors import InputError
from market_sim.core.models.intents import PlaceOrder
from market_sim.pricing.allocation import solved
from market_sim.strategies.learning.bandit import ARMS_BPS, BanditMaker
from market_sim.strategies.learning.learner import Learner
from market_sim.strategies.learning.logistic import SCALE_BPS, LogisticTrader
from market_sim.strategies.learning.prices import SlowAverage
from market_sim.strategies.learning.q_learner import POSITIONS, STATES, QLearner
from market_sim.strategies.learning.ridge import RidgeTrader


def seen(middle: int, position: int = 50, cash: int = 10**8, seed: int = 1) -> View:
    bid, ask = middle - 1, middle + 1
    depth = ([(bid, 500)], [(ask, 500)])
    market = InstrumentView("ACME", bid=bid, ask=ask, position=position, depth=depth, value=middle)
    return View({"ACME": market}, cash=cash, random=Random(seed))


def placed(learner: Learner, view: View) -> list[PlaceOrder]:
    return [one for one in learner.decide(view) if isinstance(one, PlaceOrder)]


@pytest.mark.parametrize("rule", ["ucb", "epsilon"])
def test_a_bandit_tries_every_spread_and_then_mostly_the_one_that_gains_most(rule: str) -> None:
    bandit, random = BanditMaker(rule=rule, learns=True, hold=1), Random(4)
    gains = {10: 5, 20: 20, 50: 100, 100: 60, 200: 0}
    cash = 10**8
    for number in range(600):
        list(bandit.decide(seen(10_000, cash=cash, seed=number)))
        cash += gains[ARMS_BPS[bandit._arm or 0]] + round(random.gauss(0, 20))
    counts = dict(zip(ARMS_BPS, bandit.knowledge["counts"], strict=True))
    assert min(counts.values()) >= 1
    assert bandit.best == 50
    assert counts[50] == max(counts.values()) > 200
    assert dict(zip(ARMS_BPS, bandit.knowledge["means"], strict=True))[50] == pytest.approx(100, abs=5)


def test_a_bandit_that_does_not_learn_quotes_the_best_spread_that_it_knows() -> None:
    bandit = BanditMaker()
    bandit.know({"counts": [1.0] * 5, "means": [0.0, 1, 2, 5, 3], "range": [5.0]})
    found = {one.side: one.limit for one in placed(bandit, seen(10_000))}
    assert found == {BUY: 9_950, SELL: 10_050}
    assert bandit.knowledge["counts"] == [1.0] * 5


def entry(steps: int, held: int) -> int:
    return ((steps + 3) * len(POSITIONS) + held + 1) * len(POSITIONS)


def test_the_update_of_q_is_that_of_the_book() -> None:
    learner = QLearner(learns=True, alpha=0.5, gamma=0.9, size=10)
    ahead = entry(1, 1)
    learner._values[ahead : ahead + 3] = [1.0, 2.0, 4.0]
    learner._learn(entry(0, 0) + 2, 1_000.0, ahead, 1_200.0)
    assert learner._values[entry(0, 0) + 2] == pytest.approx(0.5 * (20 + 0.9 * 4))


def test_a_q_learner_goes_where_its_table_says_and_does_nothing_when_it_knows_nothing() -> None:
    def after_average(learner: QLearner, middle: int) -> list[PlaceOrder]:
        for _ in range(60):
            list(learner.decide(seen(10_000)))
        return placed(learner, seen(middle))

    assert after_average(QLearner(), 10_040) == []
    values = [0.0] * (STATES * 3)
    values[entry(2, 0)] = 5.0  # far above the average: short pays
    taught = QLearner()
    taught.know({"values": values, "visits": values})
    [order] = after_average(taught, 10_040)
    assert (order.side, order.quantity) == (SELL, 20)
    again = QLearner()
    again.know({"values": values, "visits": values})
    assert after_average(again, 9_960) == []


def test_the_luck_of_what_it_began_with_is_no_reward() -> None:
    learner = QLearner(learns=True, epsilon=0.0)
    for middle in [10_000] * 40 + [10_100, 10_200, 9_000]:
        list(learner.decide(seen(middle)))
    assert set(learner.knowledge["values"]) == {0.0}


def test_ridge_finds_the_coefficients_of_a_linear_world() -> None:
    rows = [[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]]
    found = solved(rows, [1.0, 2.0, 3.0])
    back = [sum(a * x for a, x in zip(row, found, strict=True)) for row in rows]
    assert back == pytest.approx([1, 2, 3])
    trader = RidgeTrader(learns=True, horizon=1, penalty=1e-6)
    random = Random(9)
    for _ in range(400):
        features = (1.0, random.gauss(0, 10), random.gauss(0, 5))
        trader.learn(features, 2.0 - 0.5 * features[1] + 0.25 * features[2])
    assert trader.coefficients == pytest.approx([2, -0.5, 0.25], abs=1e-5)


def test_ridge_learns_a_move_only_once_it_has_happened() -> None:
    trader = RidgeTrader(learns=True, horizon=4)
    middles = [10_000 + 7 * (number % 5) for number in range(60)]
    before = None
    for number, middle in enumerate(middles):
        list(trader.decide(seen(middle)))
        known = trader.knowledge["products"][0]
        if before is not None and known > before:
            assert known == len(trader_looks(middles[: number + 1])) - 4, "the last four moves are not known yet"
        before = known
    assert known > 0


def trader_looks(middles: list[int]) -> list[float]:
    average = SlowAverage()
    return [one for one in map(average.deviation_bps, middles) if one is not None]


def test_ridge_trades_what_it_foresees_and_only_if_it_pays() -> None:
    def order_at(middle: int, **chosen) -> list[PlaceOrder]:
        trader = RidgeTrader(**chosen)
        trader.know({"products": [0.0] * 9, "targets": [0.0] * 3})
        trader._coefficients = [0.0, -0.5, 0.0]
        for _ in range(60):
            assert placed(trader, seen(10_000)) == []
        return placed(trader, seen(middle))

    assert [(one.side, one.quantity) for one in order_at(10_040)] == [(SELL, 20)]
    assert [one.side for one in order_at(9_960)] == [BUY]
    assert order_at(10_040, cost_bps=30) == []


def test_a_logistic_learner_finds_the_odds_of_a_logistic_world() -> None:
    trader, random = LogisticTrader(learns=True, penalty=0.0), Random(9)
    true = [0.3, -2.0, 0.0, 1.0]
    for _ in range(20_000):
        features = (1.0, random.gauss(0, 1), random.gauss(0, 1), random.uniform(-1, 1))
        odds = sum(weight * one for weight, one in zip(true, features, strict=True))
        trader.learn(features, 5.0 if random.random() < 1 / (1 + exp(-odds)) else -5.0)
    assert trader.knowledge["weights"] == pytest.approx(true, abs=0.15)
    assert trader.foreseen((1.0, 2.0, 0.0, 0.0)) == pytest.approx((2 / (1 + exp(3.7)) - 1) * 5, abs=0.1)


def test_a_logistic_learner_learns_nothing_from_a_price_that_stands_still() -> None:
    trader = LogisticTrader(learns=True)
    before = trader.knowledge
    trader.learn((1.0, 2.0, 1.0, 0.5), 0.0)
    assert trader.knowledge == before
    assert trader.foreseen((1.0, 2.0, 1.0, 0.5)) == 0.0


def test_the_features_of_the_logistic_learner_are_those_that_it_names() -> None:
    market = InstrumentView("ACME", bid=9_999, ask=10_001, depth=([(9_999, 30)], [(10_001, 5), (10_002, 5)]))
    assert LogisticTrader().features(market, 2 * SCALE_BPS, -SCALE_BPS) == (1.0, 2.0, -1.0, 0.5)
    assert LogisticTrader().features(InstrumentView("ACME"), 0.0, 0.0) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("kind", [BanditMaker, QLearner, RidgeTrader, LogisticTrader])
def test_what_is_learned_can_be_taken_over_and_must_fit(kind: type[Learner]) -> None:
    one, other = kind(), kind()
    knowledge = {name: [float(place + 1) for place in range(len(found))] for name, found in one.knowledge.items()}
    one.know(knowledge)
    other.know(one.knowledge)
    assert other.knowledge == one.knowledge == knowledge
    for name in knowledge:
        with pytest.raises(InputError, match=f"numbers under '{name}'"):
            kind().know({**knowledge, name: knowledge[name][1:]})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: BanditMaker(rule="best"),
        lambda: BanditMaker(hold=0),
        lambda: QLearner(gamma=1.0),
        lambda: QLearner(size=0),
        lambda: RidgeTrader(penalty=0),
        lambda: RidgeTrader(horizon=0),
        lambda: LogisticTrader(rate=0),
        lambda: LogisticTrader(penalty=-1),
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        wrong()
