"""Reckoning: what scenarios count from the journal and work out for a conclusion, each in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.core.money import written
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.core.units import BPS
from market_sim.simulation.engine.world import VALUE_STEP_NS


def marks(journal: Journal) -> dict[str, int]:
    """The last price that is known of each instrument: its believed value, else its last trade."""
    values = {event.symbol: event.value for event in journal.of(ValueMoved)}
    return {event.symbol: event.price for event in journal.of(Trade)} | values


def trades_of(journal: Journal, account: str) -> Iterable[tuple[Trade, int, int]]:
    """Every trade of an account, with its own side and the fee that it paid."""
    for trade in journal.of(Trade):
        if trade.taker == account:
            yield trade, trade.side, trade.taker_fee
        if trade.maker == account:
            yield trade, -trade.side, trade.maker_fee


def trading_gain(journal: Journal, account: str, multiplier: int = 1) -> int:
    """What an account's trades came to: what it bought and sold, at the last marks, less its fees."""
    last = marks(journal)
    return sum(
        side * (last[trade.symbol] - trade.price) * trade.quantity * multiplier - fee
        for trade, side, fee in trades_of(journal, account)
    )


def traded(journal: Journal, account: str) -> int:
    """How much an account bought and sold together."""
    return sum(trade.quantity for trade, _, _ in trades_of(journal, account))


def values_of(journal: Journal, symbol: str) -> list[tuple[int, int]]:
    """The believed value of an instrument over time: each change with its time."""
    told = []
    for event in journal:
        if isinstance(event, ValueMoved) and event.symbol == symbol:
            told.append((event.time, event.value))
        elif isinstance(event, ShockHappened) and event.numbers.get("symbol") == symbol:
            told.append((event.time, int(event.numbers["after"])))
    return told


def prices_of(journal: Journal, symbol: str) -> list[tuple[int, int]]:
    """Every price that an instrument traded at, with its time."""
    return [(trade.time, trade.price) for trade in journal.of(Trade) if trade.symbol == symbol]


def gained(amount: int) -> str:
    """A gain or a loss, as a sentence says it.

    >>> gained(1_250), gained(-300), gained(0)
    ('gained 12.50', 'lost 3.00', 'gained 0.00')
    """
    return f"lost {written(-amount)}" if amount < 0 else f"gained {written(amount)}"


def yearly_volatility(volatility_bps: float) -> float:
    """The volatility for a year of a value whose steps in a run have this one, which is in basis points."""
    return volatility_bps / BPS * sqrt(TRADING_DAYS_A_YEAR * TRADING_DAY_NS / VALUE_STEP_NS)
