"""Making: what each account earned as a maker on each venue, from the spread and from fees, told apart.

The spread part is what a trade gained by the last mark of its instrument, before fees; the fee part is the rebates
received less the fees paid. For an account that only made its trades, both together are its gain from trading.
Instruments that are delivered and were not split are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import KINDS
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import ValueMoved


@dataclass
class Making:
    """What one account made on one venue; amounts in the smallest unit."""

    account: str
    venue: str
    trades: int = 0
    volume: int = 0
    spread: int = 0
    fees: int = 0

    @property
    def total(self) -> int:
        """The spread profit and the fee profit together."""
        return self.spread + self.fees


def makings(journal: Journal) -> list[Making]:
    """Every account that made a trade, by venue, in the order of the first trades."""
    split = {event.symbol for event in journal.of(CorporateActionTaken)}
    units = {
        event.symbol: event.multiplier
        for event in journal.of(InstrumentListed)
        if not KINDS[event.kind].on_margin and event.symbol not in split
    }
    # As for gains: the believed value, otherwise the last trade.
    marks = {trade.symbol: trade.price for trade in journal.of(Trade)}
    marks |= {event.symbol: event.value for event in journal.of(ValueMoved)}
    found: dict[tuple[str, str], Making] = {}
    for trade in journal.of(Trade):
        if trade.symbol not in units:
            continue
        one = found.setdefault((trade.maker, trade.venue), Making(trade.maker, trade.venue))
        one.trades += 1
        one.volume += trade.quantity
        gained = trade.side * (trade.price - marks[trade.symbol])  # the maker is on the other side of the taker
        one.spread += gained * trade.quantity * units[trade.symbol]
        one.fees -= trade.maker_fee
    return [*found.values()]
