"""An account: the balances of a participant, and the part of them that is reserved for open orders.

Only the ledger changes an account. The types enforce it: a mechanism gets a `Holding`, which has no attribute to
assign, while the ledger and the payment of trades work on the `Balance` behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Holding(Protocol):
    """The balance of one asset, read only."""

    @property
    def total(self) -> int:
        """The whole amount, reserved or not."""

    @property
    def reserved(self) -> int:
        """The amount that open orders reserve."""

    @property
    def covered(self) -> int:
        """The amount by which `total` may be below zero."""

    @property
    def available(self) -> int:
        """The amount that a new order may use."""


class Balance:
    """The balance of one asset, of which `reserved` is reserved for open orders.

    It is a plain class, because setting a field costs a tenth of the time that it costs in an msgspec struct, and every
    trade sets six of them.
    """

    __slots__ = ("covered", "reserved", "total")

    def __init__(self) -> None:
        self.total = 0
        self.reserved = 0
        self.covered = 0
        """The amount by which `total` may be below zero: written contracts for which a mechanism holds a pledge."""

    @property
    def available(self) -> int:
        """The amount that a new order may use."""
        return self.total - self.reserved + self.covered

    def add(self, amount: int) -> None:
        """Credit an amount; a negative amount is a debit."""
        self.total += amount

    def reserve(self, amount: int) -> None:
        """Reserve a further amount for open orders; a negative amount is released."""
        self.reserved += amount


class Account:
    """The balances of one participant, the same on every venue."""

    __slots__ = ("_balances", "_margin_venues", "name", "number", "owner")

    def __init__(self, name: str, number: int, owner: str) -> None:
        self.name = name
        self.number = number
        """Its number on the chain, from 1."""
        self.owner = owner
        """The beneficial owner: accounts of one owner never trade with each other."""
        self._balances: dict[str, Balance] = {}
        self._margin_venues: dict[str, None] = {}

    @property
    def balances(self) -> Mapping[str, Holding]:
        """The balance of every asset that the account ever held."""
        return self._balances

    def balance(self, asset: str) -> Holding:
        """The balance of this asset, zero at first."""
        return self.writable_balance(asset)

    def writable_balance(self, asset: str) -> Balance:
        """The mutable balance, for the ledger and the payment of trades only; a test lists its callers."""
        known = self._balances.get(asset)
        if known is None:
            known = self._balances[asset] = Balance()
        return known

    @property
    def on_margin(self) -> bool:
        """Whether it is a margin account on any venue."""
        return bool(self._margin_venues)

    def has_margin_at(self, venue: str) -> bool:
        """Whether it is a margin account on this venue, where a gate checks its orders instead of the funds rule."""
        return venue in self._margin_venues

    def set_margin(self, venue: str, granted: bool) -> None:
        """Make it a margin account on a venue, or end that; for the ledger only."""
        if granted:
            self._margin_venues[venue] = None
        else:
            self._margin_venues.pop(venue, None)
