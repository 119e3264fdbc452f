"""The sniper takes what is quoted on the wrong side of the believed value, and nothing else."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.traditional.sniper import Sniper


def wanted(bid, ask, value=100, phase="continuous", cash=10_000, position=50, tick=1):
    market = InstrumentView("ACME", bid=bid, ask=ask, value=value, position=position, phase=phase, tick=tick)
    return [
        (order.side, order.quantity, order.limit, order.time_in_force)
        for order in Sniper().decide(View({"ACME": market}, cash=cash))
    ]


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [
        (96, 99, [(1, 10, 99, "ioc")]),
        (101, 104, [(-1, 10, 101, "ioc")]),
        (99, 101, []),
        (100, 101, []),
        (None, None, []),
    ],
)
def test_only_a_stale_quote_is_taken(bid, ask, expected):
    assert wanted(bid, ask) == expected


def test_in_a_call_it_bids_for_this_auction_only():
    assert wanted(96, 99, phase="call") == [(1, 10, 99, "auction")]
    assert wanted(96, 99, phase="halted") == []


def test_its_limit_lies_on_the_tick_and_never_beyond_the_value():
    assert wanted(85, 90, value=99, tick=5) == [(1, 10, 95, "ioc")]
    assert wanted(110, 115, value=101, tick=5) == [(-1, 10, 105, "ioc")]


def test_it_spends_what_it_has_and_sells_what_it_holds():
    assert wanted(96, 99, cash=1_000) == [(1, 5, 99, "ioc")]
    assert wanted(101, 104, position=3) == [(-1, 3, 101, "ioc")]
    assert wanted(101, 104, position=0) == []


def test_a_sniper_without_size_is_refused():
    with pytest.raises(InputError, match="positive size"):
        Sniper(size=0)
