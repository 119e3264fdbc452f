"""Intervals: a book at equal steps of time, for estimators that need a price, a flow and a depth for each step."""

from __future__ import annotations

from typing import NamedTuple

from market_sim.market.exchange.quotes import BookTape

STEP_NS = 200_000_000
"""Two steps of the believed value, and each maker looks at least twice in it."""


class Interval(NamedTuple):
    """One step: its end, the midpoint then, and what was traded and shown."""

    end: int
    middle: float
    flow: int
    """What takers bought less what they sold."""
    volume: int
    value: int
    """Price times quantity of all trades."""
    bid_size: int
    ask_size: int

    @property
    def depth(self) -> int:
        """What the best bid and ask show together."""
        return self.bid_size + self.ask_size


def intervals(tape: BookTape, end: int, step_ns: int = STEP_NS) -> list[Interval]:
    """The complete steps of a book, from the first one at whose end it was quoted."""
    found: list[Interval] = []
    quotes, trades = tape.quotes, tape.trades
    place, number = -1, 0
    for stop in range(step_ns, end + 1, step_ns):
        while place + 1 < len(quotes.times) and quotes.times[place + 1] < stop:
            place += 1
        flow = volume = value = 0
        while number < len(trades) and trades[number].time < stop:
            trade = trades[number]
            flow += trade.side * trade.quantity
            volume += trade.quantity
            value += trade.price * trade.quantity
            number += 1
        if place >= 0:
            middle = quotes.twice[place] / 2
            found.append(Interval(stop, middle, flow, volume, value, quotes.bid_sizes[place], quotes.ask_sizes[place]))
    return found
