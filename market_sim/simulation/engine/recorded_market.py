"""A recorded market: it goes on as it did in a stored run, and one participant trades against what it shows.

What the participant may have traded is decided by two rules, each on the careful side:

- An order that arrives takes what the recorded book shows at its limit or better, at the prices shown. What it took is
  gone until the recorded level is: nothing is taken twice.
- An order that rests is behind everything shown at its price when it came. Recorded trades at its price fill that queue
  first and it afterwards; recorded trades at worse prices than its own ("through" it) fill it at once. Nobody else's
  cancel helps it, except that the queue before it is never longer than what is shown.

The recorded market does not react: it trades as if the participant were not there. The fills are made by an exchange of
the same rules as the recorded one, against an account that stands for the record, so refusals, fees, reservations and
reports are those of a market.
"""

from __future__ import annotations

from typing import Any, Final

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY, SELL, Amend, CancelAll, Intent, PlaceOrder
from market_sim.core.models.market_events import PhaseChanged, Trade, book_name
from market_sim.core.models.run_events import RECORD, ValueMoved
from market_sim.market.exchange.book_replay import Book, BookReplay
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CLOSED, CONTINUOUS
from market_sim.market.exchange.order import Order
from market_sim.simulation.engine.world import World

ENOUGH: Final = 10**17
"""What it has of every asset."""

Place = tuple[str, int, int]
"""A level of a recorded book: its name, its side, its price."""


