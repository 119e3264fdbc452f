"""Best execution, judged after the trade: did another venue show a better price when an order traded? (rulebook F-6.4)

It is a case about the quality of an execution and accuses nobody: an account may not have known the other venue, or may
have known an older price of it. An instrument with one book has no such cases. At the price of a venue that is halted,
in a call or out of reach nobody can trade, and the one price of an auction is nobody's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from market_sim.core.models.event import Numbers
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import BookOpened, PhaseChanged, Trade, book_name
from market_sim.core.models.venue_events import OutageBegan, OutageEnded, VenueHealthChanged
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.exchange.listing import CONTINUOUS

WORKS = "CLOSED"
"""The status of a connection that works."""


class BestExecution(Detector):
    """Compares the price of each trade with the best prices of the other venues."""

    kind = "BEST_EXECUTION"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._replay = BookReplay()
        self._venues: dict[str, list[str]] = {}
        self._shut: dict[tuple[str, str], None] = {}
        """The books that do not trade continuously."""
        self._down: dict[str, None] = {}
        self._broken: dict[str, None] = {}
        """The venues in an outage, and those to which nothing is sent."""
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Books; their orders only once an instrument has two."""
        return {
            BookOpened: self._opened,
            PhaseChanged: self._changed,
            OutageBegan: lambda event: self._note(self._down, event.venue, True),
            OutageEnded: lambda event: self._note(self._down, event.venue, False),
            VenueHealthChanged: lambda event: self._note(self._broken, event.venue, event.status != WORKS),
        }

    def _opened(self, event: BookOpened) -> Iterable[Alert]:
        self._venues.setdefault(event.symbol, []).append(event.venue)
        if len(self._venues[event.symbol]) == 2:
            for kind, effect in self._replay.effects.items():
                self.effects[kind] = self._followed(effect)
            self.effects |= {Trade: self._traded, PhaseChanged: self._changed}
        return NOTHING

    @staticmethod
    def _note(venues: dict[str, None], venue: str, is_one: bool) -> Iterable[Alert]:
        venues.pop(venue, None)
        if is_one:
            venues[venue] = None
        return NOTHING

    def _changed(self, event: PhaseChanged) -> Iterable[Alert]:
        self._replay.phase_changed(event)
        self._shut.pop((event.symbol, event.venue), None)
        if event.phase != CONTINUOUS:
            self._shut[event.symbol, event.venue] = None
        return NOTHING

    @staticmethod
    def _followed(effect: Callable[[Any], None]) -> Callable[[Any], Iterable[Alert]]:
        def without_alert(event: Any) -> Iterable[Alert]:
            effect(event)
            return NOTHING

        return without_alert

    def _traded(self, event: Trade) -> Iterable[Alert]:
        self._replay.traded(event)
        if (event.symbol, event.venue) in self._shut:
            return NOTHING
        best: tuple[int, str] | None = None
        for venue in self._venues.get(event.symbol, ()):
            if (
                venue == event.venue
                or (event.symbol, venue) in self._shut
                or venue in self._down
                or venue in self._broken
            ):
                continue
            book = self._replay.book(book_name(event.symbol, venue))
            price = min(book.asks, default=None) if event.side == BUY else max(book.bids, default=None)
            if price is not None and (best is None or event.side * (best[0] - price) > 0):
                best = price, venue
        if best is None:
            return NOTHING
        worse = event.side * (event.price - best[0])
        bound = self.thresholds.execution_worse_bps
        if worse <= 0 or 10_000 * worse <= bound * best[0] or not self.rises((event.taker, event.symbol), event.time):
            return NOTHING
        numbers: Numbers = {
            "account": event.taker, "price": event.price, "venue": best[1], "better": best[0],
            "worse_bps": f"{10_000 * worse / best[0]:.1f}",
        }  # fmt: skip
        name = book_name(event.symbol, event.venue)
        return (Alert(event.time, self.kind, (event.taker,), name, numbers, (event.taker_order,), (event.trade,)),)
