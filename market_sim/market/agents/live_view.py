"""The view of a running market: answers from the books and accounts of the exchange at the moment of asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from market_sim.core.data.tape import Tape
from market_sim.core.randomness import Stream
from market_sim.market.agents.view import Depth, InstrumentView, OwnOrder, Prices, View
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member
from market_sim.market.ledger.ledger import Timepiece


class LiveInstrumentView(InstrumentView):
    """One instrument, seen by one account."""

    __slots__ = ("_balance", "_believed", "_listing", "_tape")

    def __init__(self, listing: Listing, account: Member, tape: Tape, value: BelievedValue | None) -> None:
        super().__init__(listing.symbol, tick=listing.tick, lot=listing.lot)
        self._listing = listing
        self._balance = account.balance(listing.symbol)
        self._tape = tape
        self._believed = value

    @property
    def prices(self) -> Sequence[int]:
        """The price of every trade so far, oldest first."""
        known = self._tape.prices(self.symbol)
        return Prices(known, len(known))

    @property
    def last(self) -> int | None:
        """The price of the last trade."""
        return self._listing.last

    @property
    def bid(self) -> int | None:
        """The best shown price that somebody pays."""
        return self._listing.book.best_bid

    @property
    def ask(self) -> int | None:
        """The best shown price that somebody asks."""
        return self._listing.book.best_ask

    @property
    def position(self) -> int:
        """How much of it you hold."""
        return self._balance.total

    @property
    def value(self) -> int | None:
        """What it is believed to be worth, if the scenario lets such a value be known."""
        return None if self._believed is None else self._believed.news

    def depth(self, levels: int = 10) -> Depth:
        """The best bids and the best asks as (price, shown quantity), best first."""
        return self._listing.book.depth(levels)


class LiveView(View):
    """A running market, seen by one account."""

    __slots__ = ("_clock", "_memberships", "_quote")

    def __init__(
        self,
        exchange: Exchange,
        account: Member,
        clock: Timepiece,
        tape: Tape,
        values: Mapping[str, BelievedValue],
        random: Stream,
        others: Sequence[Exchange] = (),
    ) -> None:
        venues = (exchange, *others)
        seen: dict[str, InstrumentView] = {}
        on_venues: dict[tuple[str, str], InstrumentView] = {}
        for venue in venues:
            for symbol, listing in venue.listings.items():
                here = LiveInstrumentView(listing, account, tape, values.get(symbol))
                seen.setdefault(symbol, here)
                if venue.name:
                    on_venues[symbol, venue.name] = here
        super().__init__(seen, random=random, on_venues=on_venues)
        self._memberships = tuple(venue.accounts[account.name] for venue in venues)
        self._clock = clock
        quotes = {listing.quote for venue in venues for listing in venue.listings.values()}
        self._quote = min(quotes) if quotes else "USD"

    @property
    def time(self) -> int:
        """The simulated time in nanoseconds."""
        return self._clock.now

    @property
    def cash(self) -> int:
        """The cash that no open order holds back."""
        return self._memberships[0].balance(self._quote).available

    @property
    def orders(self) -> Sequence[OwnOrder]:
        """Your open orders, venue by venue, oldest first."""
        return tuple(
            [
                OwnOrder(order.id, order.intent.symbol, order.side, order.limit, order.remaining)
                for member in self._memberships
                for order in member.open.values()
            ]
        )
