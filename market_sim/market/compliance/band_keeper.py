"""The keeper of price bands: reference prices, the bands in force, and limit states (limit up, limit down)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.core.models.compliance_events import PriceBandsSet
from market_sim.core.models.event import Event
from market_sim.market.compliance.market_clock import MarketClock
from market_sim.market.compliance.market_watch import Breach, MarketWatch
from market_sim.market.compliance.price_bands import bands, limit_state, next_reference
from market_sim.market.compliance.profile import PriceBands
from market_sim.market.compliance.trade_window import TradeWindow
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, Listing


class BandKeeper:
    """The bands of all spot instruments of a market."""

    def __init__(
        self,
        rule: PriceBands,
        clock: MarketClock,
        venues: Sequence[Exchange],
        watch: MarketWatch,
        record: Callable[[Event], None],
        plan: Callable[[int], object],
    ) -> None:
        self._rule = rule
        self._clock = clock
        self._venues = venues
        self._watch = watch
        self._record = record
        self._plan = plan
        self._windows: dict[str, TradeWindow] = {}
        self._references: dict[str, tuple[int, int]] = {}
        """The reference of each instrument, and since when."""
        self.now: dict[str, tuple[int, int]] = {}
        """The lower and the upper band of each instrument that trades continuously."""
        self._states: dict[str, tuple[str, int]] = {}
        """The limit state of an instrument, up or down, and since when."""
        self._planned = -1

    def begin(self, now: int) -> None:
        """Instruments with a last close have bands from the start."""
        for symbol, close in self._watch.closes.items():
            self._references[symbol] = (close, now)
            self._set(symbol, now)
        self._plan_next(now)

    def traded(self, symbol: str, price: int, now: int) -> None:
        """Take a trade in; the first one is the opening reference."""
        window = self._windows.get(symbol)
        if window is None:
            window = self._windows[symbol] = TradeWindow(self._clock.span(self._rule.reference))
        window.add(now, price)
        if symbol not in self._references:
            self._references[symbol] = (price, now)
            self._set(symbol, now)

    def halted(self, symbol: str) -> None:
        """While an instrument is halted it has no bands; its reopening price is the next reference."""
        self._states.pop(symbol, None)
        self._references.pop(symbol, None)
        if symbol in self._windows:
            self._windows[symbol].restart()
        if self.now.pop(symbol, None) is not None:
            for _, listing in self._books(symbol):
                listing.highest = listing.lowest = None

    def look(self, now: int) -> list[Breach]:
        """Move the references that are due, and find limit states that have lasted too long."""
        if now >= self._planned:
            self._plan_next(now)
        found: list[Breach] = []
        for symbol in self._references:
            self._refresh(symbol, now)
            breach = self._limit_state(symbol, now)
            if breach is not None:
                found.append(breach)
        return found

    def _plan_next(self, now: int) -> None:
        """References move, bands double and a day begins at their time, with or without an order."""
        keep = self._clock.span(self._rule.keep)
        doubled = self._clock.next(self._rule.doubled_from, now)
        self._planned = min((now // keep + 1) * keep, doubled, self._clock.closes(now))
        self._plan(self._planned)

    def _refresh(self, symbol: str, now: int) -> None:
        reference, since = self._references[symbol]
        window = self._windows.get(symbol)
        mean = None if window is None else window.mean(now)
        changed = next_reference(self._rule, reference, (now - since) * self._clock.pace, mean, self._tick(symbol))
        if changed != reference:
            self._references[symbol] = (changed, now)
        self._set(symbol, now)

    def _set(self, symbol: str, now: int) -> None:
        """Compute the bands, and withdraw what new ones leave outside."""
        reference, _ = self._references[symbol]
        books = self._books(symbol)
        if not any(listing.phase == CONTINUOUS for _, listing in books):
            return
        listing = books[0][1]
        dollar = 10**listing.instrument.price_decimals
        self._watch.begin_day(now)
        close = self._watch.closes[symbol]
        found = bands(self._rule, reference, close, self._clock.of_day(now), dollar, listing.tick)
        if self.now.get(symbol) == found:
            return
        self.now[symbol] = lower, upper = found
        self._record(PriceBandsSet(now, symbol, reference, lower, upper))
        for venue, listing in books:
            listing.lowest, listing.highest = found
            outside = [
                order
                for order in venue.orders.values()
                if order.symbol == symbol and (order.limit > upper if order.side > 0 else order.limit < lower)
            ]
            for order in outside:
                venue.withdraw(order, "OUTSIDE_BANDS")

    def _limit_state(self, symbol: str, now: int) -> Breach | None:
        known = self.now.get(symbol)
        if known is None:
            return None
        lower, upper = known
        books = [listing.book for _, listing in self._books(symbol) if listing.phase == CONTINUOUS]
        bids = [book.best_bid for book in books if book.best_bid is not None]
        asks = [book.best_ask for book in books if book.best_ask is not None]
        state = limit_state(max(bids, default=None), min(asks, default=None), lower, upper)
        if not state:
            self._states.pop(symbol, None)
            return None
        span = self._clock.span(self._rule.limit_state)
        known_state, since = self._states.get(symbol, ("", now))
        if known_state != state:
            self._states[symbol] = (state, now)
            self._plan(now + span)
            return None
        if now - since < span:
            return None
        numbers: dict[str, int | str] = {"side": state, "band": upper if state == "up" else lower}
        return Breach("HALTED_LIMIT_STATE", symbol, self._rule.halt, self._rule.call, numbers)

    def _books(self, symbol: str) -> list[tuple[Exchange, Listing]]:
        return [(venue, venue.listings[symbol]) for venue in self._venues if symbol in venue.listings]

    def _tick(self, symbol: str) -> int:
        return self._books(symbol)[0][1].tick
