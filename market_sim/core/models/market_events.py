"""What happens on the exchange: listings, accounts, orders, trades, halts."""

from __future__ import annotations

from typing import ClassVar

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


class AccountOpened(MarketEvent, frozen=True):
    """A participant has an account; `number` is its number on the chain, from 1; `owner` is who benefits."""

    account: str
    number: int
    owner: str


class Deposited(MarketEvent, frozen=True):
    """Cash or holdings came into an account from outside."""

    account: str
    asset: str
    amount: int


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


class Trade(MarketEvent, frozen=True):
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
