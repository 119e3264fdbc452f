"""The tables of a run, each counted again another way."""

from __future__ import annotations

from collections import Counter

import pytest

from market_sim.analysis.results.result import Result
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized
from market_sim.core.models.intents import SIDE_NAMES, Buy, Sell
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.scenario import Scenario


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate("first-market", epochs=5, seed=11, settlement="memory")


def test_the_trades_are_those_of_the_journal(result):
    events = list(result.journal.of(Trade))
    assert result.trades.column("trade") == [event.trade for event in events]
    assert result.trades.column("price") == [event.price for event in events]
    assert result.trades.column("side") == [SIDE_NAMES[event.side] for event in events]


def test_a_trade_is_matched_then_final_then_settled_and_as_many_as_the_chain_says(result):
    settled = final = 0
    for row in result.trades:
        times = [row["time"], row["finalized"], row["settled"]]
        known = [time for time in times if time is not None]
        assert times[: len(known)] == known == sorted(known)
        final += row["finalized"] is not None
        settled += row["settled"] is not None
    paid = list(result.journal.of(BlockSettled))
    assert settled == sum(event.trades for event in paid)
    assert final == sum(row["entries"] for row in result.blocks if row["finalized"] is not None)
    assert 0 < settled <= final < len(result.trades)


def test_a_trade_stands_in_the_block_of_its_epoch(result):
    counted = Counter(row["epoch"] for row in result.trades)
    assert {row["epoch"]: row["entries"] for row in result.blocks if row["finalized"] and row["entries"]} == {
        epoch: count for epoch, count in counted.items() if epoch is not None
    }


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_an_order_has_traded_what_its_fills_add_up_to_and_waits_where_the_books_say(kind):
    world_of_run = Keeping(kind())
    result = simulate(world_of_run, Options(epochs=4, settlement="none"))
    filled: Counter[int] = Counter()
    for event in result.journal.of(Trade):
        filled[event.maker_order] += event.quantity
        filled[event.taker_order] += event.quantity
    accepted = {event.order for event in result.journal.of(OrderAccepted)}
    assert {row["order"]: row["filled"] for row in result.orders} == {order: filled[order] for order in accepted}
    venues = world_of_run.worlds[0].venues.by_name.values()
    waiting = {number: order.remaining for venue in venues for number, order in venue.orders.items()}
    assert {row["order"]: row["waiting"] for row in result.orders if row["waiting"]} == waiting
    assert {row["order"] for row in result.orders if row["status"] == "open"} == set(waiting)


def test_the_last_quotes_are_what_the_exchange_shows_at_the_end():
    kept = Keeping(SCENARIOS[0]())
    result = simulate(kept, Options(epochs=3, settlement="none"))
    book = kept.worlds[0].exchange.listings["ACME"].book
    last = result.quotes[-1]
    bids, asks = book.depth(1)
    assert ((last["bid"], last["bid_size"]), (last["ask"], last["ask_size"])) == (bids[0], asks[0])


def test_each_block_has_the_times_at_which_the_first_validator_saw_it(result):
    for name, kind in (("notarized", BlockNotarized), ("finalized", BlockFinalized)):
        first: dict[str, int] = {}
        for event in result.journal.of(kind):
            first.setdefault(event.block, event.time)
        assert {row["block"]: row[name] for row in result.blocks if row[name] is not None} == first


def test_a_run_without_a_chain_has_trades_that_no_block_holds():
    class Alone(Scenario):
        """Two orders meet."""

        name = "alone"

        def build(self, world: World) -> None:
            SCENARIOS[0]().build(world)

    result = simulate(Alone(), epochs=1, settlement="none")
    assert set(result.trades.column("settled")) == {None}


def test_an_order_that_is_taken_back_in_part_says_what_traded_and_why_the_rest_is_gone():
    from market_sim.core.data.journal import Journal
    from market_sim.core.models.instruments import Stock
    from market_sim.market.exchange.exchange import Exchange
    from market_sim.simulation.engine.clock import Clock

    clock, journal = Clock(), Journal()
    exchange = Exchange(clock, journal)
    exchange.list(Stock("ACME"))
    for name in ("ann", "bob"):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 10_000)
        exchange.ledger.deposit(name, "ACME", 10)
    exchange.submit("ann", Sell("ACME", 4, 100))
    clock.now = 50
    exchange.submit("bob", Buy("ACME", 6, 100, "ioc"))
    sold, bought = Result("", 0, 1, {}, journal).orders
    assert (sold["status"], sold["filled"], sold["ended"], sold["reason"]) == ("filled", 4, 50, None)
    assert (bought["status"], bought["quantity"], bought["filled"], bought["waiting"]) == ("cancelled", 6, 4, 0)
    assert (bought["reason"], bought["ended"]) == ("REMAINDER", 50)


class Keeping(Scenario):
    """The same scenario, which keeps the world that was built."""

    def __init__(self, inner: Scenario) -> None:
        self.__dict__.update(inner=inner, worlds=[], name=inner.name)

    @property
    def parameters(self):
        return self.inner.parameters

    def build(self, world: World) -> None:
        self.worlds.append(world)
        self.inner.build(world)


def test_where_there_are_several_venues_trades_orders_and_quotes_name_theirs(result):
    two = simulate("two-venues", epochs=3, settlement="none")
    events = list(two.journal.of(Trade))
    assert two.trades.column("venue") == [event.venue for event in events]
    assert set(two.trades.column("venue")) == {"SIM-A", "SIM-B"}
    assert two.orders.column("venue") == [event.terms.venue for event in two.journal.of(OrderAccepted)]
    assert {(row["symbol"], row["venue"]) for row in two.quotes} == {("ACME", "SIM-A"), ("ACME", "SIM-B")}
    for table in (result.trades, result.orders, result.quotes):
        assert "venue" not in table.names, "a run with one venue has no use for the column"
