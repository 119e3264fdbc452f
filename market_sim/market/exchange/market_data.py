"""Market data: candles, the statistics of a day and the fees of each trade, all from the journal alone.

>>> from market_sim.core.models.market_events import Trade
>>> trades = [Trade(time * SECOND, time, "ACME", price, 10, 1, 1, 2, "ann", "bob", 0, 1)
...           for time, price in enumerate((100, 104, 98, 101), start=1)]
>>> [(candle.open, candle.high, candle.low, candle.close, candle.volume) for candle in candles(trades, 2 * SECOND)]
[(100, 100, 100, 100, 10), (104, 104, 98, 98, 20), (101, 101, 101, 101, 10)]
>>> day = statistics(trades, now=5 * SECOND)
>>> day.last, day.volume, day.trades, day.high, day.low, day.value
(101, 40, 4, 104, 98, 4030)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import AuctionHeld, FeesSet, InstrumentListed, PhaseChanged, Trade, book_name
from market_sim.core.units import SECOND

TWENTY_FOUR_HOURS = 24 * 60 * 60 * SECOND
"""24 hours of the clock, as in the statistics of real exchanges; a trading day of the scenarios is much shorter."""


class Candle(msgspec.Struct, frozen=True, gc=False):
    """The prices of one interval, which begins at `start` and does not contain its end."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int


class Statistics(msgspec.Struct, frozen=True):
    """The statistics of the last 24 simulated hours; prices are None without a trade."""

    last: int | None
    open: int | None
    high: int | None
    low: int | None
    volume: int
    value: int
    """The sum of price times quantity."""
    trades: int
    volatility: float
    """The standard deviation of the logarithmic return from trade to trade."""


class FeeLine(msgspec.Struct, frozen=True, gc=False):
    """The fee of one side of one trade, with its rate in millionths of the value; negative for a rebate."""

    trade: int
    kind: str
    account: str
    role: str
    rate: int
    amount: int


def trades_of(events: Iterable[Event], book: str | None = None) -> Iterator[Trade]:
    """The trades of one book, called after its instrument and, of several, its venue; or the trades of all books."""
    trades = (event for event in events if isinstance(event, Trade))
    return trades if book is None else (trade for trade in trades if book_name(trade.symbol, trade.venue) == book)


def candles(trades: Iterable[Trade], width: int, fill: bool = False) -> list[Candle]:
    """The candles of trades in their order; with `fill`, an interval without trades repeats the last close."""
    found: list[Candle] = []
    for trade in trades:
        start = trade.time - trade.time % width
        price, quantity = trade.price, trade.quantity
        last = found[-1] if found else None
        if last is not None and last.start == start:
            found[-1] = Candle(
                start,
                last.open,
                max(last.high, price),
                min(last.low, price),
                price,
                last.volume + quantity,
                last.trades + 1,
            )
            continue
        while fill and last is not None and last.start + width < start:
            last = Candle(last.start + width, last.close, last.close, last.close, last.close, 0, 0)
            found.append(last)
        found.append(Candle(start, price, price, price, price, quantity, 1))
    return found


def statistics(trades: Iterable[Trade], now: int, window: int = TWENTY_FOUR_HOURS) -> Statistics:
    """The statistics of the window that ends now (inclusive)."""
    inside = [trade for trade in trades if now - window < trade.time <= now]
    prices = [trade.price for trade in inside]
    returns = [math.log(after / before) for before, after in pairwise(prices)]
    mean = math.fsum(returns) / len(returns) if returns else 0.0
    variance = math.fsum((one - mean) ** 2 for one in returns) / (len(returns) - 1) if len(returns) > 1 else 0.0
    return Statistics(
        last=prices[-1] if prices else None,
        open=prices[0] if prices else None,
        high=max(prices, default=None),
        low=min(prices, default=None),
        volume=sum(trade.quantity for trade in inside),
        value=sum(trade.price * trade.quantity for trade in inside),
        trades=len(inside),
        volatility=math.sqrt(variance),
    )


def fee_lines(events: Iterable[Event]) -> list[FeeLine]:
    """Two lines for each trade of an instrument that costs something: the maker's and the taker's.

    Nobody takes in an auction: both sides pay the maker's rate, and no rebate is paid (`Clearing.pay_in_auction`).
    """
    kinds: dict[str, str] = {}
    rates: dict[tuple[str, str], FeesSet] = {}
    in_auction: dict[tuple[str, str], None] = {}
    lines: list[FeeLine] = []
    for event in events:
        if isinstance(event, InstrumentListed):
            kinds[event.symbol] = event.kind
        elif isinstance(event, FeesSet):
            rates[event.symbol, event.venue] = event
        elif isinstance(event, AuctionHeld):
            in_auction[event.symbol, event.venue] = None
        elif isinstance(event, PhaseChanged):
            in_auction.pop((event.symbol, event.venue), None)
        elif isinstance(event, Trade) and (event.symbol, event.venue) in rates:
            book, kind = (event.symbol, event.venue), kinds[event.symbol]
            maker, taker = rates[book].maker, rates[book].taker
            roles = (("maker", maker), ("taker", taker))
            if book in in_auction:
                roles = (("auction", max(0, maker)),) * 2
            for account, fee, (role, rate) in zip(
                (event.maker, event.taker), (event.maker_fee, event.taker_fee), roles, strict=True
            ):
                lines.append(FeeLine(event.trade, kind, account, role, rate, fee))
    return lines
