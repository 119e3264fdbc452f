"""The auction house: what a call collects, the price that it would give now, and the auction that ends it."""

from __future__ import annotations

from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import AuctionHeld, IndicativePrice
from market_sim.market.exchange.auction import Equilibrium, Interest, Meeting, find_price, pair
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.floor import Floor
from market_sim.market.exchange.listing import NO_PRICE, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.order import CALL, Order
from market_sim.market.exchange.order_book import BookSide


class AuctionHouse:
    """Lets everybody who waits trade at one price."""

    def __init__(self, floor: Floor, clearing: Clearing, matching: Matching) -> None:
        self._floor = floor
        self._clearing = clearing
        self._matching = matching

    def equilibrium(self, listing: Listing) -> Equilibrium | None:
        """The price that an auction would give with what waits now."""
        interests: dict[int, list[Interest]] = {}
        for side, book_side in ((1, listing.book.bids), (-1, listing.book.asks)):
            waiting = interests[side] = [
                Interest(side * key, level.volume + level.unseen) for key, level in book_side.levels.items()
            ]
            waiting += [
                Interest(order.limit, order.remaining, market=True)
                for order in listing.collected.values()
                if order.side == side
            ]
        return find_price(interests[1], interests[-1], listing.reference, listing.tick)

    def indicate(self, listing: Listing) -> None:
        """Tell the price that the auction would give now, if that has changed."""
        found = self.equilibrium(listing)
        indicative = (found.price, found.volume, found.surplus) if found else NO_PRICE
        if indicative != listing.indicative:
            listing.indicative = indicative
            price, volume, surplus = indicative
            now, venue = self._floor.clock.now, self._floor.venue
            self._floor.record(IndicativePrice(now, listing.symbol, price, volume, surplus, venue))

    def hold(self, listing: Listing) -> None:
        """Trade at the auction's price until one side has nobody left; what was for this auction only is gone."""
        found, meetings = self._agree(listing)
        price, volume, surplus = (found.price, found.volume, found.surplus) if found else NO_PRICE
        self._floor.record(
            AuctionHeld(self._floor.clock.now, listing.symbol, price, volume, surplus, self._floor.venue)
        )
        for buy, sell, quantity in meetings:
            for order in (buy, sell):
                if order.where != CALL:
                    listing.book.fill(order, quantity)
                    continue
                order.remaining -= quantity
                if not order.remaining:
                    del listing.collected[order.id]
            self._clearing.pay_in_auction(listing, buy, sell, quantity, price or 0)
        for order in self._floor.orders.values():
            if order.symbol != listing.symbol:
                continue
            if order.where == CALL or order.intent.time_in_force == "auction":
                self._matching.withdraw(order, "REMAINDER")

    def _agree(self, listing: Listing) -> tuple[Equilibrium | None, list[Meeting]]:
        """The auction's price and who meets whom there.

        Of two orders of one owner that would meet, the later one is withdrawn and the price is found again without
        it: everybody else still trades at one price, and the book is not crossed afterwards.
        """
        while True:
            found = self.equilibrium(listing)
            if found is None:
                return None, []
            sides = (self._eligible(listing, side, found.price) for side in (1, -1))
            meetings = pair(*sides)
            own = next((max(buy, sell, key=_number) for buy, sell, _ in meetings if buy.owner == sell.owner), None)
            if own is None:
                return found, meetings
            self._matching.withdraw(own, "SELF_TRADE")

    def _eligible(self, listing: Listing, side: int, price: int) -> list[Order]:
        """Who trades at this price, in the order of service: better limits first, then time.

        A market order stands before every limit within its protection. Served before a limit beyond it, it could
        leave somebody behind who would still trade with the other side, and the book would stay crossed.
        """
        book_side: BookSide = listing.book.bids if side == BUY else listing.book.asks
        ranked = [(order.key, 1, [order]) for order in listing.collected.values() if order.side == side]
        ranked += [(key, 0, [*level.everybody()]) for key, level in book_side.levels.items()]
        ranked.sort(key=_rank, reverse=True)  # a stable sort: equal market orders keep the order of their arrival
        return [order for key, _, orders in ranked if key >= side * price for order in orders]


def _rank(entry: tuple[int, int, list[Order]]) -> tuple[int, int]:
    return entry[0], entry[1]


def _number(order: Order) -> int:
    return order.id
