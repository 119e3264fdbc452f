"""Implementation shortfall: a decision on paper less what became of it, cut into four causes that add up exactly.

On paper the whole order trades at the midpoint of the decision, at once and for nothing. With D = +1 for a buyer:

    delay          D (midpoint when its order arrived - midpoint of the decision), for what traded
    trading        D (price - midpoint when its order arrived), for what traded
    opportunity    D (last midpoint - midpoint of the decision), for what never traded
    fees           what was paid, less rebates

Source: A. Perold, Journal of Portfolio Management 14 (1988); W. Wagner and M. Edwards, Financial Analysts Journal 49
(1993); rulebook F-8.6. Amounts are kept twice as large, in halves of the smallest unit, so nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import BUY, SIDE_NAMES
from market_sim.core.models.market_events import InstrumentListed, OrderAccepted, OrderCancelled, Trade, book_name
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.units import SECOND
from market_sim.market.exchange.quotes import BookTape, Quotes

CAUSES = ("delay", "trading", "opportunity", "fees")


@dataclass(frozen=True)
class Fill:
    """One trade of the order."""

    trade: Trade
    quantity: int
    price: int
    fee: int
    took: bool
    arrived: int
    """Twice the midpoint before its order arrived."""
    best: int
    """The best price of the other side before the trade."""
    other_fee: int
    """What the other side of the trade paid."""


@dataclass(frozen=True)
class ParentOrder:
    """What a participant decided to do in one book on one side, and what became of it."""

    agent: str
    book: str
    listed: InstrumentListed
    side: int
    quantity: int
    decided_at: int
    decision: int
    """Twice the midpoint of the decision."""
    close: int
    """Twice the last midpoint."""
    fills: tuple[Fill, ...]
    stated: bool
    """Whether its strategy says the quantity and the start; otherwise it is what traded or was waiting at the end."""

    @property
    def name(self) -> str:
        """Its side and its book."""
        return f"{SIDE_NAMES[self.side]} {self.book}"

    @property
    def filled(self) -> int:
        """How much of it traded."""
        return sum(fill.quantity for fill in self.fills)

    @property
    def value(self) -> float:
        """The value of the paper order, in the smallest unit."""
        return self.quantity * self.decision * self.listed.multiplier / 2


@dataclass(frozen=True)
class Shortfall:
    """The four causes, in halves of the smallest unit; positive is a cost."""

    delay: int
    trading: int
    opportunity: int
    fees: int

    @property
    def total(self) -> int:
        """Their sum."""
        return self.delay + self.trading + self.opportunity + self.fees


def shortfall(order: ParentOrder) -> Shortfall:
    """The shortfall of an order by cause."""
    scale = order.side * order.listed.multiplier
    return Shortfall(
        delay=scale * sum(fill.quantity * (fill.arrived - order.decision) for fill in order.fills),
        trading=scale * sum(fill.quantity * (2 * fill.price - fill.arrived) for fill in order.fills),
        opportunity=scale * (order.quantity - order.filled) * (order.close - order.decision),
        fees=2 * sum(fill.fee for fill in order.fills),
    )


def parent_orders(journal: Journal, tapes: Mapping[str, BookTape], agent: str) -> list[ParentOrder]:
    """What this participant did, by book and side, in the order of the first orders.

    An order that its strategy states, and that may go to any venue of its instrument, is one order, wherever its parts
    traded: it is held against the tape of the symbol, if there is one. It is an order even where nothing of it got to a
    venue.
    """
    joined = next(event for event in journal.of(AgentJoined) if event.agent == agent)
    orders = {event.order: event for event in journal.of(OrderAccepted) if event.account == agent}
    left = {number: event.terms.quantity for number, event in orders.items()}
    listed = {event.symbol: event for event in journal.of(InstrumentListed)}
    terms = stated_order(joined)
    own = None if terms is None else _book_of(joined, terms[0], tapes)
    groups: dict[tuple[str, int], list[OrderAccepted]] = {}
    for order in orders.values():
        symbol, side = order.terms.symbol, order.terms.side
        is_anywhere = terms is not None and terms[:2] == (symbol, side) and own == symbol and symbol in tapes
        book = symbol if is_anywhere else book_name(symbol, order.terms.venue)
        groups.setdefault((book, side), []).append(order)
    if terms is not None and own is not None and own in tapes and terms[3] <= journal[-1].time:
        groups.setdefault((own, terms[1]), [])
    for event in journal.of(OrderCancelled):
        if event.order in left:
            left[event.order] -= event.quantity
    found = []
    for (book, side), some in groups.items():
        tape = tapes.get(book)
        if tape is None or not tape.quotes.times:
            continue
        fills = tuple(_fills(tape, {one.order: one for one in some}, agent, side))
        for fill in fills:
            left[fill.trade.taker_order if fill.took else fill.trade.maker_order] -= fill.quantity
        waiting = sum(max(0, left[order.order]) for order in some)
        filled = sum(fill.quantity for fill in fills)
        symbol = book.partition(" on ")[0]
        stated = terms is not None and terms[:2] == (symbol, side) and book == own and filled <= terms[2]
        if terms is not None and stated:
            quantity, at = terms[2:]
        else:
            quantity, at = filled + waiting, some[0].time - round(joined.latency_ms * 1_000_000) if some else 0
        if quantity:
            quotes = tape.quotes
            decision = quotes.at(at) or quotes.twice[0]
            found.append(
                ParentOrder(agent, book, listed[symbol], side, quantity, at, decision, quotes.twice[-1], fills, stated)
            )
    return found


def _book_of(joined: AgentJoined, symbol: str, tapes: Mapping[str, BookTape]) -> str:
    """Where the order that a strategy states may trade: on the venue that it names, or on any."""
    venue = joined.parameters.get("venue")
    return book_name(symbol, venue) if isinstance(venue, str) and venue else symbol


def stated_order(joined: AgentJoined) -> tuple[str, int, int, int] | None:
    """The symbol, side, quantity and start that the parameters of a strategy say, if they are those of one order."""
    terms = joined.parameters
    symbol, side, quantity, start = (terms.get(name) for name in ("symbol", "side", "quantity", "start_s"))
    if not (isinstance(symbol, str) and isinstance(side, int) and isinstance(quantity, int)):
        return None
    if not isinstance(start, int | float):
        return None
    return symbol, side, quantity, round(start * SECOND)


def _fills(tape: BookTape, orders: dict[int, OrderAccepted], agent: str, side: int) -> Iterable[Fill]:
    for trade in tape.trades:
        roles = ((trade.taker, trade.taker_order, trade.side), (trade.maker, trade.maker_order, -trade.side))
        for (account, number, own), took in zip(roles, (True, False), strict=True):
            if account == agent and own == side and number in orders:
                fee, other = trade.taker_fee, trade.maker_fee
                if not took:
                    fee, other = other, fee
                arrived = _arrived(tape.quotes, orders[number].time)
                place = tape.quotes.place_before(trade.time) or 0
                best = tape.quotes.asks[place] if side == BUY else tape.quotes.bids[place]
                yield Fill(trade, trade.quantity, trade.price, fee, took, arrived, best, other)


def _arrived(quotes: Quotes, time: int) -> int:
    before = quotes.before(time)
    return quotes.twice[0] if before is None else before


@dataclass(frozen=True)
class Recommendation:
    """What would have been cheaper, and by how much, on the same data; in halves of the smallest unit."""

    advice: str
    saving: int


def recommendations(order: ParentOrder, vwap: float | None) -> list[Recommendation]:
    """The advice that the fills of this order support, the largest saving first."""
    scale = order.side * order.listed.multiplier
    cost = shortfall(order)
    taken = [fill for fill in order.fills if fill.took]
    beyond = scale * sum(fill.quantity * 2 * (fill.price - fill.best) for fill in taken)
    half = scale * sum(fill.quantity * (2 * fill.best - fill.arrived) for fill in taken)
    paid = sum(fill.fee - fill.other_fee for fill in taken) * 2
    dearer = 0
    if vwap is not None:
        dearer = round(scale * sum(fill.quantity * 2 * (fill.price - vwap) for fill in order.fills))
    every = (
        ("send each part when the order is decided, not later: no delay", cost.delay),
        ("take no more at once than the best quote shows", beyond),
        ("wait in the book until somebody trades at the midpoint of the moment", half),
        ("let others take: the fee of the side that waits", paid),
        ("trade along with the market: the volume-weighted price of the same time", dearer),
        ("finish the order: what never traded became dearer", cost.opportunity),
    )
    return sorted((Recommendation(*one) for one in every if one[1] > 0), key=lambda one: -one.saving)
