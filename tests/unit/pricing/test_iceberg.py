"""The slice of an iceberg: the waiting of its model is that of the exchange, and the best slice is the cheapest."""

from __future__ import annotations

from math import ceil, sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.pricing.iceberg import IcebergMarket, best_slice, slice_cost
from market_sim.ui.cli.main import main
from tests.unit.market.exchange.marketplace import Marketplace

MARKET = IcebergMarket(ahead=300, rate=50, volatility_bps=4, depth=1_000, information_bps=20)
NUMBERS = st.integers(0, 2_000).map(float)


def naive(quantity, lot, market):
    """The cost of every slice, straight from the rule."""
    return {
        size: market.risk_aversion * market.volatility_bps
        * sqrt((ceil(quantity / size) * market.ahead + quantity) / market.rate)
        + market.information_bps * size / market.depth
        for size in range(lot, quantity + 1, lot)
    }  # fmt: skip


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 20), NUMBERS, NUMBERS, NUMBERS, st.integers(1, 900))
def test_the_best_slice_is_the_cheapest_of_the_rule(lots, lot, ahead, volatility, information, rate):
    market = IcebergMarket(ahead, rate, volatility / 100, 1_000, information / 10)
    costs = naive(lots * lot, lot, market)
    best = best_slice(lots * lot, market, lot)
    assert best.total_bps == pytest.approx(min(costs.values()))
    assert best.total_bps == pytest.approx(costs[best.display])


@settings(max_examples=60)
@given(st.integers(1, 200), NUMBERS, NUMBERS, NUMBERS)
def test_it_falls_as_being_seen_costs_more_and_is_all_where_it_costs_nothing(quantity, ahead, cheap, more):
    assume(more > 0)
    market = MARKET._replace(ahead=ahead)
    seen, watched = (market._replace(information_bps=cost / 50) for cost in (cheap, cheap + more))
    assert best_slice(quantity, watched).display <= best_slice(quantity, seen).display
    assert best_slice(quantity, market._replace(information_bps=0)).display == quantity


@pytest.mark.parametrize(("quantity", "display", "ahead"), [(30, 10, 7), (25, 10, 4), (12, 12, 9), (5, 1, 3)])
def test_the_exchange_trades_as_much_before_an_iceberg_is_done_as_the_model_says(quantity, display, ahead):
    market = Marketplace()
    market.sell("bob", ahead, 100)
    market.sell("ann", quantity, 100, display=display)
    done = traded = 0
    while done < quantity:
        market.sell("bob", ahead, 100)  # others join behind each slice that is displayed
        market.buy("cid", ahead + min(display, quantity - done), 100)
        fills = [*market.journal.of(Trade)]
        done = sum(trade.quantity for trade in fills if trade.maker == "ann")
        traded = sum(trade.quantity for trade in fills)
    one = slice_cost(quantity, display, MARKET._replace(ahead=ahead, rate=1))
    assert traded == one.time


def test_the_command_prints_the_slice_and_its_expected_cost(capsys):
    assert main(["iceberg", "1000", "--depth", "1000"]) == 0
    said = capsys.readouterr().out
    costs = naive(1_000, 1, MARKET)
    size = min(costs, key=lambda one: costs[one])
    assert f"Display {size} of 1,000: the expected cost is {costs[size]:.2f} bps" in said
    rows = {row.split()[0]: row.split()[5] for row in said.splitlines()[1:-1]}
    assert {"50", "100", "250", "500", "1,000"} <= set(rows)
    assert all(cost == f"{costs[int(one.replace(',', ''))]:.2f}" for one, cost in rows.items())


@pytest.mark.parametrize(("typed", "says"), [
    (["0"], "QUANTITY: expected a whole number from 1 on, found '0'"),
    (["100001"], "an iceberg has 1 to 100,000 whole lots, found 100001 in lots of 1"),
    (["10", "--lot", "3"], "found 10 in lots of 3"),
    (["10", "--rate", "0"], "rate and depth are more than zero and nothing is negative, found rate 0\n"),
    (["10", "--volatility", "nan"], "nothing is negative, found volatility bps nan\n"),
    (["10", "--ahead", "0"], "found depth 0\n"),
    (["1e9"], "QUANTITY: expected a whole number from 1 on, found '1e9'"),
])  # fmt: skip
def test_what_cannot_be_is_one_sentence(typed, says, capsys):
    assert main(["iceberg", *typed]) == 2
    assert says in capsys.readouterr().err


def test_a_market_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="nothing is negative"):
        best_slice(10, MARKET._replace(information_bps=-1))