class RecordedMarket:
    """The record on the clock of a world, and the fills of those who trade in it."""

    def __init__(self, world: World, record: Journal) -> None:
        self._world, self._record = world, record
        self._read = 0
        self._replay = BookReplay()
        self._trades: dict[str, int] = {}
        self._valued = dict.fromkeys(event.symbol for event in record.of(ValueMoved))
        self._taken: dict[Place, int] = {}
        """What was taken from each level since it was empty."""
        self._ahead: dict[int, int] = {}
        """For each resting order: what is still before it in the queue."""
        self.took = self.rested = 0
        """The quantities that were filled on arrival and in the book."""

    def start(self) -> None:
        """Open the account of the record, and plan its first events."""
        self._world.ledger.open_account(RECORD)
        for asset in dict.fromkeys([*self._world.venues.symbols, *self._quotes()]):
            self._world.ledger.deposit(RECORD, asset, ENOUGH)
        self._plan()

    # ---- what participants see ----------------------------------------------------------------------------------

    def quotes(self, symbol: str) -> list[tuple[int | None, int | None]]:
        """The best bid and ask of each book of an instrument."""
        books = [self._replay.book(book_name(symbol, venue.name)) for venue in self._venues(symbol)]
        return [(max(book.bids, default=None), min(book.asks, default=None)) for book in books]

    def traded(self, symbol: str) -> int:
        """How often an instrument has traded so far."""
        return self._trades.get(symbol, 0)

    # ---- what they ask for --------------------------------------------------------------------------------------

    def submit(self, name: str, intent: Intent) -> object:
        """Take an intent of a participant, with what the record shows on the other side."""
        if isinstance(intent, PlaceOrder):
            conditions = intent.conditions
            if conditions is not None and (conditions.stop is not None or conditions.peg):
                raise InputError(
                    f"{name}: a backtest has no stop and no pegged orders: they follow a market that reacts"
                )
            return self._enter(name, intent, intent.symbol, intent.venue, intent.side)
        if isinstance(intent, Amend):
            venue = self._world.venues.of_order(name, intent.order)
            order = venue.orders.get(intent.order)
            if order is not None:
                return self._enter(name, intent, order.symbol, venue.name, order.side)
        return self._world.venues.submit(name, intent)

    def _enter(self, name: str, intent: PlaceOrder | Amend, symbol: str, at: str, side: int) -> object:
        """Show the other side, let the order in, and take away what is left of it."""
        venue = next((one for one in self._venues(symbol) if at in ("", one.name)), None)
        if venue is None or side not in (BUY, SELL):
            return self._world.venues.submit(name, intent)
        self._show(venue, symbol, side)
        length = len(self._world.journal)
        answer = self._world.venues.submit(name, intent)
        book = book_name(symbol, venue.name)
        for event in self._world.journal.since(length):
            if type(event) is Trade:
                place = book, -side, event.price
                self._taken[place] = self._taken.get(place, 0) + event.quantity
                self.took += event.quantity
        venue.submit(RECORD, CancelAll(symbol))
        if isinstance(answer, Order) and answer.id in venue.orders:
            # An amendment that kept its place in the queue keeps what was before it, too.
            shown = _side(self._replay.book(book), side).get(answer.limit, 0)
            self._ahead[answer.id] = min(shown, self._ahead.get(answer.id, shown)) if _keeps(intent) else shown
        return answer

    def _show(self, venue: Exchange, symbol: str, side: int) -> None:
        """Place what the record shows on the other side of an order, as far as it would not trade with other orders."""
        name = book_name(symbol, venue.name)
        levels = _side(self._replay.book(name), -side)
        book = venue.listings[symbol].book
        own = book.best_bid if side == BUY else book.best_ask
        for price in sorted(levels, reverse=side == SELL):
            quantity = levels[price] - self._taken.get((name, -side, price), 0)
            if quantity > 0 and (own is None or (price - own) * side > 0):
                venue.submit(RECORD, PlaceOrder(symbol, -side, quantity, price, venue=venue.name))

    # ---- the record goes on -------------------------------------------------------------------------------------

    def _plan(self) -> None:
        if self._read < len(self._record):
            clock = self._world.clock
            clock.plan(max(clock.now, self._record[self._read].time), self._play)

    def _play(self, _: Any) -> None:
        """Let everything happen that happened at this instant."""
        now, record = self._world.clock.now, self._record
        while self._read < len(record) and record[self._read].time <= now:
            self._follow(record[self._read])
            self._read += 1
        self._forget_what_is_gone()
        self._world.participants.notice()
        self._plan()

    def _follow(self, event: Event) -> None:
        effect = self._replay.effects.get(type(event))
        if effect is not None:
            effect(event)
        if type(event) is Trade:
            self._trades[event.symbol] = self._trades.get(event.symbol, 0) + 1
            self._fill(event)
            if event.symbol not in self._valued:
                # What an account is worth is told at believed values; where there are none, at the last recorded price.
                self._world.journal.record(ValueMoved(event.time, event.symbol, event.price))
        elif type(event) is ValueMoved:
            self._world.journal.record(event)
        elif type(event) is PhaseChanged:
            self._change(event)

    def _fill(self, trade: Trade) -> None:
        """Fill the resting orders that a recorded trade would have reached, the best first."""
        venue = self._world.venues.by_name.get(trade.venue)
        if venue is None or trade.symbol not in venue.listings:
            return
        side, left = -trade.side, trade.quantity
        mine = [one for one in venue.orders.values() if one.symbol == trade.symbol and one.side == side]
        for order in sorted(mine, key=lambda one: (-side * one.limit, one.id)):
            better = (order.limit - trade.price) * side
            if better < 0 or left <= 0:
                break
            if better == 0:
                before = min(left, self._ahead.get(order.id, 0))
                self._ahead[order.id] = self._ahead.get(order.id, 0) - before
                left -= before
            quantity = min(left, order.remaining)
            if quantity > 0:
                venue.submit(RECORD, PlaceOrder(order.symbol, -side, quantity, order.limit, "ioc", venue=venue.name))
                self.rested += quantity
                left -= quantity

    def _change(self, event: PhaseChanged) -> None:
        """Halt, close or resume with the record; while it collects orders for an auction there is nothing to trade."""
        venue = self._world.venues.by_name.get(event.venue)
        if venue is None or event.symbol not in venue.listings:
            return
        if event.phase == CONTINUOUS:
            venue.phases.resume(event.symbol, event.reason)
        elif event.phase == CLOSED:
            venue.phases.close(event.symbol, event.reason)
        else:
            venue.phases.halt(event.symbol, event.reason)

    def _forget_what_is_gone(self) -> None:
        """A level that is gone can be taken from again once it is back; no queue is longer than what is shown."""
        for place in [place for place in self._taken if place[2] not in _side(self._replay.book(place[0]), place[1])]:
            del self._taken[place]
        for venue in self._world.venues.by_name.values():
            for number in [number for number in self._ahead if number in venue.orders]:
                order = venue.orders[number]
                shown = _side(self._replay.book(book_name(order.symbol, venue.name)), order.side)
                self._ahead[number] = min(self._ahead[number], shown.get(order.limit, 0))

    def _venues(self, symbol: str) -> list[Exchange]:
        return [venue for venue in self._world.venues.by_name.values() if symbol in venue.listings]

    def _quotes(self) -> list[str]:
        return [listing.quote for venue in self._world.venues.by_name.values() for listing in venue.listings.values()]


def _side(book: Book, side: int) -> dict[int, int]:
    return book.bids if side == BUY else book.asks


def _keeps(intent: PlaceOrder | Amend) -> bool:
    """Whether an amendment only makes an order smaller, which keeps its place."""
    return isinstance(intent, Amend) and intent.limit is None
