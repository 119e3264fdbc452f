"""A member: an account as one venue knows it, with its open orders there and its balances at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.order import Order
from market_sim.market.ledger.account import Account, Balance, Holding


class Member(Protocol):
    """What a gate, a mechanism or a view may know of an account on a venue: all of it, and change nothing."""

    @property
    def name(self) -> str:
        """The account's name."""

    @property
    def owner(self) -> str:
        """Who benefits."""

    @property
    def number(self) -> int:
        """The account's number on the chain."""

    @property
    def open(self) -> Mapping[int, Order]:
        """Its open orders on this venue by number, oldest first."""

    @property
    def client_ids(self) -> Mapping[str, Order]:
        """Its orders on this venue by the names that it gave them."""

    @property
    def seats(self) -> Mapping[str, tuple[Listing, Holding, Holding]]:
        """By symbol: the listing, what pays for it and what is held of it."""

    @property
    def on_margin(self) -> bool:
        """Whether the funds rule of this venue leaves it to a gate that knows what it may owe."""

    @property
    def balances(self) -> Mapping[str, Holding]:
        """What there is of every asset, on whatever venue it was traded."""

    def balance(self, asset: str) -> Holding:
        """What there is of this asset, nothing at first."""


class Membership:
    """The venue's own record of a member."""

    __slots__ = ("_account", "_venue", "client_ids", "name", "number", "open", "owner", "seats")

    def __init__(self, account: Account, venue: str) -> None:
        self._account = account
        self._venue = venue
        self.name = account.name
        self.owner = account.owner
        self.number = account.number
        self.open: dict[int, Order] = {}
        self.client_ids: dict[str, Order] = {}
        self.seats: dict[str, tuple[Listing, Balance, Balance]] = {}
        """By symbol: the listing, what pays for it and what is held of it, so that an order finds all three at once."""

    def take_seat(self, listing: Listing) -> None:
        """Have a balance of what is listed and of what pays for it, so that a trade never has to ask."""
        account = self._account
        self.seats[listing.symbol] = (listing, account.purse(listing.quote), account.purse(listing.symbol))

    @property
    def on_margin(self) -> bool:
        """Whether the funds rule of this venue leaves it to a gate that knows what it may owe."""
        return self._account.has_margin_at(self._venue)

    @property
    def balances(self) -> Mapping[str, Holding]:
        """What there is of every asset, on whatever venue it was traded."""
        return self._account.balances

    def balance(self, asset: str) -> Holding:
        """What there is of this asset, nothing at first."""
        return self._account.balance(asset)
