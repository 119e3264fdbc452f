"""An account: what a participant owns, and what of it is held back for open orders."""

from __future__ import annotations

from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.order import Order


class Balance:
    """An amount of one asset; `reserved` of it is promised to open orders.

    A plain class, because changing a field of it costs a tenth of what it costs in an msgspec struct, and every trade
    changes six of them.
    """

    __slots__ = ("covered", "reserved", "total")

    def __init__(self, total: int = 0, reserved: int = 0) -> None:
        self.total = total
        self.reserved = reserved
        self.covered = 0
        """How far it may go below zero: the contracts for whose fulfilment a mechanism holds a pledge."""

    @property
    def available(self) -> int:
        """What a new order may still use."""
        return self.total - self.reserved + self.covered


class Account:
    """The balances and open orders of one participant. Only the exchange changes them."""

    __slots__ = ("balances", "client_ids", "name", "number", "on_margin", "open", "owner", "seats")

    def __init__(self, name: str, number: int, owner: str) -> None:
        self.name = name
        self.number = number
        self.owner = owner
        self.balances: dict[str, Balance] = {}
        self.open: dict[int, Order] = {}
        self.seats: dict[str, tuple[Listing, Balance, Balance]] = {}
        """By symbol: the listing, what pays for it and what is held of it, so that an order finds all three at once."""
        self.client_ids: dict[str, Order] = {}
        self.on_margin = False
        """Whether the funds rule leaves this account to a gate that knows what it may owe."""

    def balance(self, asset: str) -> Balance:
        """The balance of this asset, empty at first."""
        known = self.balances.get(asset)
        if known is None:
            known = self.balances[asset] = Balance()
        return known
