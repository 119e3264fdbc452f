"""The amounts that people read of a market whose sizes have decimals, worked out again in whole coins and dollars."""

from __future__ import annotations

import pytest

from market_sim.analysis.results.performance import performances
from market_sim.analysis.words import Words
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.marksim import Marksim


@pytest.mark.parametrize("scenario", [Marksim(), Arena()])
def test_the_cash_of_the_trades_is_told_in_the_unit_of_the_currency(scenario):
    journal = simulate(scenario, Options(epochs=4, settlement="none")).journal
    listed = {event.symbol: event for event in journal.of(InstrumentListed)}
    words = Words(journal)
    trades = [trade for trade in journal.of(Trade) if listed[trade.symbol].delivered]
    assert trades
    for trade in trades:
        one = listed[trade.symbol]
        price, size = trade.price / 10**one.price_decimals, trade.quantity / 10**one.quantity_decimals
        told = words.figure(one.quote, trade.price * trade.quantity * one.multiplier).replace(",", "")
        assert float(told) == pytest.approx(price * size * one.multiplier, abs=0.005)


def test_gains_by_prices_are_coins_times_the_change_of_the_price():
    journal = simulate(Marksim(), Options(epochs=4, settlement="none")).journal
    prices = [trade.price for trade in journal.of(Trade)]
    [informed] = [row.gain for row in performances(journal) if row.gain.account == "informed_1"]
    coins = 50
    told = Words(journal).figure("USD", informed.from_prices).replace(",", "")
    assert float(told) == coins * (prices[-1] - prices[0]) != 0
