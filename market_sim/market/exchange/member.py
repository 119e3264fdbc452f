"""A member: an account as one venue knows it, with its open orders there and direct access to its balances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from market_sim.market.exchange.allowance import NO_ORDER, Allowance
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.order import Order
from market_sim.market.ledger.account import Account, Balance, Holding


class Member(Protocol):
    """The read-only view of a member for gates, mechanisms and participants' views."""

    @property
    def name(self) -> str:
        """The account's name."""

    @property
    def owner(self) -> str:
        """The beneficial owner."""

    @property
    def number(self) -> int:
        """The account's number on the chain."""

    @property
    def open(self) -> Mapping[int, Order]:
        """Its open orders on this venue by number, oldest first."""

    @property
    def client_ids(self) -> Mapping[str, Order]:
        """Its orders on this venue by client id."""

    @property
    def seats(self) -> Mapping[str, tuple[Listing, Holding, Holding]]:
        """By symbol: the listing, the balance in its quote currency and the balance in the instrument."""

    @property
    def on_margin(self) -> bool:
        """Whether a margin mechanism of this venue checks its orders, instead of the funds rule."""

    @property
    def balances(self) -> Mapping[str, Holding]:
        """The balance of every asset, for all venues."""

    def balance(self, asset: str) -> Holding:
        """The balance of this asset, zero at first."""


class Membership:
    """The venue's own, mutable record of a member."""

    __slots__ = ("_account", "_venue", "allowance", "client_ids", "name", "number", "open", "owner", "seats")

    def __init__(self, account: Account, venue: str) -> None:
        self._account = account
        self._venue = venue
        self.name = account.name
        self.owner = account.owner
        self.number = account.number
        self.allowance: Allowance = NO_ORDER
        """The orders that the sparing gate of the venue lets pass unseen."""
        self.open: dict[int, Order] = {}
        self.client_ids: dict[str, Order] = {}
        self.seats: dict[str, tuple[Listing, Balance, Balance]] = {}
        """By symbol: the listing, the cash balance and the holdings, so that one look-up finds all three."""

    def take_seat(self, listing: Listing) -> None:
        """Create the balances for a listing in advance, so that a trade never has to."""
        account = self._account
        self.seats[listing.symbol] = (
            listing,
            account.writable_balance(listing.quote),
            account.writable_balance(listing.symbol),
        )

    @property
    def on_margin(self) -> bool:
        """Whether a margin mechanism of this venue checks its orders, instead of the funds rule."""
        return self._account.has_margin_at(self._venue)

    @property
    def balances(self) -> Mapping[str, Holding]:
        """The balance of every asset, for all venues."""
        return self._account.balances

    def balance(self, asset: str) -> Holding:
        """The balance of this asset, zero at first."""
        return self._account.balance(asset)
