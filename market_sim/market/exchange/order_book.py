"""The order book of one instrument: who waits at which price, and in which order they are served.

Price first, then shown before hidden, then time (docs/exchange.md; rulebook F-1.1 and F-1.2). A trade happens at
the price of the order that was waiting. The book neither knows who pays nor what a fee is: it returns the fills, and
the exchange pays them.

Each side keeps a sorted list of keys with the best last, and a dictionary from key to level. A level keeps its
orders in the dictionary's own insertion order, which is time order, so that joining and leaving cost the same however
long the queue is, and serving nearly so (`Level.tidy`). Two spellings below look unusual and are there because they
were measured: `for maker in queue.values(): break` is the fastest way to the first entry, and level volumes are kept
up to date with each change because summing them for every market data message cost four times as much.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from math import isqrt

from market_sim.core.models.intents import BUY
from market_sim.market.exchange.order import Order

Fill = tuple[Order, int]
"""A resting order (the maker) and how much of it traded, at its own limit."""

PATIENCE = 64


class Level:
    """All orders at one price of one side."""

    __slots__ = ("hidden", "orders", "patience", "pegged", "unseen", "volume")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.hidden: dict[int, Order] = {}
        self.pegged: dict[int, Order] = {}
        self.volume = 0
        """The sum of what the orders show."""
        self.unseen = 0
        """The sum of what they do not show: hidden orders, pegged orders, the later slices of icebergs."""
        self.patience = PATIENCE
        """How often the first of the queue may still be looked up before `tidy`."""

    def queue(self, order: Order) -> dict[int, Order]:
        """Where this order waits: shown orders are served first, then hidden ones, then pegged ones."""
        return self.pegged if order.cap else self.hidden if order.hidden else self.orders

    def tidy(self) -> None:
        """Write the queues afresh: to find its first entry, a dictionary passes over all that left before it.

        Among n orders, tidying about every 10 √n look-ups costs as much as the passing over that it saves, so a queue
        of a hundred thousand is served nearly as fast as one of ten.
        """
        self.orders, self.hidden, self.pegged = {**self.orders}, {**self.hidden}, {**self.pegged}
        self.patience = PATIENCE + 10 * isqrt(len(self.orders))

    def everybody(self) -> Iterator[Order]:
        """All orders of the level, in the order in which they are served."""
        return chain(self.orders.values(), self.hidden.values(), self.pegged.values())


class BookSide:
    """The buyers or the sellers: keys in ascending order, the best one last."""

    __slots__ = ("keys", "levels")

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def begin(self, key: int) -> Level:
        """Open the level of a price at which nobody waited."""
        level = self.levels[key] = Level()
        insort(self.keys, key)
        return level

    def drop(self, key: int) -> None:
        """Forget a level that became empty."""
        del self.levels[key]
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]

    def shown(self) -> int | None:
        """The key of the best level that shows anything; hidden orders are nobody's business."""
        for key in reversed(self.keys):
            if self.levels[key].volume:
                return key
        return None


class OrderBook:
    """Both sides of one instrument. Who wants to leave brings the order: the accounts hold them by their numbers."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide()
        self.asks = BookSide()

    @property
    def best_bid(self) -> int | None:
        """The highest price that a shown buyer offers."""
        return self.bids.shown()

    @property
    def best_ask(self) -> int | None:
        """The lowest price at which a shown seller offers."""
        key = self.asks.shown()
        return None if key is None else -key

    @property
    def is_crossed(self) -> bool:
        """Whether a buyer waits at or above a seller: never true between two messages of continuous trading."""
        return bool(self.bids.keys and self.asks.keys and self.bids.keys[-1] >= -self.asks.keys[-1])

    def place(self, order: Order) -> list[Fill]:
        """Match an order that has just arrived and let the rest of it wait."""
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
        """The key of the best order of the other side, shown or not: `-side * key` is its price."""
        keys = (self.asks if order.side == BUY else self.bids).keys
        return keys[-1] if keys else None

    def front(self, taker: Order) -> Order:
        """The order that the taker would meet next."""
        other = self.asks if taker.side == BUY else self.bids
        level = other.levels[other.keys[-1]]
        return next(level.everybody())

    def take(self, taker: Order) -> list[Fill]:
        """Trade until the order is filled, its limit is reached, or its own owner's order is next in the queue."""
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
        """Let an order wait at the end of the queue of its price."""
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
        """Take a waiting order out of the book."""
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
        """Make a waiting order smaller; it keeps its place in the queue (rulebook F-1.3)."""
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
        """Let a waiting order trade this much outside the usual course, as an auction does; it keeps its place."""
        if quantity == order.remaining:
            self.remove(order)
            order.remaining = 0
        else:
            self.reduce(order, quantity)

    def fillable(self, order: Order, passes_own: bool) -> int:
        """How much the order could trade at once, unseen quantity included; its owner's own orders never count.

        Unless the order takes them out of its way (`passes_own`), it would end at the first of them, and of an
        iceberg ahead of it only the slice that is shown now would trade.
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
        """The best bids and asks as (price, shown quantity), best first."""
        bids = ((key, self.bids.levels[key].volume) for key in reversed(self.bids.keys))
        asks = ((-key, self.asks.levels[key].volume) for key in reversed(self.asks.keys))
        return _first_shown(bids, levels), _first_shown(asks, levels)


def _first_shown(levels: Iterable[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    return list(islice((level for level in levels if level[1]), count))
