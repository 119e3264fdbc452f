"""Snapshots: all marks of one moment, taken together and then left alone (L5).

Everybody who is judged in one round of a liquidation is judged by one snapshot; the trades of the round change no mark
of it. What has no mark of its own gets one by rule, never by an exception (L10): a contract that is paid for later
takes that of its underlying, an option what exercising would be worth, anything else the mark it had before. What never
had one counts nothing when it is owned, and nobody may sell it short.
"""

from __future__ import annotations

from market_sim.core.models.derivatives import Future, Option, Perpetual
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.mechanisms.marks import Marks


class Snapshots:
    """The marks of one exchange; `known` is the last snapshot, which holds until the next one is taken."""

    def __init__(self, exchange: Exchange, marks: Marks) -> None:
        self._exchange = exchange
        self._marks = marks
        self.known: dict[str, int] = {}

    def take(self) -> dict[str, int]:
        """A new snapshot; the old one stays as it was for whoever still holds it."""
        fresh: dict[str, int] = {}
        derived: list[Option | Future | Perpetual] = []
        values = self._marks.values
        for symbol, listing in self._exchange.listings.items():
            instrument = listing.instrument
            follows = (
                isinstance(instrument, (Future, Perpetual)) and symbol not in values and instrument.underlying in values
            )
            mark = None if follows else self._marks.mark(listing)
            if mark is not None:
                fresh[symbol] = mark
            elif isinstance(instrument, (Option, Future, Perpetual)):
                derived.append(instrument)
            elif symbol in self.known:
                fresh[symbol] = self.known[symbol]
        for each in derived:
            if each.underlying in values:
                base: int | None = values[each.underlying].price
            else:
                base = fresh.get(each.underlying)
            if base is not None:
                fresh[each.symbol] = each.intrinsic(base) if isinstance(each, Option) else each.unit.worth(base)
            elif each.symbol in self.known:
                fresh[each.symbol] = self.known[each.symbol]
        self.known = fresh
        return fresh
