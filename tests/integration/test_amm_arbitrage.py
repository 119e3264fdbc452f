"""A book against a pool: the gap closes, both chains tell the same, and the sentence is what the journal adds up to."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.analysis.summary import summarize
from market_sim.blockchain.amm import Amm
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted, ContractReconciled
from market_sim.simulation.scenarios.amm_arbitrage import ARBITRAGEUR, VALUE, AmmArbitrage
from market_sim.strategies.arbitrage.pool_arbitrage import PoolArbitrage
from tests.integration.test_chain_as_a_place import told


@cache
def run(scenario: AmmArbitrage, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario, Options(**chosen)).journal


def gaps_bps(journal: Journal) -> list[float]:
    """How far the pool's price is above that of the book's last trade, after each block that changed the pool."""
    book, found = VALUE, []
    for event in journal:
        if isinstance(event, Trade):
            book = event.price
        elif isinstance(event, ContractReconciled) and event.numbers["baseReserve"]:
            base, quote = int(event.numbers["baseReserve"]), int(event.numbers["quoteReserve"])
            found.append((quote / base / book - 1) * 10_000)
    return found


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    scenario = AmmArbitrage()
    ours = run(scenario)
    result = simulate(scenario, Options(epochs=12, settlement="eth-tester", paranoid=True))
    assert told(ours) == told(result.journal)
    settled = summarize(result).settled
    assert settled is not None and settled.reconciled


def test_the_same_seed_gives_the_same_fingerprint() -> None:
    digests = [simulate(AmmArbitrage(), Options(epochs=6, settlement="memory")).fingerprint for _ in range(2)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("gap_percent", [4, -4])
def test_arbitrage_brings_the_pool_within_the_fees_and_nothing_else_does(gap_percent: int) -> None:
    with_it, without = AmmArbitrage(gap_percent), AmmArbitrage(gap_percent, arbitrage=False)
    gaps = gaps_bps(run(with_it))
    assert abs(gaps[0]) > 350 and max(map(abs, gaps[-3:])) < 60
    assert with_it.holds(run(with_it))
    assert not without.holds(run(without))
    assert "nobody traded the gap away" in without.conclusion(run(without))


def test_the_sentence_is_what_calls_and_trades_add_up_to() -> None:
    journal, scenario = run(AmmArbitrage()), AmmArbitrage()
    cash = shares = 0
    for event in journal:
        if isinstance(event, CallExecuted) and event.account == ARBITRAGEUR and event.succeeded:
            sign = 1 if event.function == "sell" else -1
            cash, shares = cash + sign * int(event.numbers["quote"]), shares - sign * int(event.numbers["base"])
        elif isinstance(event, Trade) and ARBITRAGEUR in (event.taker, event.maker):
            cash -= event.side * event.price * event.quantity + event.taker_fee
            shares += event.side * event.quantity
    last = [trade.price for trade in journal.of(Trade)][-1]
    gain = cash + shares * last
    assert gain > 0
    said = scenario.conclusion(journal)
    assert f"and after all fees gained {gain // 100}.{gain % 100:02}" in said
    assert f"the book at {last / 100:.2f};" in said
    averages = [event.numbers for event in journal.of(CallExecuted) if "cumulative" in event.numbers]
    epochs = int(averages[-1]["epoch"]) - int(averages[0]["epoch"])
    mean = (int(averages[-1]["cumulative"]) - int(averages[0]["cumulative"])) / epochs / 1e8
    assert f"time-weighted price over {epochs} epochs was {mean:.2f}." in said
    assert last / 100 < mean < 104


def test_the_arbitrageur_waits_for_its_call_and_closes_what_the_chain_reports() -> None:
    waiting = closed = 0
    for event in run(AmmArbitrage()):
        if isinstance(event, CallSubmitted) and event.account == ARBITRAGEUR:
            assert not waiting, "two calls on their way at once"
            waiting += 1
        elif isinstance(event, CallExecuted) and event.account == ARBITRAGEUR:
            waiting -= 1
            closed += int(event.numbers["base"]) if event.function == "sell" and event.succeeded else 0
        elif isinstance(event, Trade) and event.taker == ARBITRAGEUR:
            closed -= event.side * event.quantity
    assert closed == 0


def test_a_small_order_at_the_best_price_does_not_hide_the_book_behind_it() -> None:
    """With this seed a single share waits at the best ask for most of the run; the maker's ladder is behind it."""
    journal = run(AmmArbitrage(), seed=100)
    called = [event.arguments[0] for event in journal.of(CallSubmitted) if event.account == ARBITRAGEUR]
    assert max(called) > 50
    assert AmmArbitrage().holds(journal) and not AmmArbitrage().holds(run(AmmArbitrage(arbitrage=False), seed=100))


def test_a_visitor_takes_its_liquidity_out_again() -> None:
    done = [event for event in run(AmmArbitrage()).of(CallExecuted) if event.account == "visitor"]
    assert [(event.function, event.succeeded) for event in done] == [("add", True), ("remove", True)]
    added, removed = (event.numbers for event in done)
    assert added["shares"] == removed["shares"]


def test_without_a_chain_there_is_no_pool_and_nobody_asks_twice() -> None:
    journal = run(AmmArbitrage(), settlement="none")
    assert not list(journal.of(CallSubmitted))
    assert AmmArbitrage().conclusion(journal).startswith("No liquidity reached the pool")
    assert not AmmArbitrage().holds(journal)


def test_an_arbitrageur_has_a_size_and_a_fee_below_everything() -> None:

    for wrong in ({"size": 0}, {"taker_bps": 10_000}):
        with pytest.raises(InputError, match="a positive size and a fee below 100 %"):
            PoolArbitrage(Amm(), **wrong)
