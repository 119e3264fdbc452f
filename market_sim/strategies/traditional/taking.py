"""Taking: how a strategy goes from the position it has to the one it wants, with orders that do not wait."""

from __future__ import annotations

from collections.abc import Iterator

from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.market.agents.view import InstrumentView, View


def towards(view: View, market: InstrumentView, wanted: int, most: int, venue: str = "") -> Iterator[PlaceOrder]:
    """One order for now at the best price, towards the wanted position; as much as is shown, affordable and there."""
    change = wanted - market.position
    side = BUY if change > 0 else SELL
    price, shown = (market.ask, market.ask_size) if side == BUY else (market.bid, market.bid_size)
    if not change or price is None or shown is None:
        return
    size = min(abs(change), most, shown)
    delivered = market.instrument is None or market.instrument.delivered
    multiplier = 1 if market.instrument is None else market.instrument.cash_multiplier
    if side == BUY and multiplier:
        size = min(size, view.cash * 100 // (101 * price * multiplier))  # a fee comes on top
    elif side == SELL and delivered:
        size = min(size, market.position)
    size -= size % market.lot
    if size > 0:
        yield PlaceOrder(market.symbol, side, size, price, "ioc", venue=venue)
