"""Making: what each account earned as a maker on each venue: from the spread, from prices, and from fees.

    spread    what a trade earned beside the midpoint just before its instant, before fees
    prices    what prices made of that until the last mark of the instrument: the gain or loss of the inventory
    fees      the rebates received, less the fees paid

For an account that only made its trades, the three together are its gain from trading. A trade without quotes before
it, such as one in the dark, has no spread. Spreads are summed in halves of the smallest unit and rounded down once, and
what that leaves counts for prices. Instruments that are delivered and were not split are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import KINDS
from market_sim.core.models.market_events import InstrumentListed, Trade, book_name
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.quotes import tapes


@dataclass
class Making:
    """What one account made on one venue; amounts in the smallest unit."""

    account: str
    venue: str
    trades: int = 0
    volume: int = 0
    traded: int = 0
    """What its trades gained by the last mark, before fees: from the spread and from prices."""
    twice_spread: int = 0
    fees: int = 0

    @property
    def spread(self) -> int:
        """The spread profit."""
        return self.twice_spread // 2

    @property
    def prices(self) -> int:
        """What prices made of the inventory."""
        return self.traded - self.spread

    @property
    def total(self) -> int:
        """All three together."""
        return self.traded + self.fees


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
    quotes = {name: tape.quotes for name, tape in tapes(journal).items()}
    found: dict[tuple[str, str], Making] = {}
    for trade in journal.of(Trade):
        if trade.symbol not in units:
            continue
        one = found.setdefault((trade.maker, trade.venue), Making(trade.maker, trade.venue))
        one.trades += 1
        one.volume += trade.quantity
        sold = trade.side * trade.quantity * units[trade.symbol]  # the maker is on the other side of the taker
        twice = quotes[book_name(trade.symbol, trade.venue)].before(trade.time)
        one.traded += sold * (trade.price - marks[trade.symbol])
        one.twice_spread += 0 if twice is None else sold * (2 * trade.price - twice)
        one.fees -= trade.maker_fee
    return [*found.values()]
