"""The strategies of derivatives: what they ask for, given a market made by hand."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option, Warrant
from market_sim.core.models.intents import Cancel, Exercise, PlaceOrder, Resolve, Split
from market_sim.core.randomness import Stream
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.view import InstrumentView, OwnOrder, View
from market_sim.pricing.lmsr import charge, worst_loss
from market_sim.strategies.traditional.bettor import Bettor, Oracle
from market_sim.strategies.traditional.lmsr_maker import LmsrMaker
from market_sim.strategies.traditional.option_holder import Holder, OptionHolder, OptionWriter
from market_sim.strategies.traditional.option_maker import OptionMaker
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker

DAY = TRADING_DAY_NS
CALL = Option("CALL", underlying="ACME", strike=10_000, expiry=252 * DAY, style="american", multiplier=10)


def view(*instruments: InstrumentView, **facts) -> View:
    return View({each.symbol: each for each in instruments}, **{"cash": 1_000_000} | facts)


def prices(intents) -> list[tuple[str, int, int]]:
    return [(each.symbol, each.side, each.limit) for each in intents if isinstance(each, PlaceOrder)]


# Options


def test_the_option_maker_quotes_around_the_value_and_waits_until_it_moves():
    maker = OptionMaker((CALL,), volatility=0.2, edge=8)
    share = InstrumentView("ACME", value=10_000)
    quotes = prices(maker.decide(view(share, InstrumentView("CALL"))))
    # At the money for a year at 20 %: 796.56 cents.
    assert quotes == [("CALL", 1, 788), ("CALL", -1, 805)]
    waiting = (OwnOrder(1, "CALL", 1, 788, 2), OwnOrder(2, "CALL", -1, 805, 2))
    assert list(maker.decide(view(share, InstrumentView("CALL"), orders=waiting))) == []
    moved = list(maker.decide(view(InstrumentView("ACME", value=10_100), InstrumentView("CALL"), orders=waiting)))
    assert moved[:2] == [Cancel(1), Cancel(2)]
    assert prices(moved)[0][2] > 805


def test_the_option_maker_neither_holds_nor_writes_too_much_and_stops_at_the_expiry():
    maker, share = OptionMaker((CALL,), most=4), InstrumentView("ACME", value=10_000)
    assert [side for _, side, _ in prices(maker.decide(view(share, InstrumentView("CALL", position=-3))))] == [1]
    assert [side for _, side, _ in prices(maker.decide(view(share, InstrumentView("CALL", position=3))))] == [-1]
    assert list(maker.decide(view(share, InstrumentView("CALL"), time=252 * DAY))) == []


@pytest.mark.parametrize(
    ("time", "value", "position", "wanted"),
    [
        (0, 10_400, 3, []),
        (5, 10_299, 3, []),
        (5, 10_300, 3, [Exercise("CALL", 3)]),
        (5, 10_300, 0, [PlaceOrder("CALL", 1, 1, 70, "ioc")]),
        (252 * DAY, 10_300, 3, []),
    ],
)
def test_a_holder_buys_until_it_has_enough_and_exercises_when_it_pays(time, value, position, wanted):
    holder = OptionHolder(CALL, quantity=3, early_gain=300, after=5)
    market = InstrumentView("CALL", ask=70, position=position)
    assert list(holder.decide(view(InstrumentView("ACME", value=value), market, time=time))) == wanted


def test_a_put_gains_when_the_price_falls_and_a_warrant_is_held_like_a_call():
    put = Option("PUT", underlying="ACME", right="put", strike=10_000, expiry=DAY)
    down, up = InstrumentView("ACME", value=9_000), InstrumentView("ACME", value=11_000)
    held = InstrumentView("PUT", position=1)
    assert list(OptionHolder(put, early_gain=500).decide(view(down, held))) == [Exercise("PUT", 1)]
    assert list(OptionHolder(put, early_gain=500).decide(view(up, held))) == []
    warrant = Warrant("W", underlying="ACME", issuer="company", strike=10_000, expiry=DAY)
    assert list(OptionHolder(warrant, early_gain=1).decide(view(up, InstrumentView("W", position=4)))) == [
        Exercise("W", 4)
    ]


def test_a_writer_writes_at_the_bid_until_it_has_written_enough():
    writer = OptionWriter(CALL, quantity=2)
    assert prices(writer.decide(view(InstrumentView("CALL", bid=90, position=-1)))) == [("CALL", -1, 90)]
    assert list(writer.decide(view(InstrumentView("CALL", bid=90, position=-2)))) == []
    assert list(writer.decide(view(InstrumentView("CALL")))) == []
    assert list(Holder().decide(view(InstrumentView("CALL", bid=90)))) == []


# Perpetuals


def test_the_perpetual_maker_leans_against_what_it_holds():
    maker, index = PerpetualMaker(spread_bps=10, lean_bps=40, most=100), InstrumentView("BTC", value=100_000)
    assert prices(maker.decide(view(index, InstrumentView("BTC-PERP")))) == [
        ("BTC-PERP", 1, 99_950),
        ("BTC-PERP", -1, 100_050),
    ]
    short = prices(maker.decide(view(index, InstrumentView("BTC-PERP", position=-50))))
    assert short == [("BTC-PERP", 1, 100_150), ("BTC-PERP", -1, 100_250)]
    full = prices(maker.decide(view(index, InstrumentView("BTC-PERP", position=-98))))
    assert [side for _, side, _ in full] == [1]


# Questions


def question(yes: int = 0, no: int = 0, **facts) -> View:
    return view(InstrumentView("YES", position=yes, value=50), InstrumentView("NO", position=no), **facts)


def test_the_lmsr_maker_makes_its_pairs_first_and_begins_at_even_odds():
    maker = LmsrMaker(pairs=100, liquidity=50, size=5)
    assert list(maker.decide(question())) == [Split("YES", 100)]
    assert list(maker.decide(question())) == []  # the pairs are not there yet
    # An ask for no is a bid for yes in another book: the bid is what is right once that ask has traded.
    assert prices(maker.decide(question(100, 100))) == [("YES", -1, 52), ("YES", 1, 46), ("NO", -1, 52), ("NO", 1, 46)]


def test_the_more_yes_it_has_sold_the_dearer_yes_becomes():
    maker = LmsrMaker(pairs=100, liquidity=50, size=5)
    list(maker.decide(question()))
    quotes = prices(maker.decide(question(60, 100)))
    assert quotes[0][2] >= charge([40, 0], 0, 5, 50.0, 100) / 5
    assert quotes[0][2] > 65
    assert quotes[0][2] + quotes[2][2] > 100 > quotes[1][2] + quotes[3][2]


def test_the_lmsr_maker_never_loses_more_than_the_rule_allows():
    maker = LmsrMaker(pairs=400, liquidity=50, size=5)
    list(maker.decide(question()))
    sold, earned = 0, 0
    while (quotes := prices(maker.decide(question(400 - sold, 400)))) and quotes[0][:2] == ("YES", -1):
        sold, earned = sold + 5, earned + 5 * quotes[0][2]
    assert sold > 150
    assert 100 * sold - earned <= 100 * worst_loss(50, 2)


@given(
    taken=st.lists(st.tuples(*[st.integers(0, 5)] * 4), max_size=30),
    liquidity=st.sampled_from([1.0, 3.0, 10.0, 50.0, 400.0]),
)
@example(taken=[(5, 0, 0, 5)] * 10, liquidity=10.0)
def test_nor_does_it_when_several_of_its_quotes_trade_before_it_looks_again(taken, liquidity):
    maker = LmsrMaker(pairs=300, liquidity=liquidity, size=5)
    list(maker.decide(question()))
    held, cash = {"YES": 300, "NO": 300}, 0
    for sizes in taken:
        for (symbol, side, price), size in zip(prices(maker.decide(question(*held.values()))), sizes, strict=False):
            held[symbol] += side * size
            cash -= side * size * price
    for left in held.values():
        assert 100 * (left - 300) + cash >= -100 * worst_loss(liquidity, 2) - 1e-6


def test_a_bettor_takes_the_side_that_is_cheaper_than_its_opinion():
    def market(yes_ask: int, no_ask: int) -> View:
        yes = InstrumentView("YES", ask=yes_ask, value=60)
        return view(yes, InstrumentView("NO", ask=no_ask), random=Stream(1))

    assert prices(Bettor().decide(market(57, 50))) == [("YES", 1, 57)]
    assert prices(Bettor(bias=-20).decide(market(57, 50))) == [("NO", 1, 50)]
    [waits] = Bettor().decide(market(58, 50))
    assert waits.limit in (57, 37)
    assert list(Bettor(until=0).decide(market(10, 10))) == []


def test_the_oracle_answers_once_when_it_is_time_and_with_the_odds_of_the_news():
    def answer(seed: int) -> str:
        oracle = Oracle(at=10)
        assert list(oracle.decide(question(time=9))) == []
        [resolve] = oracle.decide(question(time=10, random=Stream(seed)))
        assert list(oracle.decide(question(time=11))) == []
        assert isinstance(resolve, Resolve)
        return resolve.outcome

    answers = [answer(seed) for seed in range(200)]
    assert answers.count("yes") + answers.count("no") == 200
    assert answers.count("yes") == pytest.approx(100, abs=25)


@pytest.mark.parametrize(
    "senseless",
    [
        lambda: LmsrMaker(liquidity=0),
        lambda: LmsrMaker(pairs=1, size=5),
        lambda: OptionMaker((), volatility=-0.1),
        lambda: PerpetualMaker(size=0),
    ],
)
def test_senseless_settings_are_refused(senseless):
    with pytest.raises(InputError, match="found"):
        senseless()
