"""The phases of an instrument: continuous trading, a call that ends in an auction, a halt, the night.

Only the operator changes a phase: a scenario, or a mechanism that halts a market by rule. In a call orders collect
and nothing trades, so the book may be crossed; `uncross` lets everybody trade at one price. A halt ends with a call,
so that the first price after it is found by everybody together.
"""

from __future__ import annotations

from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import AuctionHeld, IndicativePrice, PhaseChanged
from market_sim.market.exchange.auction import Equilibrium, Interest, Meeting, find_price, pair
from market_sim.market.exchange.listing import CLOSED, CONTINUOUS, HALTED, IN_CALL, Listing, Phase
from market_sim.market.exchange.order import CALL, Order
from market_sim.market.exchange.order_book import BookSide
from market_sim.market.exchange.waiting import Waiting

NO_PRICE = (None, 0, 0)


class Phases(Waiting):
    """Halts, calls and auctions, for one instrument or for the whole exchange."""

    def halt(self, symbol: str | None = None, reason: str = "OPERATOR", numbers: Numbers | None = None) -> None:
        """Stop all trading; from now on orders can only be cancelled."""
        for listing in self._chosen(symbol):
            self._change(listing, HALTED, reason, numbers)

    def close(self, symbol: str | None = None, reason: str = "SCHEDULE") -> None:
        """End the day's trading. `close_day` ends the day's orders."""
        for listing in self._chosen(symbol):
            self._change(listing, CLOSED, reason)

    def call(self, symbol: str | None = None, reference: int | None = None, reason: str = "SCHEDULE") -> None:
        """Begin to collect orders for an auction whose price stays close to the reference, else to the last trade."""
        for listing in self._chosen(symbol):
            if reference is not None and (reference <= 0 or reference % listing.tick):
                raise InputError(f"{listing.symbol}: the reference {reference} is not a multiple of {listing.tick}")
            listing.reference = listing.last if reference is None else reference
            listing.indicative = NO_PRICE
            self._change(listing, IN_CALL, reason)

    def uncross(self, symbol: str | None = None, then: Phase = CONTINUOUS, reason: str = "AUCTION") -> None:
        """End the call: let everybody trade at one price, and go on with the next phase."""
        for listing in self._chosen(symbol):
            if listing.phase != IN_CALL:
                raise InputError(f"{listing.symbol} is in the phase {listing.phase}: only a call ends in an auction")
            self._hold_auction(listing)
            self._change(listing, then, reason)

    def resume(self, symbol: str | None = None, reason: str = "OPERATOR") -> None:
        """Let an instrument that was halted or closed trade again without an auction."""
        for listing in self._chosen(symbol):
            if listing.phase == IN_CALL:
                raise InputError(f"{listing.symbol} is in a call, which ends with uncross()")
            self._change(listing, CONTINUOUS, reason)

    def _chosen(self, symbol: str | None) -> list[Listing]:
        if symbol is not None and symbol not in self.listings:
            raise InputError(f"{symbol} is not listed; listed are {', '.join(self.listings)}")
        if self._expiring:
            self.expire()
        return [*self.listings.values()] if symbol is None else [self.listings[symbol]]

    def _change(self, listing: Listing, phase: Phase, reason: str, numbers: Numbers | None = None) -> None:
        if phase == CONTINUOUS and (listing.collected or listing.book.is_crossed):
            raise InputError(f"{listing.symbol} has buyers and sellers that would trade: call() and uncross() first")
        listing.phase, listing.because = phase, reason
        listing.watch()
        self._record(PhaseChanged(self.clock.now, listing.symbol, phase, reason, numbers or {}))
        if phase != CONTINUOUS:
            for _, order in sorted(listing.pegs.items()):
                self._sleep(listing, order)
        self._finish(listing)

    def _finish(self, listing: Listing) -> None:
        """What follows a message: in a call, the price that the auction would give now."""
        if listing.phase != IN_CALL:
            super()._finish(listing)
            return
        found = self.equilibrium(listing)
        indicative = (found.price, found.volume, found.surplus) if found else NO_PRICE
        if indicative != listing.indicative:
            listing.indicative = indicative
            self._record(IndicativePrice(self.clock.now, listing.symbol, *indicative))

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

    def _hold_auction(self, listing: Listing) -> None:
        """Trade at the auction's price until one side has nobody left; what was for this auction only is gone."""
        found, meetings = self._agree(listing)
        price, volume, surplus = (found.price, found.volume, found.surplus) if found else NO_PRICE
        self._record(AuctionHeld(self.clock.now, listing.symbol, price, volume, surplus))
        for buy, sell, quantity in meetings:
            for order in (buy, sell):
                if order.where != CALL:
                    listing.book.fill(order, quantity)
                    continue
                order.remaining -= quantity
                if not order.remaining:
                    del listing.collected[order.id]
            self._pay_in_auction(listing, buy, sell, quantity, price or 0)
        for order in self.orders.values():
            if order.symbol != listing.symbol:
                continue
            if order.where == CALL or order.intent.time_in_force == "auction":
                self._withdraw(self.accounts[order.account], order, "REMAINDER")

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
            self._withdraw(self.accounts[own.account], own, "SELF_TRADE")

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
