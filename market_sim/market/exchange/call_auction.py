"""The call auction of a listing: its indicative price while orders collect, and the uncrossing that ends the call."""

from __future__ import annotations

from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import AuctionHeld, IndicativePrice
from market_sim.market.exchange.auction import Equilibrium, Interest, Match, find_price, match_orders
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.listing import NO_PRICE, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.order import CALL, Order
from market_sim.market.exchange.order_book import BookSide
from market_sim.market.exchange.venue_state import VenueState


class CallAuction:
    """Uncrosses a listing: all eligible orders trade at one price."""

    def __init__(self, state: VenueState, clearing: Clearing, matching: Matching) -> None:
        self._state = state
        self._clearing = clearing
        self._matching = matching

    def equilibrium(self, listing: Listing) -> Equilibrium | None:
        """The result of an auction of the orders that wait now."""
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
        """Record the indicative price if it has changed."""
        found = self.equilibrium(listing)
        indicative = (found.price, found.volume, found.surplus) if found else NO_PRICE
        if indicative != listing.indicative:
            listing.indicative = indicative
            price, volume, surplus = indicative
            now, venue = self._state.clock.now, self._state.venue
            self._state.record(IndicativePrice(now, listing.symbol, price, volume, surplus, venue))

    def hold(self, listing: Listing) -> None:
        """Trade at the auction's price until one side is used up; then withdraw orders for this auction only."""
        found, matches = self._agree(listing)
        price, volume, surplus = (found.price, found.volume, found.surplus) if found else NO_PRICE
        self._state.record(
            AuctionHeld(self._state.clock.now, listing.symbol, price, volume, surplus, self._state.venue)
        )
        for buy, sell, quantity in matches:
            for order in (buy, sell):
                if order.where != CALL:
                    listing.book.fill(order, quantity)
                    continue
                order.remaining -= quantity
                if not order.remaining:
                    del listing.collected[order.id]
            self._clearing.pay_in_auction(listing, buy, sell, quantity, price or 0)
        for order in self._state.orders.values():
            if order.symbol != listing.symbol:
                continue
            if order.where == CALL or order.intent.time_in_force == "auction":
                self._matching.withdraw(order, "REMAINDER")

    def _agree(self, listing: Listing) -> tuple[Equilibrium | None, list[Match]]:
        """The auction's price and its trades.

        If two orders of one owner would trade, the later one is withdrawn and the price is determined again without
        it, so that all others still trade at one price and the book is not crossed afterwards.
        """
        while True:
            found = self.equilibrium(listing)
            if found is None:
                return None, []
            sides = (self._eligible(listing, side, found.price) for side in (1, -1))
            matches = match_orders(*sides)
            own = next((max(buy, sell, key=_number) for buy, sell, _ in matches if buy.owner == sell.owner), None)
            if own is None:
                return found, matches
            self._matching.withdraw(own, "SELF_TRADE")

    def _eligible(self, listing: Listing, side: int, price: int) -> list[Order]:
        """The orders that can trade at this price, in priority order: better limits first, then time.

        A market order has priority over every limit within its protection, but not over a better limit: otherwise an
        unfilled better limit could stay behind that still crosses the other side.
        """
        book_side: BookSide = listing.book.bids if side == BUY else listing.book.asks
        ranked = [(order.key, 1, [order]) for order in listing.collected.values() if order.side == side]
        ranked += [(key, 0, [*level.in_priority()]) for key, level in book_side.levels.items()]
        ranked.sort(key=_rank, reverse=True)  # a stable sort: equal market orders keep the order of their arrival
        return [order for key, _, orders in ranked if key >= side * price for order in orders]


def _rank(entry: tuple[int, int, list[Order]]) -> tuple[int, int]:
    return entry[0], entry[1]


def _number(order: Order) -> int:
    return order.id
