"""The phases of an instrument: continuous trading, a call that ends in an auction, a halt, the night.

Only the operator changes a phase: a scenario, or a mechanism that halts a market by rule. In a call orders collect
and nothing trades, so the book may be crossed; `uncross` lets everybody trade at one price. A halt ends with a call,
so that the first price after it is found by everybody together.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import PhaseChanged
from market_sim.market.exchange.auction_house import AuctionHouse
from market_sim.market.exchange.floor import Floor
from market_sim.market.exchange.listing import CLOSED, CONTINUOUS, HALTED, IN_CALL, NO_PRICE, Listing, Phase
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.waiting import Waiting


class Phases:
    """Halts, calls and auctions, for one instrument or for the whole venue; and what follows a message in a phase."""

    def __init__(self, floor: Floor, matching: Matching, waiting: Waiting, auctions: AuctionHouse) -> None:
        self._floor = floor
        self._matching = matching
        self._waiting = waiting
        self._auctions = auctions

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
            self._auctions.hold(listing)
            self._change(listing, then, reason)

    def resume(self, symbol: str | None = None, reason: str = "OPERATOR") -> None:
        """Let an instrument that was halted or closed trade again without an auction."""
        for listing in self._chosen(symbol):
            if listing.phase == IN_CALL:
                raise InputError(f"{listing.symbol} is in a call, which ends with uncross()")
            self._change(listing, CONTINUOUS, reason)

    def close_day(self) -> None:
        """End all day orders, oldest first."""
        self._end([order for order in self._floor.orders.values() if order.intent.time_in_force == "day"], "EXPIRED")

    def expire(self) -> None:
        """End the orders whose time has come; every message does this before it is looked at."""
        self._end(self._waiting.due(), "EXPIRED")

    def finish(self, listing: Listing) -> None:
        """What follows a message, by the phase: pegs move and stops trigger; in a call, its price is told."""
        if listing.phase == CONTINUOUS:
            self._waiting.stir(listing)
        elif listing.phase == IN_CALL:
            self._auctions.indicate(listing)

    def _chosen(self, symbol: str | None) -> list[Listing]:
        listings = self._floor.listings
        if symbol is not None and symbol not in listings:
            raise InputError(f"{symbol} is not listed; listed are {', '.join(listings)}")
        self.expire()
        return [*listings.values()] if symbol is None else [listings[symbol]]

    def _change(self, listing: Listing, phase: Phase, reason: str, numbers: Numbers | None = None) -> None:
        if phase == CONTINUOUS and (listing.collected or listing.book.is_crossed):
            raise InputError(f"{listing.symbol} has buyers and sellers that would trade: call() and uncross() first")
        listing.phase, listing.because = phase, reason
        listing.watch()
        now, venue = self._floor.clock.now, self._floor.venue
        self._floor.record(PhaseChanged(now, listing.symbol, phase, reason, numbers or {}, venue))
        if phase != CONTINUOUS:
            self._waiting.sleep(listing)
        self.finish(listing)

    def _end(self, due: Iterable[Order], reason: str) -> None:
        touched: dict[str, None] = {}
        for order in due:
            self._matching.withdraw(order, reason)
            touched[order.symbol] = None
        for symbol in touched:
            self.finish(self._floor.listings[symbol])
