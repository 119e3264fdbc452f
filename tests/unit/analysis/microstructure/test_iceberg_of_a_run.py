"""The market of an iceberg in a run: its queue, rate and volatility are those of the run's quotes and trades."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from math import sqrt
from statistics import fmean, pstdev

import pytest

from market_sim.analysis.microstructure.iceberg_of_a_run import iceberg_market_of
from market_sim.core.data import archive
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderCancelled, Trade
from market_sim.pricing.iceberg import cheapest, slice_costs
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.cli.main import main

STEP = 200_000_000


@cache
def journal() -> Journal:
    return simulate(FirstMarket(traders=6), Options(epochs=5, settlement="none")).journal


def quoted_steps():
    """At the end of each fifth of a second the middle and what both sides show at their best, from the orders alone."""
    events, waiting, quoted, place = list(journal()), {}, None, 0
    for stop in range(STEP, events[-1].time + 1, STEP):
        while place < len(events) and events[place].time < stop:
            event = events[place]
            if isinstance(event, OrderAccepted) and event.terms.limit is not None:
                waiting[event.order] = [event.terms.side, event.terms.limit, event.terms.quantity]
            elif isinstance(event, Trade):
                for order in (event.maker_order, event.taker_order):
                    if order in waiting:
                        waiting[order][2] -= event.quantity
            elif isinstance(event, OrderCancelled):
                waiting.pop(event.order)
            else:
                assert not isinstance(event, OrderAmended)
            place += 1
            if events[place].time != event.time:
                quoted = best(waiting.values()) or quoted
        if quoted:
            yield stop, quoted


def best(orders):
    """The middle, and the quantity at the best price of each side; None while a side is empty."""
    sides = [
        [(limit, quantity) for side, limit, quantity in orders if side == wanted and quantity] for wanted in (1, -1)
    ]
    if not all(sides):
        return None
    bid, ask = max(limit for limit, _ in sides[0]), min(limit for limit, _ in sides[1])
    return (bid + ask) / 2, *(
        sum(quantity for limit, quantity in side if limit == price)
        for side, price in zip(sides, (bid, ask), strict=True)
    )


def test_queue_rate_and_volatility_are_those_of_the_run():
    found = iceberg_market_of(journal(), "ACME")
    steps = list(quoted_steps())
    volume = sum(one.quantity for one in journal().of(Trade) if one.time < steps[-1][0])
    middles = [middle for _, (middle, _, _) in steps]
    shown = fmean((bids + asks) / 2 for _, (_, bids, asks) in steps)
    assert found.ahead == found.depth == pytest.approx(shown, abs=0.05)
    assert found.rate == pytest.approx(volume / 2 / (len(steps) / 5), abs=0.001)
    returns = [after / before - 1 for before, after in pairwise(middles)]
    assert found.volatility_bps == pytest.approx(pstdev(returns) * 10_000 * sqrt(5), abs=0.001)


def test_the_command_takes_the_market_of_the_run_and_what_is_typed_besides(tmp_path, capsys):
    archive.save(journal(), tmp_path / "run")
    assert main(["iceberg", "200", "--run", str(tmp_path / "run"), "--information", "5"]) == 0
    said = capsys.readouterr().out
    market = iceberg_market_of(journal(), "ACME")._replace(information_bps=5.0)
    best = cheapest(slice_costs(200, market))
    assert f"Display {best.display} of 200: the expected cost is {best.total_bps:.2f} bps." in said
    assert (
        f"ahead {market.ahead:g}, rate {market.rate:g} and volatility {market.volatility_bps:g} bps in a second" in said
    )
    assert main(["iceberg", "200", "--book", "ACME"]) == 2
    assert "--book chooses a book of a run: it needs --run" in capsys.readouterr().err


def test_a_book_that_is_not_there_or_hardly_quoted_is_one_sentence():
    with pytest.raises(InputError, match="the books ACME, found 'NONE'"):
        iceberg_market_of(journal(), "NONE")
    short = simulate(FirstMarket(traders=6), Options(epochs=1, settlement="none")).journal
    with pytest.raises(InputError, match=r"traded and quoted for 2\.4 s: not ACME"):
        iceberg_market_of(short, "ACME")
