"""The live view: answers from the books and accounts of the exchange as they are at the moment of the question."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import overload

from market_sim.core.data.tape import Tape
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import Trade
from market_sim.core.randomness import Stream
from market_sim.market.agents.mailbox import Mailbox
from market_sim.market.agents.past import Prices, SeenTrade, Trades
from market_sim.market.agents.reports import Report
from market_sim.market.agents.view import Depth, InstrumentView, OwnOrder, View
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member
from market_sim.market.ledger.account import Account
from market_sim.market.ledger.ledger import TimeSource


class TradeColumns(Sequence[SeenTrade]):
    """The trades of one instrument as columns of numbers: one takes 25 bytes, and becomes a value when it is read."""

    def __init__(self) -> None:
        self._columns = array("q"), array("q"), array("q"), array("b")

    def add(self, trade: Trade) -> None:
        """Add the next trade."""
        times, prices, quantities, sides = self._columns
        times.append(trade.time)
        prices.append(trade.price)
        quantities.append(trade.quantity)
        sides.append(trade.side)

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, place: int) -> SeenTrade: ...
    @overload
    def __getitem__(self, place: slice) -> list[SeenTrade]: ...
    def __getitem__(self, place: int | slice) -> SeenTrade | list[SeenTrade]:
        times, prices, quantities, sides = self._columns
        if isinstance(place, slice):
            return list(map(SeenTrade, times[place], prices[place], quantities[place], sides[place]))
        return SeenTrade(times[place], prices[place], quantities[place], sides[place])


class PublicTrades:
    """The trades of a run as all participants see them; those of one instrument are selected on demand."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._known: dict[str, TradeColumns] = {}
        self._read = 0

    def prices(self, symbol: str) -> Prices:
        """The price of every trade so far."""
        return Prices(self._tape.prices(symbol))

    def trades(self, symbol: str) -> Trades:
        """Every trade so far."""
        for entry in self._tape.after(self._read):
            if type(entry) is Trade:
                known = self._known.get(entry.symbol)
                if known is None:
                    known = self._known[entry.symbol] = TradeColumns()
                known.add(entry)
            self._read = entry.trade
        return Trades(self._known.setdefault(symbol, TradeColumns()))


class LiveInstrumentView(InstrumentView):
    """One instrument, seen by one account."""

    __slots__ = ("_balance", "_believed", "_listing", "_seen")

    def __init__(self, listing: Listing, account: Member, seen: PublicTrades, value: BelievedValue | None) -> None:
        super().__init__(listing.symbol, tick=listing.tick, lot=listing.lot)
        self._listing = listing
        self._balance = account.balance(listing.symbol)
        self._seen = seen
        self._believed = value

    @property
    def prices(self) -> Sequence[int]:
        """The price of every trade so far, oldest first."""
        return self._seen.prices(self.symbol)

    @property
    def trades(self) -> Sequence[SeenTrade]:
        """Every trade so far with its time, price, quantity and side, oldest first."""
        return self._seen.trades(self.symbol)

    @property
    def last(self) -> int | None:
        """The price of the last trade."""
        return self._listing.last

    @property
    def bid(self) -> int | None:
        """The best displayed bid."""
        return self._listing.book.best_bid

    @property
    def ask(self) -> int | None:
        """The best displayed ask."""
        return self._listing.book.best_ask

    @property
    def position(self) -> int:
        """Your position."""
        return self._balance.total

    @property
    def value(self) -> int | None:
        """The believed value, if the scenario publishes one."""
        return None if self._believed is None else self._believed.news

    @property
    def phase(self) -> str:
        """The phase: continuous (orders trade), call (orders collect for an auction), halted or closed."""
        return self._listing.phase

    @property
    def instrument(self) -> Instrument:
        """The present terms: a split changes those of an option."""
        return self._listing.instrument

    def depth(self, levels: int = 10) -> Depth:
        """The best bids and the best asks as (price, displayed quantity), best first."""
        return self._listing.book.depth(levels)


Look = Callable[[str, Listing, Member], InstrumentView]
"""Makes the view that a member has of one instrument on one venue: live or delayed."""


new = tuple.__new__


class LiveView(View):
    """A running market, seen by one account."""

    __slots__ = ("_account", "_cash_balance", "_clock", "_mailbox", "_memberships")

    def __init__(
        self,
        venues: Sequence[Exchange],
        account: Account,
        clock: TimeSource,
        look: Look,
        random: Stream,
        mailbox: Mailbox,
    ) -> None:
        self._memberships = tuple(venue.accounts[account.name] for venue in venues)
        seen: dict[str, InstrumentView] = {}
        on_venues: dict[tuple[str, str], InstrumentView] = {}
        for venue, member in zip(venues, self._memberships, strict=True):
            for symbol, listing in venue.listings.items():
                here = look(venue.name, listing, member)
                seen.setdefault(symbol, here)
                if venue.name:
                    on_venues[symbol, venue.name] = here
        super().__init__(seen, random=random, on_venues=on_venues)
        self._account = account
        self._clock = clock
        self._mailbox = mailbox
        quotes = {listing.quote for venue in venues for listing in venue.listings.values()}
        self._cash_balance = account.balance(min(quotes) if quotes else "USD")

    @property
    def time(self) -> int:
        """The simulated time in nanoseconds."""
        return self._clock.now

    @property
    def cash(self) -> int:
        """The cash that no open order reserves."""
        funds = self._cash_balance
        return funds.total - funds.reserved + funds.covered

    @property
    def orders(self) -> Sequence[OwnOrder]:
        """Your open orders, venue by venue, oldest first."""
        # `tuple.__new__`, because the constructor of a named tuple is a Python function that calls it.
        return tuple(
            [
                new(OwnOrder, (each.id, each.symbol, each.side, each.limit, each.remaining, each.intent.venue))
                for member in self._memberships
                for each in member.open.values()
            ]
        )

    @property
    def reports(self) -> Sequence[Report]:
        """What happened to your orders and your account since you last looked, oldest first."""
        return self._mailbox.reports

    @property
    def assets(self) -> tuple[str, ...]:
        """Every currency and instrument that you hold or held."""
        return tuple(self._account.balances)

    def balance(self, asset: str) -> int:
        """The amount of a currency or an instrument that no open order reserves."""
        return self._account.balance(asset).available


def live(seen: PublicTrades, values: Mapping[str, BelievedValue]) -> Look:
    """Views of instruments as they are at the moment of the question."""

    def look(venue: str, listing: Listing, member: Member) -> InstrumentView:
        value = values.get(listing.symbol)
        known = value if value is not None and value.is_known_to(member.name) else None
        return LiveInstrumentView(listing, member, seen, known)

    return look
