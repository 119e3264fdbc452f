"""Debts with interest, and the price of what secures them: the rules of `Debts.sol` in Python.

Time comes first: `accrue_to` brings interest and price to an epoch, and every other method begins there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.units import MILLION

UNIT: Final = 1_000_000_000
"""A debt is a number of units times the index, which starts here and grows with the interest."""
WINDOW: Final = 2
"""The price is an average over at least this number of epochs."""


@dataclass
class DebtModel:
    """Money that is lent, debts, and the price; fields are named after those of the contract."""

    rate: int
    accruedAt: int = 0
    markedAt: int = 0
    markedPrice: int = 0
    cash: int = 0
    totalUnits: int = 0
    index: int = UNIT
    price: int = 0
    unitsOf: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= MILLION:
            raise InputError(f"the interest for an epoch is 0 to 1,000,000 millionths, found {self.rate}")

    def debt_of(self, owner: str) -> int:
        """What an account owes, as of the last accrual."""
        return up(self.unitsOf.get(owner, 0) * self.index, UNIT)

    def accrue_to(self, epoch: int, accumulated: int) -> Numbers:
        """Bring interest and price to an epoch; `accumulated` is the price of the market, summed up to it."""
        if epoch == self.accruedAt:
            return {}
        self.index += self.index * self.rate * (epoch - self.accruedAt) // MILLION
        self.accruedAt = epoch
        if accumulated == self.markedPrice:
            self.markedAt = epoch  # there was no price yet
        elif epoch - self.markedAt >= WINDOW:
            self.price = (accumulated - self.markedPrice) // (epoch - self.markedAt)
            self.markedPrice, self.markedAt = accumulated, epoch
        return {"epoch": epoch, "index": self.index, "price": self.price}

    def accrue(self, caller: str) -> Numbers:
        """Nothing more than what `accrue_to` has done."""
        return {}

    def _owe(self, owner: str, amount: int) -> None:
        units = up(amount * UNIT, self.index)
        add(self.unitsOf, owner, units)
        self.totalUnits += units

    def _reduce(self, owner: str, amount: int) -> None:
        debt = self.debt_of(owner)
        if not amount:
            raise ChainReverted("NothingToLend")
        if amount > debt:
            raise ChainReverted("MoreThanOwed", {"debt": debt, "found": amount})
        units = self.unitsOf[owner] if amount == debt else amount * UNIT // self.index
        self.unitsOf[owner] -= units
        self.totalUnits -= units
        self.cash += amount

    def _spend(self, amount: int) -> None:
        if amount > self.cash:
            raise ChainReverted("ShortOfCash", {"held": self.cash, "needed": amount})
        self.cash -= amount


def up(number: int, divisor: int) -> int:
    """The quotient, rounded up."""
    return -(-number // divisor)


def add(held: dict[str, int], owner: str, amount: int) -> None:
    """Add to what an owner has."""
    held[owner] = held.get(owner, 0) + amount
