"""An account: what a participant owns, and what of it is held back for open orders.

Everybody may read an account; only the ledger changes it. The types say so: a mechanism gets a `Holding`, which has
nothing that can be assigned, while the ledger and the payment of trades work on the `Balance` behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Holding(Protocol):
    """An amount of one asset, as everybody may read it."""

    @property
    def total(self) -> int:
        """What is there, held back or not."""

    @property
    def reserved(self) -> int:
        """What open orders hold back."""

    @property
    def covered(self) -> int:
        """How far it may go below zero."""

    @property
    def available(self) -> int:
        """What a new order may still use."""


class Balance:
    """An amount of one asset; `reserved` of it is promised to open orders.

    A plain class, because changing a field of it costs a tenth of what it costs in an msgspec struct, and every trade
    changes six of them.
    """

    __slots__ = ("covered", "reserved", "total")

    def __init__(self) -> None:
        self.total = 0
        self.reserved = 0
        self.covered = 0
        """How far it may go below zero: the contracts for whose fulfilment a mechanism holds a pledge."""

    @property
    def available(self) -> int:
        """What a new order may still use."""
        return self.total - self.reserved + self.covered

    def add(self, amount: int) -> None:
        """Credit so much; a negative amount is a debit."""
        self.total += amount

    def reserve(self, amount: int) -> None:
        """Hold back so much more for open orders; a negative amount is given back."""
        self.reserved += amount


class Account:
    """The balances of one participant, the same on every venue."""

    __slots__ = ("_balances", "_margin_venues", "name", "number", "owner")

    def __init__(self, name: str, number: int, owner: str) -> None:
        self.name = name
        self.number = number
        """Its number on the chain, from 1."""
        self.owner = owner
        """Who benefits: accounts of one owner never trade with each other."""
        self._balances: dict[str, Balance] = {}
        self._margin_venues: dict[str, None] = {}

    @property
    def balances(self) -> Mapping[str, Holding]:
        """What there is of every asset the account ever had to do with."""
        return self._balances

    def balance(self, asset: str) -> Holding:
        """What there is of this asset, nothing at first."""
        return self.purse(asset)

    def purse(self, asset: str) -> Balance:
        """The balance itself, for the ledger and for the payment of trades; a test lists who asks for it."""
        known = self._balances.get(asset)
        if known is None:
            known = self._balances[asset] = Balance()
        return known

    @property
    def on_margin(self) -> bool:
        """Whether it may owe, on any venue."""
        return bool(self._margin_venues)

    def has_margin_at(self, venue: str) -> bool:
        """Whether the funds rule of this venue leaves the account to a gate that knows what it may owe."""
        return venue in self._margin_venues

    def set_margin(self, venue: str, granted: bool) -> None:
        """Let a venue's mechanisms answer for what it owes, or no longer; for the ledger."""
        if granted:
            self._margin_venues[venue] = None
        else:
            self._margin_venues.pop(venue, None)
