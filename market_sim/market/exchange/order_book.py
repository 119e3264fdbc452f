"""The order book of one instrument: its resting orders by price and priority.

Priority is price, then displayed before hidden, then time (docs/exchange.md; rulebook F-1.1 and F-1.2). A trade takes
the price of the resting order. The book knows neither payments nor fees: it returns the fills, and the exchange pays
them.

Each side keeps a sorted list of keys with the best last, and a dictionary from key to level. A level keeps its orders
in the insertion order of a dictionary, which is time order, so adding and removing an order take constant time for any
length of the queue, and matching nearly so (`Level.tidy`). Two unusual idioms below are there because they were
measured: `for maker in queue.values(): break` is the fastest access to the first entry, and level volumes are updated
with each change because summing them for every market data message took four times as long.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from math import isqrt

from market_sim.core.models.intents import BUY
from market_sim.market.exchange.order import Order

Fill = tuple[Order, int]
"""A resting order (the maker) and the quantity that it traded, at its own limit."""

PATIENCE = 64


class Level:
    """All orders at one price of one side."""

    __slots__ = ("hidden", "orders", "patience", "pegged", "unseen", "volume")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.hidden: dict[int, Order] = {}
        self.pegged: dict[int, Order] = {}
        self.volume = 0
        """The displayed quantity of all orders."""
        self.unseen = 0
        """The quantity that is not displayed: hidden orders, pegged orders, the later slices of icebergs."""
        self.patience = PATIENCE
        """The number of look-ups of the first entry before the next `tidy`."""

    def queue(self, order: Order) -> dict[int, Order]:
        """The queue of this order: displayed orders have priority, then hidden ones, then pegged ones."""
        return self.pegged if order.cap else self.hidden if order.hidden else self.orders

    def tidy(self) -> None:
        """Rebuild the queues, because a dictionary scans all removed entries to find its first one.

        With n orders, a rebuild about every 10 √n look-ups costs as much as the scans that it saves, so matching with a
        queue of a hundred thousand is nearly as fast as with one of ten.
        """
        self.orders, self.hidden, self.pegged = {**self.orders}, {**self.hidden}, {**self.pegged}
        self.patience = PATIENCE + 10 * isqrt(len(self.orders))

    def in_priority(self) -> Iterator[Order]:
        """All orders of the level, in priority order."""
        return chain(self.orders.values(), self.hidden.values(), self.pegged.values())


class BookSide:
    """One side of a book, the bids or the asks: keys in ascending order, the best one last."""

    __slots__ = ("keys", "levels")

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def begin(self, key: int) -> Level:
        """Create the level for a new price."""
        level = self.levels[key] = Level()
        insort(self.keys, key)
        return level

    def drop(self, key: int) -> None:
        """Remove an empty level."""
        del self.levels[key]
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]


class OrderBook:
    """Both sides of one instrument. The members index open orders by number; the book takes the order itself."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide()
        self.asks = BookSide()

    @property
    def best_bid(self) -> int | None:
        """The highest displayed bid."""
        side = self.bids
        for key in reversed(side.keys):
            if side.levels[key].volume:
                return key
        return None

    @property
    def best_ask(self) -> int | None:
        """The lowest displayed ask."""
        side = self.asks
        for key in reversed(side.keys):
            if side.levels[key].volume:
                return -key
        return None

    @property
    def quotes(self) -> tuple[int | None, int | None]:
        """Both at once; almost always the best level of each side displays something."""
        bids, asks = self.bids, self.asks
        if bids.keys and asks.keys:
            bid, ask = bids.keys[-1], asks.keys[-1]
            if bids.levels[bid].volume and asks.levels[ask].volume:
                return bid, -ask
        return self.best_bid, self.best_ask

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is at or above the best ask: never true between two messages of continuous trading."""
        return bool(self.bids.keys and self.asks.keys and self.bids.keys[-1] >= -self.asks.keys[-1])

    def place(self, order: Order) -> list[Fill]:
        """Match an arriving order and add its rest to the book."""
        keys = (self.asks if order.side == BUY else self.bids).keys
        fills = self.take(order) if keys and keys[-1] >= -order.key else []
        if order.remaining:
            self.rest(order)
        return fills

    def crosses(self, order: Order) -> bool:
        """Whether the order could trade with the best of the other side."""
        keys = (self.asks if order.side == BUY else self.bids).keys
        return bool(keys) and keys[-1] >= -order.key

    def best_key_against(self, order: Order) -> int | None:
        """The key of the best order of the other side, displayed or not; its price is `-side * key`."""
        keys = (self.asks if order.side == BUY else self.bids).keys
        return keys[-1] if keys else None

    def front(self, taker: Order) -> Order:
        """The resting order that the taker would trade with next."""
        other = self.asks if taker.side == BUY else self.bids
        level = other.levels[other.keys[-1]]
        return next(level.in_priority())

    def take(self, taker: Order) -> list[Fill]:
        """Trade until the order is filled, its limit is reached, or an order of the same owner is next in the queue."""
        other = self.asks if taker.side == BUY else self.bids
        keys, levels = other.keys, other.levels
        worst, owner, left = -taker.key, taker.owner, taker.remaining
        fills: list[Fill] = []
        while left and keys and keys[-1] >= worst:
            key = keys[-1]
            level = levels[key]
            level.patience -= 1
            if not level.patience:
                level.tidy()
            queue = level.orders or level.hidden or level.pegged
            for maker in queue.values():
                break
            if maker.owner == owner:
                break
            if maker.rare:
                quantity = self._take_rare(level, maker, left)
            else:
                quantity = maker.remaining
                if quantity > left:
                    quantity = left
                    maker.remaining -= quantity
                else:
                    maker.remaining = 0
                    del queue[maker.id]
                level.volume -= quantity
            left -= quantity
            fills.append((maker, quantity))
            if not queue and not (level.orders or level.hidden or level.pegged):
                other.drop(key)
        taker.remaining = left
        return fills

    def _take_rare(self, level: Level, maker: Order, left: int) -> int:
        """Trade with an iceberg, a hidden or a pegged order; an iceberg's next slice goes to the back of the queue."""
        quantity = min(maker.shown or maker.remaining, left)
        maker.remaining -= quantity
        if not maker.shown:
            level.unseen -= quantity
            if not maker.remaining:
                del level.queue(maker)[maker.id]
            return quantity
        maker.shown -= quantity
        level.volume -= quantity
        if not maker.shown:
            del level.orders[maker.id]
            if maker.remaining:
                maker.shown = min(maker.display, maker.remaining)
                level.orders[maker.id] = maker
                level.volume += maker.shown
                level.unseen -= maker.shown
        return quantity

    def rest(self, order: Order) -> None:
        """Add an order at the end of the queue of its price."""
        own = self.bids if order.side == BUY else self.asks
        key = order.key
        level = own.levels.get(key)
        if level is None:
            level = own.begin(key)
        if order.rare:
            level.queue(order)[order.id] = order
            order.shown = min(order.display, order.remaining)
            level.volume += order.shown
            level.unseen += order.remaining - order.shown
        else:
            level.orders[order.id] = order
            level.volume += order.remaining

    def remove(self, order: Order) -> None:
        """Remove a resting order from the book."""
        own = self.bids if order.side == BUY else self.asks
        key = order.key
        level = own.levels[key]
        if order.rare:
            del level.queue(order)[order.id]
            level.volume -= order.shown
            level.unseen -= order.remaining - order.shown
        else:
            del level.orders[order.id]
            level.volume -= order.remaining
        if not (level.orders or level.hidden or level.pegged):
            own.drop(key)

    def reduce(self, order: Order, quantity: int) -> None:
        """Reduce a resting order; it keeps its place in the queue (rulebook F-1.3)."""
        level = (self.bids if order.side == BUY else self.asks).levels[order.key]
        order.remaining -= quantity
        if not order.rare:
            level.volume -= quantity
            return
        before = order.shown
        order.shown = min(before, order.remaining)
        level.volume -= before - order.shown
        level.unseen -= quantity - (before - order.shown)

    def fill(self, order: Order, quantity: int) -> None:
        """Fill a resting order outside continuous matching, as an auction does; the rest keeps its place."""
        if quantity == order.remaining:
            self.remove(order)
            order.remaining = 0
        else:
            self.reduce(order, quantity)

    def fillable(self, order: Order, passes_own: bool) -> int:
        """The quantity that an order could trade at once, hidden quantity included, without orders of the same owner.

        Unless the order cancels those (`passes_own`), matching would end at the first of them, and an iceberg before it
        would trade only its present slice.
        """
        other = self.asks if order.side == BUY else self.bids
        total = 0
        for key in reversed(other.keys):
            if key < -order.key or total >= order.remaining:
                break
            level = other.levels[key]
            for queue in (level.orders, level.hidden, level.pegged):
                blocked = not passes_own and any(maker.owner == order.owner for maker in queue.values())
                for maker in queue.values():
                    if maker.owner != order.owner:
                        total += maker.shown if blocked and maker.shown else maker.remaining
                    elif blocked:
                        return total
        return total

    def depth(self, levels: int = 10) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The best bids and asks as (price, displayed quantity), best first."""
        bids = ((key, self.bids.levels[key].volume) for key in reversed(self.bids.keys))
        asks = ((-key, self.asks.levels[key].volume) for key in reversed(self.asks.keys))
        return _first_shown(bids, levels), _first_shown(asks, levels)


def _first_shown(levels: Iterable[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    return list(islice((level for level in levels if level[1]), count))
