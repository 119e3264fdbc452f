"""A backtest shows a strategy the recorded market as it was and nothing later, and fills its orders by stated rules."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from market_sim.analysis.gain_table import gain_rows
from market_sim.analysis.gains import gains
from market_sim.analysis.results.inventory import inventories
from market_sim.analysis.results.performance import performances
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, Cancel, CancelAll, Intent, Sell
from market_sim.core.models.market_events import Deposited, OrderAccepted, OrderRejected, Trade
from market_sim.core.models.run_events import RECORD, StrategyFailed
from market_sim.core.money import dollars
from market_sim.market.agents.strategy import OnTrade, Strategy
from market_sim.simulation.backtest import Backtest, backtest
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.flash_crash import FlashCrash
from market_sim.simulation.scenarios.guests import Guest, guest
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.ui.cli.main import main

MS = 1_000_000
QUIET = Options(epochs=4, settlement="none")


# ---- what it sees -----------------------------------------------------------------------------------------------


class Observer(Strategy):
    """Notes everything that it sees, and never trades."""

    def __init__(self, seen: list[Any] | None = None) -> None:
        self.seen = [] if seen is None else seen

    def decide(self, view):
        for symbol in view.symbols:
            market = view[symbol]
            self.seen.append(
                (view.time, symbol, market.bid, market.ask, market.depth(50), market.last, market.prices[-3:],
                 len(market.trades), market.trades[-1:], market.value, market.phase, market.position, view.cash,
                 view.random.random())
            )  # fmt: skip
        return ()


class Curious(Observer):
    """Wakes up on trades, too."""

    def wakes(self):
        return (OnTrade("ACME"),)


@pytest.mark.parametrize(("delay", "kind"), [(0, Observer), (35, Observer), (0, Curious)], ids=["now", "late", "news"])
@pytest.mark.parametrize("scenario", [FirstMarket, TwoVenues, FlashCrash], ids=lambda one: one.name)
def test_at_each_instant_it_sees_what_it_saw_when_the_market_was_live(scenario, delay, kind) -> None:
    live = kind()

    @dataclass(frozen=True)
    class Watched(scenario):
        def build(self, world: World) -> None:
            super().build(world)
            world.join("me", live, cash=dollars(500), every_ms=73, data_latency_ms=delay)

    record = simulate(Watched(), QUIET).journal
    again: list[Any] = []

    class Again(kind):
        def __init__(self) -> None:
            super().__init__(again)

    who = Guest(Again, "me", "500", times={"every_ms": 73.0, "data_latency_ms": float(delay)})
    assert not backtest(record, who, Watched()).failures
    assert len(live.seen) > 30
    assert again == live.seen


def test_who_does_nothing_earns_nothing() -> None:
    record = simulate(FirstMarket(), QUIET).journal
    found = backtest(record, Guest(Observer, "me", "5000", {"ACME": 30}), FirstMarket())
    [mine] = found.performances
    assert (mine.gain.from_trading, mine.trades, mine.fees, mine.turnover, mine.drawdown) == (0, 0, 0, 0, 0)
    assert (found.orders, found.took, found.rested) == (0, 0, 0)


@dataclass
class Prophet(Strategy):
    """Asks for the price after the last one."""

    def decide(self, view):
        prices = view["ACME"].prices
        if len(prices) > 3:
            yield Buy("ACME", 1, prices[len(prices)])


def test_asking_for_the_future_is_an_error() -> None:
    record = simulate(FirstMarket(), QUIET).journal
    found = backtest(record, Guest(Prophet, "me"), FirstMarket())
    [failed] = found.journal.of(StrategyFailed)
    assert re.match(r"IndexError: there are (\d+) prices, and none at place \1 ", failed.cause)
    assert found.failures == (f"me (Prophet) stopped at {failed.time / 1e9:.3f} s: {failed.cause}",)
    assert found.orders == 0


@dataclass
class Momentum(Strategy):
    """Buys after a rise and sells after a fall."""

    def decide(self, view):
        recent = view["ACME"].prices[-4:]
        if len(recent) == 4 and recent[-1] != recent[0]:
            yield (Buy if recent[-1] > recent[0] else Sell)("ACME", 2, recent[-1])
        if view.time % (400 * MS) < 50 * MS:
            yield CancelAll()


def test_it_decides_the_same_where_the_record_ends_earlier() -> None:
    record = simulate(FirstMarket(), QUIET).journal
    who = Guest(Momentum, "me", "5000", {"ACME": 40}, times={"every_ms": 40.0})
    journal = backtest(record, who, FirstMarket()).journal
    whole = journal.since(0)
    assert RECORD in {event.account for event in whole if isinstance(event, Deposited)}
    words = Words(journal)
    listed = [row.gain.account for row in performances(journal)], [row[0] for row in gain_rows(gains(journal), words)]
    assert all("me" in names and RECORD not in names for names in (*listed, {key[0] for key in inventories(journal)}))
    assert any(isinstance(event, Trade) for event in whole)
    for share in (3, 2):
        cut = Journal()
        for event in record.since(0)[: len(record) // share]:
            cut.record(event)
        end = cut[-1].time
        early = [event for event in backtest(cut, who, FirstMarket()).journal if event.time < end]
        assert early == [event for event in whole if event.time < end]
        assert any(isinstance(event, OrderAccepted) and event.account == "me" for event in early)


# ---- what it gets -----------------------------------------------------------------------------------------------

ANN, BOB = "ann", "bob"


@dataclass
class Idle(Strategy):
    """Does nothing; its account is used by a scripted scenario."""

    def decide(self, view):
        return ()


@dataclass(frozen=True)
class Scripted(Scenario):
    """What the record holds is written down by a test."""

    name = "scripted"
    script = ()

    def build(self, world: World) -> None:
        world.list(Stock("ACME"))
        for name in (ANN, BOB):
            world.join(name, Idle(), cash=dollars(10_000), holdings={"ACME": 1_000})
        for at, who, intent in self.script:
            world.at(time_ms=at, submit=(who, intent))


@dataclass
class Script(Strategy):
    """Asks for what a test has written down."""

    script: tuple[tuple[float, Intent], ...] = ()
    said: int = 0

    def decide(self, view):
        while self.said < len(self.script) and self.script[self.said][0] * MS <= view.time:
            self.said += 1
            yield self.script[self.said - 1][1]


def fills(
    record: list[tuple[float, str, Intent]], mine: list[tuple[float, Intent]]
) -> list[tuple[int, int, int, bool]]:
    """The fills of a scripted strategy on a scripted record: time in ms, price, change, whether it took."""

    @dataclass(frozen=True)
    class This(Scripted):
        script = tuple(record)

    class Mine(Script):
        def __init__(self) -> None:
            super().__init__(tuple(mine))

    run = simulate(This(), Options(epochs=1, settlement="none")).journal
    who = Guest(Mine, "me", "5000", {"ACME": 100}, times={"every_ms": 1.0, "latency_ms": 0.0})
    found = backtest(run, who, This())
    assert not found.failures, found.failures
    conserved(found)
    told = []
    for trade in found.journal.of(Trade):
        assert {trade.maker, trade.taker} == {"me", RECORD}
        took = trade.taker == "me"
        change = (trade.side if took else -trade.side) * trade.quantity
        told.append((trade.time // MS, trade.price, change, took))
    assert found.took == sum(abs(change) for _, _, change, took in told if took)
    assert found.rested == sum(abs(change) for _, _, change, took in told if not took)
    return told


def conserved(found: Backtest) -> None:
    """Whatever was traded, the sum of each asset is what was brought in."""
    events = found.journal.since(0)
    brought = fold([event for event in events if not isinstance(event, Trade)])
    for asset in ("USD", "ACME"):
        sums = [sum(one.get(asset, 0) for one in balances.values()) for balances in (brought, fold(events))]
        assert sums[0] == sums[1]


def test_an_arriving_order_takes_what_is_shown_and_nothing_twice() -> None:
    book = [(10, ANN, Sell("ACME", 5, 101)), (10, ANN, Sell("ACME", 5, 103)), (10, ANN, Buy("ACME", 5, 99))]
    assert fills(book, [(20, Buy("ACME", 8, 103))]) == [(20, 101, 5, True), (20, 103, 3, True)]
    assert fills(book, [(20, Buy("ACME", 8))]) == [(20, 101, 5, True), (20, 103, 3, True)]
    assert fills(book, [(20, Buy("ACME", 8, 102))]) == [(20, 101, 5, True)]
    assert fills(book, [(20, Sell("ACME", 3, 99, "ioc"))]) == [(20, 99, -3, True)]
    twice = [(20, Buy("ACME", 4, 101, "ioc")), (30, Buy("ACME", 4, 101, "ioc"))]
    assert fills(book, twice) == [(20, 101, 4, True), (30, 101, 1, True)]
    again = [*book, (25, BOB, Buy("ACME", 5, 101)), (27, ANN, Sell("ACME", 5, 101))]
    assert fills(again, twice) == [(20, 101, 4, True), (30, 101, 4, True)], "the level was gone and is a new one"
    assert fills(book, [(20, Buy("ACME", 8, 101, "fok"))]) == []
    assert fills(book, [(20, Buy("ACME", 8, 101, post_only="reject"))]) == []


def test_a_resting_order_waits_behind_what_is_shown() -> None:
    queue = [(10, ANN, Buy("ACME", 10, 100))]
    mine = [(20, Buy("ACME", 5, 100))]
    assert fills([*queue, (30, BOB, Sell("ACME", 10, 100))], mine) == []
    more = [*queue, (25, ANN, Buy("ACME", 20, 100)), (30, BOB, Sell("ACME", 4, 100)), (40, BOB, Sell("ACME", 9, 100))]
    assert fills(more, mine) == [(40, 100, 3, False)], "10 were before it: 4 and 6 of them traded, then 3 of its own"
    assert fills([*more, (50, BOB, Sell("ACME", 9, 100))], mine) == [(40, 100, 3, False), (50, 100, 2, False)]


def test_a_trade_through_its_price_fills_a_resting_order_at_its_own() -> None:
    queue = [(10, ANN, Buy("ACME", 3, 98)), (10, ANN, Sell("ACME", 10, 104))]
    through = [*queue, (30, BOB, Sell("ACME", 3, 98))]
    assert fills(through, [(20, Buy("ACME", 5, 100))]) == [(30, 100, 3, False)]
    two = [(20, Buy("ACME", 2, 100)), (21, Buy("ACME", 2, 101))]
    assert fills(through, two) == [(30, 101, 2, False), (30, 100, 1, False)], "the better price first, no share twice"
    assert fills([*queue, (30, BOB, Buy("ACME", 6, 104))], [(20, Sell("ACME", 4, 102))]) == [(30, 102, -4, False)]
    assert fills(through, [(20, Buy("ACME", 5, 97))]) == []


def test_the_queue_before_it_is_never_longer_than_what_is_shown() -> None:
    queue = [(10, ANN, Buy("ACME", 10, 100)), (25, ANN, CancelAll()), (27, ANN, Buy("ACME", 6, 100))]
    assert fills([*queue, (30, BOB, Sell("ACME", 6, 100))], [(20, Buy("ACME", 5, 100))]) == [(30, 100, 5, False)]


def test_orders_are_amended_and_cancelled() -> None:
    queue = [(10, ANN, Buy("ACME", 10, 98)), (40, BOB, Sell("ACME", 10, 98))]
    first = (20, Buy("ACME", 5, 100))
    assert fills(queue, [first, (30, Amend(1, quantity=2))]) == [(40, 100, 2, False)]
    assert fills(queue, [first, (30, Cancel(77))]) == [(40, 100, 5, False)], "there is no such order"
    assert fills(queue, [first, (30, Cancel(1))]) == []
    assert fills(queue, [first, (30, CancelAll())]) == []
    asks = [*queue, (10, ANN, Sell("ACME", 4, 103))]
    assert (30, 103, 4, True) in fills(asks, [first, (30, CancelAll()), (30, Buy("ACME", 4, 103))])


def test_what_the_account_cannot_pay_is_refused_as_in_any_market() -> None:
    record = simulate(FirstMarket(), QUIET).journal

    class Rich(Script):
        def __init__(self) -> None:
            super().__init__(((100, Buy("ACME", 10_000, 10_000)), (200, Sell("ACME", 1, 1))))

    found = backtest(record, Guest(Rich, "me", "50"), FirstMarket())
    assert [event.reason for event in found.journal.of(OrderRejected)] == ["INSUFFICIENT_CASH", "INSUFFICIENT_HOLDINGS"]


def test_what_a_backtest_cannot_do_is_a_sentence() -> None:
    record = simulate(FirstMarket(), QUIET).journal

    class Stopper(Script):
        def __init__(self) -> None:
            super().__init__(((100, Buy("ACME", 1, 10_000, stop=10_000)),))

    with pytest.raises(InputError, match="me: a backtest has no stop and no pegged orders"):
        backtest(record, Guest(Stopper, "me"), FirstMarket())
    with pytest.raises(InputError, match="RunStarted"):
        backtest([], Guest(Idle, "me"))
    with pytest.raises(InputError, match=r"a backtest trades stocks and spot instruments; leveraged has BTC-PERP"):
        backtest(simulate(Leveraged(), Options(epochs=1, settlement="none")).journal, Guest(Idle, "me"), Leveraged())


@dataclass(frozen=True)
class Leveraged(Scenario):
    """Only a perpetual is listed."""

    name = "leveraged"

    def build(self, world: World) -> None:
        world.list(Perpetual("BTC-PERP", underlying="BTC", funding_every=1_000))


# ---- the command ------------------------------------------------------------------------------------------------


def test_the_command_puts_it_into_the_table_of_the_run(tmp_path: Path, capsys) -> None:
    archive.save(simulate(FirstMarket(), QUIET).journal, tmp_path / "run")
    told = ["backtest", str(tmp_path / "run"), "--with", "noise,name=me,cash=10000,holdings=ACME:50"]
    assert main(told) == 0
    said = capsys.readouterr().out
    found = backtest(archive.load(tmp_path / "run").journal, guest(told[3]), FirstMarket())
    [mine] = found.performances
    row = next(line for line in said.splitlines() if line.startswith("me "))
    assert f"{mine.gain.from_trading / 100:+,.2f}" in row
    assert [line for line in said.splitlines() if line.startswith("maker-0 ")]
    assert f"me: {found.orders:,} orders; {found.took} filled on arrival, {found.rested} in the book" in said
    assert found.took > 0, "the canary: it trades"
    assert main([*told, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["results"][0]["from_trading"] == mine.gain.from_trading
    file = tmp_path / "prophet.py"
    file.write_text(
        "from market_sim import Strategy\n\n\nclass Prophet(Strategy):\n    def decide(self, view):\n"
        "        yield view['ACME'].prices[10_000]\n",
        encoding="utf-8",
    )
    assert main(["backtest", str(tmp_path / "run"), "--with", f"{file}"]) == 1
    assert "stopped: prophet (Prophet) stopped at" in capsys.readouterr().out
    for wrong, sentence in (
        (["backtest", str(tmp_path / "run"), "--with", "nobody"], "there is no strategy 'nobody'"),
        (["backtest", str(tmp_path / "none"), "--with", "noise"], "none"),
    ):
        assert main(wrong) == 2
        assert sentence in capsys.readouterr().err
