"""What happens on the exchange: listings, accounts, orders, trades, halts.

Where a world has several venues, what concerns a book names its venue; an order's venue is that of its terms.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from market_sim.core.models.event import Area, Event, Numbers
from market_sim.core.models.intents import PlaceOrder


class MarketEvent(Event, frozen=True):
    """Something that happened on the exchange."""

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
    """What else its kind has: the strike and expiry of an option, the issuer of a warrant."""


class BookOpened(MarketEvent, frozen=True):
    """A venue of several has a book of this instrument from now on: one asset, and a book for each venue."""

    symbol: str
    venue: str


class AccountOpened(MarketEvent, frozen=True):
    """A participant has an account; `number` is its number on the chain, from 1; `owner` is who benefits."""

    account: str
    number: int
    owner: str


class Deposited(MarketEvent, frozen=True, omit_defaults=True):
    """Cash or holdings came into an account from outside."""

    account: str
    asset: str
    amount: int
    trade: int = 0
    """Its number in the one count of entries; 0 for what was there before the run began, which the chain opens with."""


class Withdrawn(MarketEvent, frozen=True):
    """Cash or holdings left an account for the wallet of its owner; an entry of the one count."""

    account: str
    asset: str
    amount: int
    trade: int


class OrderAccepted(MarketEvent, frozen=True):
    """The exchange took an order; its fills, if any, follow."""

    order: int
    account: str
    terms: PlaceOrder


class OrderRejected(MarketEvent, frozen=True):
    """The exchange refused an intent: the reason code of the table and the numbers behind it."""

    account: str
    intent: str
    reason: str
    numbers: Numbers


class Trade(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """One fill between two orders, at the price of the one that was resting (the maker)."""

    trade: int
    symbol: str
    price: int
    quantity: int
    side: int
    """The side of the order that arrived (the taker): +1 when it bought, -1 when it sold."""
    maker_order: int
    taker_order: int
    maker: str
    taker: str
    maker_fee: int
    taker_fee: int
    venue: str = ""


class Transferred(MarketEvent, frozen=True):
    """A mechanism moved cash or a position from one account to another: a premium, a margin, an exercise, a loan.

    Every change of what somebody owns is a deposit, a withdrawal, a trade or a transfer; during a run all of them share
    one count, because they are settled in one order.
    """

    trade: int
    source: str
    target: str
    asset: str
    amount: int
    reason: str
    symbol: str
    """The instrument because of which it moved."""


Entry = Trade | Transferred | Deposited | Withdrawn
"""What is settled: its number in the one count is `trade`. A deposit before the run began has none (0)."""

ENTRIES: Final = (Trade, Transferred, Deposited, Withdrawn)
"""The types of entries, the most frequent first; a deposit of number 0 is none."""


def entry_number(event: Event) -> int:
    """The number of an entry in the one count; 0 for everything else."""
    return event.trade if isinstance(event, ENTRIES) else 0


class OrderCancelled(MarketEvent, frozen=True):
    """What was left of an order is gone without a trade; the reason says whose wish or which rule it was."""

    order: int
    quantity: int
    reason: str


class OrderAmended(MarketEvent, frozen=True):
    """An open order has new terms; `kept_place` says whether it kept its place in the queue."""

    order: int
    quantity: int
    limit: int
    kept_place: bool


class OrderRepeated(MarketEvent, frozen=True):
    """An order was sent again under the client id of an earlier one; nothing was placed a second time."""

    order: int
    account: str
    client_id: str


class OrderTriggered(MarketEvent, frozen=True):
    """A stop order woke up because of a trade at this price; it goes on like an order that has just arrived."""

    order: int
    price: int


class FeesSet(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """What trading an instrument costs, in millionths of the value traded; a negative rate is a rebate."""

    symbol: str
    maker: int
    taker: int
    minimum: int
    venue: str = ""


class PhaseChanged(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """An instrument is in another phase of its day: continuous, call, halted or closed; and why."""

    symbol: str
    phase: str
    reason: str
    numbers: Numbers
    venue: str = ""


class IndicativePrice(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """What an auction would give if it ended now; `surplus` is what would be left, of buyers when positive."""

    symbol: str
    price: int | None
    volume: int
    surplus: int
    venue: str = ""


class AuctionHeld(MarketEvent, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """A call auction ended: its price (none when nobody could trade), the volume its trades add up to."""

    symbol: str
    price: int | None
    volume: int
    surplus: int
    venue: str = ""


def book_name(symbol: str, venue: str) -> str:
    """What a reader calls a book: its instrument, and its venue where there are several.

    >>> book_name("ACME", ""), book_name("ACME", "SIM-NYSE")
    ('ACME', 'ACME on SIM-NYSE')
    """
    return f"{symbol} on {venue}" if venue else symbol
