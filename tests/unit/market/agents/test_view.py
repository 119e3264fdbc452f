"""A strategy sees the market and nothing else, and can be tried with a view made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

import pytest

from market_sim import Buy, InstrumentView, Sell, Stock, Strategy, View
from market_sim.core.data.journal import Journal
from market_sim.core.data.tape import Tape
from market_sim.core.errors import InputError
from market_sim.core.randomness import Randomness
from market_sim.market.agents.live_view import LiveView, PublicTrades, live
from market_sim.market.agents.mailbox import Mail, Mailbox
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.exchange import Exchange
from market_sim.simulation.engine.clock import Clock


@dataclass
class BuyTheDip(Strategy):
    """Buy one share when the last price falls below its recent average."""

    window: int = 5

    def decide(self, view):  # type: ignore[no-untyped-def]
        recent = view["ACME"].prices[-self.window :]
        if len(recent) == self.window and recent[-1] < mean(recent) - 1:
            yield Buy("ACME", quantity=1, limit=recent[-1] + 1)


def test_a_strategy_runs_on_a_view_made_by_hand() -> None:
    fallen = View({"ACME": InstrumentView("ACME", prices=[100, 100, 100, 100, 90])})
    assert list(BuyTheDip().decide(fallen)) == [Buy("ACME", 1, 91)]
    steady = View({"ACME": InstrumentView("ACME", prices=[100] * 5)})
    assert list(BuyTheDip().decide(steady)) == []


def test_a_symbol_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InputError, match="there is no instrument 'ACNE' here; the instruments are ACME"):
        View({"ACME": InstrumentView("ACME")})["ACNE"]


@pytest.fixture
def market() -> tuple[Exchange, LiveView]:
    clock, journal = Clock(), Journal()
    exchange = Exchange(clock, journal)
    exchange.list(Stock("ACME", tick=5, lot=2))
    for name in ("alice", "bob"):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 100_000)
        exchange.ledger.deposit(name, "ACME", 100)
    values = {"ACME": BelievedValue(1_000, RandomWalk(), Randomness(1).stream("value"))}
    tape = Tape(journal)
    random = Randomness(1).stream("alice")
    account, mailbox = exchange.ledger.accounts["alice"], Mailbox(Mail(journal), "alice", clock, 0)
    return exchange, LiveView((exchange,), account, clock, live(PublicTrades(tape), values), random, mailbox)


def test_a_live_view_answers_from_the_books_at_the_moment_of_asking(market: tuple[Exchange, LiveView]) -> None:
    exchange, view = market
    seen = view["ACME"]
    assert (seen.bid, seen.ask, seen.spread, seen.last, list(seen.prices)) == (None, None, None, None, [])
    exchange.submit("alice", Buy("ACME", 4, 995))
    exchange.submit("bob", Sell("ACME", 6, 1_005))
    assert (seen.bid, seen.ask, seen.spread) == (995, 1_005, 10)
    assert seen.depth(1) == ([(995, 4)], [(1_005, 6)])
    assert (seen.bid_size, seen.ask_size, seen.phase) == (4, 6, "continuous")
    assert [(order.side, order.limit, order.remaining) for order in view.orders] == [(1, 995, 4)]
    assert view.cash == 100_000 - 4 * 995
    exchange.submit("bob", Sell("ACME", 2, 995))
    assert (seen.last, list(seen.prices), seen.position) == (995, [995], 102)
    assert [(trade.price, trade.quantity, trade.side) for trade in seen.trades] == [(995, 2, -1)]
    assert (view.balance("USD"), view.balance("ACME"), view.balance("EUR")) == (view.cash, 102, 0)
    assert [type(report).__name__ for report in view.reports] == ["Moved", "Moved", "Accepted", "Filled"]
    assert seen.instrument == Stock("ACME", tick=5, lot=2)
    assert view.orders[0].remaining == 2
    assert (seen.value, seen.tick, seen.lot) == (1_000, 5, 2)
    assert view.symbols == ("ACME",)
