"""Wrappers change only what they say; arbitrage takes only what is a contradiction; a hedge is the delta."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import erf, exp, log, sqrt

import pytest

from market_sim import BUY, SELL, Buy, InstrumentView, Sell, Strategy, View
from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Future, Option
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Cancel, CancelAll, Intent, Merge, PlaceOrder, Split
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import OnReport, WakeAt
from market_sim.market.agents.view import OwnOrder
from market_sim.strategies.arbitrage.basis import FuturesBasis
from market_sim.strategies.arbitrage.pairs_of_outcomes import OutcomePairs
from market_sim.strategies.arbitrage.parity import OptionParity
from market_sim.strategies.traditional.delta_hedger import DeltaHedger
from market_sim.strategies.wrappers import DrawdownStop, InventoryLimit, Latency

YEAR = TRADING_DAY_NS * TRADING_DAYS_A_YEAR


@dataclass
class Says(Strategy):
    """Wants the same at each look."""

    wishes: tuple[Intent | WakeAt, ...] = (Buy("ACME", 10, 100),)

    def wakes(self) -> Iterable[OnReport]:
        return (OnReport(),)

    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        return self.wishes


def listed(symbol: str, position: int = 0, bid: int | None = None, ask: int | None = None, **more) -> InstrumentView:
    depth = ([(bid, 50)] if bid else [], [(ask, 50)] if ask else [])
    return InstrumentView(symbol, position=position, bid=bid, ask=ask, depth=depth, **more)


def seen(*markets: InstrumentView, cash: int = 10**8, time: int = 0, orders: tuple[OwnOrder, ...] = ()) -> View:
    return View({one.symbol: one for one in markets}, cash=cash, time=time, orders=orders)


# Wrappers


def test_a_wrapper_wakes_up_for_what_the_inner_one_wakes_up_for() -> None:
    for wrapper in (DrawdownStop(Says()), InventoryLimit(Says()), Latency(Says())):
        assert [*wrapper.wakes()] == [OnReport()]


def test_a_drawdown_stop_ends_it_for_good_and_takes_its_orders_back() -> None:
    stop = DrawdownStop(Says(), most_cents=1_000)

    def at(cash: int, orders: tuple[OwnOrder, ...] = ()) -> list[Intent | WakeAt]:
        return [*stop.decide(seen(listed("ACME", 10, 99, 101), cash=cash, orders=orders))]

    waiting = (OwnOrder(1, "ACME", BUY, 100, 5),)
    assert at(5_000) == at(4_000) == [Buy("ACME", 10, 100)]
    assert at(3_500, waiting) == [Buy("ACME", 10, 100)]  # what a bid holds back is not lost
    assert at(3_999, ()) == []
    assert stop.has_stopped
    assert at(9_000, waiting) == [CancelAll()]
    assert at(9_000) == []


def test_an_inventory_limit_counts_the_position_what_waits_and_what_was_just_passed() -> None:
    wishes = (Buy("ACME", 10, 100), Buy("ACME", 10, 100), Sell("ACME", 10, 100), Buy("OTHER", 99, 1))
    limit = InventoryLimit(Says(wishes), most=25)

    def passed(position: int, orders: tuple[OwnOrder, ...] = ()) -> list[tuple[str, int]]:
        found = limit.decide(seen(listed("ACME", position), orders=orders))
        return [(one.symbol, one.side) for one in found if isinstance(one, PlaceOrder)]

    other = ("OTHER", BUY)
    assert passed(100) == [("ACME", BUY), ("ACME", BUY), ("ACME", SELL), other]
    assert passed(110) == [("ACME", BUY), ("ACME", SELL), other]
    assert passed(116) == [("ACME", SELL), other]
    assert passed(84) == [("ACME", BUY), ("ACME", BUY), other]
    waiting = (OwnOrder(5, "ACME", BUY, 90, 10),)
    assert passed(100, waiting) == [("ACME", BUY), ("ACME", SELL), other]
    limit.inner = Says((Cancel(5), *wishes))
    assert passed(100, waiting) == [("ACME", BUY), ("ACME", BUY), ("ACME", SELL), other]


def test_latency_sends_later_what_was_wanted_now() -> None:
    slow = Latency(Says(), delay_ms=50)
    assert [*slow.decide(seen(listed("ACME"), time=0))] == [WakeAt(50_000_000)]
    slow.inner = Says((Sell("ACME", 1, 5),))
    assert [*slow.decide(seen(listed("ACME"), time=20_000_000))] == [WakeAt(70_000_000)]
    assert [*slow.decide(seen(listed("ACME"), time=50_000_000))] == [Buy("ACME", 10, 100)]
    slow.inner = Says(())
    assert [*slow.decide(seen(listed("ACME"), time=60_000_000))] == []
    assert [*slow.decide(seen(listed("ACME"), time=70_000_000))] == [Sell("ACME", 1, 5)]


# Arbitrage

CALL = Option("C", underlying="ACME", strike=10_000, expiry=YEAR, right="call", multiplier=10)
PUT = Option("P", underlying="ACME", strike=10_000, expiry=YEAR, right="put", multiplier=10)


def parity(call: tuple[int, int], put: tuple[int, int], rate: float = 0.0, held: tuple[int, int, int] = (0, 0, 50)):
    view = seen(
        listed("C", held[0], *call, instrument=CALL), listed("P", held[1], *put, instrument=PUT),
        listed("ACME", held[2], 9_990, 10_010, instrument=Stock("ACME")),
    )  # fmt: skip
    trader = OptionParity(CALL, PUT, rate=rate, least_gain=5)
    trader._home = 50
    return [(one.symbol, one.side, one.quantity, one.limit) for one in trader.decide(view)]  # type: ignore[union-attr]


def test_parity_is_traded_only_where_all_three_legs_together_gain() -> None:
    conversion = [("P", BUY, 1, 205), ("C", SELL, 1, 220), ("ACME", BUY, 10, 10_010)]
    assert parity((220, 230), (195, 205)) == conversion  # 220 - 205 - 10 010 + 10 000 = 5
    assert parity((219, 230), (195, 205)) == []
    reversal = [("P", SELL, 1, 225), ("C", BUY, 1, 210), ("ACME", SELL, 10, 9_990)]
    assert parity((200, 210), (225, 235)) == reversal  # 9 990 - 10 000 - 210 + 225 = 5
    assert parity((200, 210), (224, 235)) == []
    # With interest the strike is worth some 488 less, so the same call is far too cheap.
    assert parity((220, 230), (195, 205), rate=0.05) == [
        ("P", SELL, 1, 195),
        ("C", BUY, 1, 230),
        ("ACME", SELL, 10, 9_990),
    ]


def test_a_missing_leg_of_parity_is_made_up_for_before_anything_else() -> None:
    assert parity((220, 230), (195, 205), held=(-1, 1, 50)) == [("ACME", BUY, 10, 10_010)]
    assert parity((200, 210), (225, 235), held=(1, -1, 45)) == [("ACME", SELL, 5, 9_990)]


def test_a_future_is_traded_against_its_cost_of_carry() -> None:
    future = Future("F", underlying="ACME", expiry=YEAR, multiplier=5)

    def wants(bid: int, ask: int, position: int = 0, shares: int = 50) -> list[tuple[str, int, int]]:
        view = seen(
            listed("F", position, bid, ask, instrument=future),
            listed("ACME", shares, 9_990, 10_010, instrument=Stock("ACME")),
        )
        trader = FuturesBasis(future, rate=0.05, least_gain=10)
        trader._home = 50
        return [(one.symbol, one.side, one.quantity) for one in trader.decide(view)]  # type: ignore[union-attr]

    dear, cheap = 10_010 * exp(0.05) + 10, 9_990 * exp(0.05) - 10
    assert wants(round(dear + 1), round(dear + 9)) == [("F", SELL, 1)]
    assert wants(round(dear - 1), round(dear + 9)) == []
    assert wants(round(cheap - 9), round(cheap - 1)) == [("F", BUY, 1)]
    assert wants(round(cheap - 9), round(cheap + 1)) == []
    assert wants(1, 10**6, position=-2) == [("ACME", BUY, 10)]
    assert wants(1, 10**6, position=2) == [("ACME", SELL, 10)]


def outcome(yes: tuple[int, int], no: tuple[int, int], held: tuple[int, int] = (0, 0), cash: int = 10**6):
    view = seen(listed("YES", held[0], *yes), listed("NO", held[1], *no), cash=cash)
    return [*OutcomePairs(least_gain=1, size=5).decide(view)]


def test_both_sides_of_a_question_are_split_and_sold_or_bought_and_merged() -> None:
    assert outcome((40, 45), (50, 54)) == [
        PlaceOrder("YES", BUY, 5, 45, "ioc"), PlaceOrder("NO", BUY, 5, 54, "ioc"),
    ]  # fmt: skip
    assert outcome((40, 46), (50, 54)) == []
    assert outcome((46, 50), (55, 60)) == [
        Split("YES", 5), PlaceOrder("YES", SELL, 5, 46, "ioc"), PlaceOrder("NO", SELL, 5, 55, "ioc"),
    ]  # fmt: skip
    assert outcome((45, 50), (55, 60)) == []
    assert outcome((40, 50), (50, 60), held=(3, 7)) == [Merge("YES", 3)]
    assert [one.quantity for one in outcome((40, 45), (50, 54), cash=305)] == [3, 3]  # type: ignore[union-attr]


# The hedge


def test_a_hedger_holds_the_delta_of_its_options_against_them() -> None:
    def normal(x: float) -> float:
        return (1 + erf(x / sqrt(2))) / 2

    spot, vol = 10_400, 0.3
    d1 = (log(spot / 10_000) + vol**2 / 2) / vol
    expected = round(-3 * 10 * normal(d1) + 2 * 10 * (normal(d1) - 1))
    hedger = DeltaHedger((CALL, PUT), volatility=vol, band=2, size=100)
    hedger._home = 100

    def wants(shares: int) -> int:
        view = seen(
            listed("C", -3, instrument=CALL), listed("P", 2, instrument=PUT),
            listed("ACME", shares, 10_395, 10_405, value=spot, instrument=Stock("ACME")),
        )  # fmt: skip
        return sum(one.side * one.quantity for one in hedger.decide(view))  # type: ignore[union-attr]

    assert wants(100) == -expected
    assert wants(100 - expected) == 0
    assert wants(100 - expected + 2) == 0
    assert wants(100 - expected + 3) == -3


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: DrawdownStop(Says(), most_cents=0), "positive amount"),
        (lambda: InventoryLimit(Says(), most=0), "limit is positive"),
        (lambda: Latency(Says(), delay_ms=0), "a delay is positive"),
        (lambda: OptionParity(PUT, CALL), "parity needs a call and a put"),
        (lambda: OutcomePairs(payout=1), "payout and size are positive"),
        (lambda: DeltaHedger(), "options on one underlying"),
        (lambda: DeltaHedger((CALL,), volatility=0), "volatility and size are positive"),
    ],
)
def test_what_makes_no_sense_is_refused(make, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        make()
