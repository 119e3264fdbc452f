"""Events of the exchange: listings, accounts, orders, trades, halts.

If there are several venues, an event about a book names its venue; the venue of an order is in its terms.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from market_sim.core.models.event import Area, Event, Numbers
from market_sim.core.models.intents import PlaceOrder


class MarketEvent(Event, frozen=True):
    """Base of the events of the exchange."""

    area: ClassVar[Area] = "market"


class InstrumentListed(MarketEvent, frozen=True):
    """An instrument can be traded from now on."""

    symbol: str
    kind: str
    tick: int
    lot: int
    quote: str
    multiplier: int
    price_decimals: int
    quantity_decimals: int
    delivered: bool = True
    """Whether accounts own it and the chain has a token for it; a derivative is a promise and has none."""
    terms: Numbers = msgspec.field(default_factory=dict)
    """The further terms of its kind: the strike and expiry of an option, the issuer of a warrant."""

    @property
    def cash_decimals(self) -> int:
        """The decimals of an amount of the currency: a price times a quantity, both in their smallest units."""
        return self.price_decimals + self.quantity_decimals


class BookOpened(MarketEvent, frozen=True):
    """One of several venues opens a book for this instrument: one asset, with a book on each venue."""

    symbol: str
    venue: str


class AccountOpened(MarketEvent, frozen=True):
    """A participant has an account; `number` is its number on the chain, from 1; `owner` is the beneficial owner."""

    account: str
    number: int
    owner: str


class Deposited(MarketEvent, frozen=True, omit_defaults=True):
    """Cash or holdings came into an account from outside."""

    account: str
    asset: str
    amount: int
    trade: int = 0
    """Its entry number; 0 for a balance from before the run, with which the chain opens."""


class Withdrawn(MarketEvent, frozen=True):
    """Cash or holdings left an account for the wallet of its owner; `trade` is its entry number."""

    account: str
    asset: str
    amount: int
    trade: int


class OrderAccepted(MarketEvent, frozen=True):
    """The exchange accepted an order; its fills, if any, follow."""

    order: int
    account: str
    terms: PlaceOrder


class OrderRejected(MarketEvent, frozen=True):
    """The exchange refused an intent, with the reason code and the numbers behind it."""

    account: str
    intent: str
    reason: str
    numbers: Numbers


class Trade(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """One fill between two orders, at the price of the resting order (the maker)."""

    trade: int
    symbol: str
    price: int
    quantity: int
    side: int
    """The side of the incoming order (the taker): +1 if it bought, -1 if it sold."""
    maker_order: int
    taker_order: int
    maker: str
    taker: str
    maker_fee: int
    taker_fee: int
    venue: str = ""


class Transferred(MarketEvent, frozen=True):
    """A mechanism moved cash or a position from one account to another: a premium, a margin, an exercise, a loan.

    Every change of a balance is a deposit, a withdrawal, a trade or a transfer. During a run all of them share one
    sequence of entry numbers, because they are settled in one order.
    """

    trade: int
    source: str
    target: str
    asset: str
    amount: int
    reason: str
    symbol: str
    """The instrument that caused the transfer."""


Entry = Trade | Transferred | Deposited | Withdrawn
"""An entry: an event that is settled. `trade` is its entry number; a deposit from before the run has none (0)."""

ENTRIES: Final = (Trade, Transferred, Deposited, Withdrawn)
"""The types of entries, the most frequent first; a deposit with number 0 is no entry."""


def entry_number(event: Event) -> int:
    """The entry number of an event; 0 if it is no entry."""
    return event.trade if isinstance(event, ENTRIES) else 0


class OrderCancelled(MarketEvent, frozen=True):
    """The remaining quantity of an order was withdrawn; the reason names the rule or the owner's cancel."""

    order: int
    quantity: int
    reason: str


class OrderAmended(MarketEvent, frozen=True):
    """An open order has new terms; `kept_place` says whether it kept its place in the queue."""

    order: int
    quantity: int
    limit: int
    kept_place: bool


class OrderRead(MarketEvent, frozen=True):
    """A participant has read an order that is on its way to the exchange, where it arrives at a later time."""

    reader: str
    account: str
    symbol: str
    side: int
    quantity: int
    limit: int | None
    arrives: int


class OrderRepeated(MarketEvent, frozen=True):
    """An order was sent again under the client id of an earlier one; nothing was placed a second time."""

    order: int
    account: str
    client_id: str


class OrderTriggered(MarketEvent, frozen=True):
    """A trade at this price triggered a stop order; from here on it is treated like an order that has just arrived."""

    order: int
    price: int


class FeesSet(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """The fees of an instrument, in millionths of the value traded; a negative rate is a rebate."""

    symbol: str
    maker: int
    taker: int
    minimum: int
    venue: str = ""


class PhaseChanged(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """An instrument enters another phase of its day (continuous, call, halted or closed), with the reason."""

    symbol: str
    phase: str
    reason: str
    numbers: Numbers
    venue: str = ""


class IndicativePrice(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """The result of an auction if it ended now; `surplus` is the unmatched quantity, positive for buyers."""

    symbol: str
    price: int | None
    volume: int
    surplus: int
    venue: str = ""


class AuctionHeld(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """A call auction ended, with its price (None without a trade) and the total volume of its trades."""

    symbol: str
    price: int | None
    volume: int
    surplus: int
    venue: str = ""


def book_name(symbol: str, venue: str) -> str:
    """The name of a book: its instrument, and its venue if there are several.

    >>> book_name("ACME", ""), book_name("ACME", "SIM-NYSE")
    ('ACME', 'ACME on SIM-NYSE')
    """
    return f"{symbol} on {venue}" if venue else symbol
