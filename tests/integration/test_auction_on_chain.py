"""One call auction on the exchange and on the chain in a whole run: the same orders, one price, and the same trades."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import AuctionHeld, OrderAccepted, Trade
from market_sim.core.models.settlement_events import ContractReconciled
from market_sim.simulation.scenarios.auction_on_chain import AuctionOnChain
from tests.integration.test_chain_as_a_place import told
from tests.integration.test_option_on_chain import calls


def run(scenario: AuctionOnChain | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or AuctionOnChain(), Options(**chosen)).journal


def test_the_same_orders_find_the_same_price_and_everybody_trades_the_same_in_both() -> None:
    journal, scenario = run(), AuctionOnChain()
    assert scenario.holds(journal)
    [held], [on_chain] = journal.of(AuctionHeld), calls(journal, "hold")
    assert (held.price, held.volume) == (on_chain.numbers["price"], on_chain.numbers["volume"])
    assert held.surplus == on_chain.numbers["bought"] - on_chain.numbers["sold"]
    here = [
        (order.account, "buy" if order.terms.side > 0 else "sell", order.terms.limit, order.terms.quantity)
        for order in journal.of(OrderAccepted)
        if order.time < held.time
    ]
    placed = sorted((*calls(journal, "buy"), *calls(journal, "sell")), key=lambda call: call.numbers["order"])
    assert here == [(one.account, one.function, one.numbers["price"], one.numbers["quantity"]) for one in placed]
    assert len(here) == 16
    traded = sum(trade.quantity for trade in journal.of(Trade) if trade.time <= held.time)
    assert traded == held.volume > 0
    last = [*journal.of(ContractReconciled)][-1].numbers
    assert (last["baseHeld"], last["quoteHeld"], last["volume"]) == (0, 0, held.volume)
    both = f"traded {held.volume} shares at {held.price / 100:.2f}"
    assert scenario.conclusion(journal) == (
        f"The exchange {both}, and the chain {both}. 8 participants traded the same shares for the same money in both."
    )


@pytest.mark.parametrize(
    "scenario",
    [
        AuctionOnChain(traders=2, largest_order=1),
        pytest.param(AuctionOnChain(traders=16), marks=pytest.mark.thorough),
        AuctionOnChain(traders=3, reach_cents=0),
        AuctionOnChain(reach_cents=1_000, largest_order=10_000),
    ],
    ids=["least", "most", "one price", "wide"],
)
def test_it_is_so_for_few_orders_and_for_many(scenario: AuctionOnChain) -> None:
    journals = [run(scenario, seed=seed) for seed in (1, 2)]
    assert all(scenario.holds(journal) for journal in journals)


def test_another_seed_has_other_orders() -> None:
    prices = [tuple((one.numbers["price"], one.numbers["quantity"]) for one in calls(run(seed=seed), "buy"))
              for seed in (1, 2)]  # fmt: skip
    assert prices[0] != prices[1]


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = run(), run(settlement="eth-tester")
    assert told(ours) == told(theirs)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"settlement": "none"}, "This run settles on no chain, so there was no auction on the chain."),
        ({"epochs": 1}, "The auction of the exchange is not held yet."),
        ({"epochs": 5}, ". The auction on the chain is not held yet."),
        ({"without": "auctioneer"}, ". The auction on the chain is not held yet."),
    ],
    ids=["no chain", "one epoch", "five epochs", "nobody holds it"],
)
def test_a_run_that_ends_otherwise_says_so(options: dict[str, Any], said: str) -> None:
    scenario, journal = AuctionOnChain(), run(**options)
    assert said in scenario.conclusion(journal)
    assert not scenario.holds(journal)
