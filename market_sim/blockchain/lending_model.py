"""The model of a lending pool: the rules of `LendingPool.sol` (rulebook F-3.11) in Python, without tokens.

Like the model of a pool (`amm_model.py`) it is the contract of the in-memory chain and the twin of the compiled one.
Debts, interest and price are those of `debt_model.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from market_sim.blockchain.debt_model import UNIT, DebtModel, add, up
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.core.units import BPS, MILLION

BORROW_BPS: Final = 5_000
"""A new debt may reach this part of the value of the collateral."""
LIQUIDATION_BPS: Final = 7_500
"""Beyond this part an account can be liquidated."""
BONUS_BPS: Final = 500
"""How much more collateral than it repays a liquidator gets."""
FLASH_FEE_BPS: Final = 9
VIRTUAL: Final = 1_000
"""What a claim is worth is counted with this many claims of nobody, and as much money that is not there: so the first
lender cannot make its claim so dear, by fees that it pays to itself, that rounding takes from the next one."""


@dataclass
class LendingModel(DebtModel):
    """Claims, debts and collateral of one pool; fields are named after those of the contract."""

    totalClaims: int = 0
    totalCollateral: int = 0
    claimsOf: dict[str, int] = field(default_factory=dict)
    collateralOf: dict[str, int] = field(default_factory=dict)

    @property
    def assets(self) -> int:
        """What the lenders own: money here, and money that is owed."""
        return self.cash + self.totalUnits * self.index // UNIT

    def limit_of(self, owner: str, part_bps: int) -> int:
        """This part of the value of an account's collateral."""
        return self.collateralOf.get(owner, 0) * self.price * part_bps // (BPS * MILLION)

    def supply(self, owner: str, amount: int) -> Numbers:
        """Lend money to the pool."""
        claims = amount * (self.totalClaims + VIRTUAL) // (self.assets + VIRTUAL)
        if not claims:
            raise ChainReverted("NothingToLend")
        add(self.claimsOf, owner, claims)
        self.totalClaims += claims
        self.cash += amount
        return {"owner": owner, "amount": amount, "claims": claims}

    def withdraw(self, owner: str, claims: int) -> Numbers:
        """Take money out, with the interest on it."""
        held = self.claimsOf.get(owner, 0)
        if held < claims:
            raise ChainReverted("ShortOfClaims", {"owner": owner, "held": held, "needed": claims})
        if not claims:
            raise ChainReverted("NothingToLend")
        amount = claims * (self.assets + VIRTUAL) // (self.totalClaims + VIRTUAL)
        self.claimsOf[owner] = held - claims
        self.totalClaims -= claims
        self._spend(amount)
        return {"owner": owner, "amount": amount, "claims": claims}

    def pledge(self, owner: str, collateral: int) -> Numbers:
        """Pledge collateral."""
        if not collateral:
            raise ChainReverted("NothingToLend")
        add(self.collateralOf, owner, collateral)
        self.totalCollateral += collateral
        return {"owner": owner, "collateral": collateral}

    def release(self, owner: str, collateral: int) -> Numbers:
        """Take collateral back that the debt does not need."""
        held = self.collateralOf.get(owner, 0)
        if held < collateral:
            raise ChainReverted("ShortOfCollateral", {"owner": owner, "held": held, "needed": collateral})
        if not collateral:
            raise ChainReverted("NothingToLend")
        self.collateralOf[owner] = held - collateral
        self.totalCollateral -= collateral
        if self.unitsOf.get(owner, 0):
            self._check_limit(owner)
        return {"owner": owner, "collateral": collateral}

    def borrow(self, owner: str, amount: int) -> Numbers:
        """Borrow money against the collateral."""
        if not amount:
            raise ChainReverted("NothingToLend")
        self._owe(owner, amount)
        self._check_limit(owner)
        self._spend(amount)
        return {"owner": owner, "amount": amount}

    def repay(self, owner: str, amount: int) -> Numbers:
        """Repay a part of one's debt, or all of it."""
        self._reduce(owner, amount)
        return {"owner": owner, "amount": amount}

    def liquidate(self, liquidator: str, owner: str, amount: int) -> Numbers:
        """Repay the debt of an account that owes too much, for its collateral at a discount."""
        debt, limit = self.debt_of(owner), self.limit_of(owner, LIQUIDATION_BPS)
        if debt <= limit:
            raise ChainReverted("DebtInOrder", {"debt": debt, "limit": limit})
        if not self.price:
            raise ChainReverted("PriceUnknown")
        self._reduce(owner, amount)
        held = self.collateralOf.get(owner, 0)
        at_a_discount = amount * (BPS + BONUS_BPS) * MILLION // (BPS * self.price)
        collateral = min(at_a_discount, held - up(held * self.debt_of(owner), debt))
        self.collateralOf[owner] = held - collateral
        self.totalCollateral -= collateral
        return {"owner": owner, "liquidator": liquidator, "amount": amount, "collateral": collateral}

    def flash(self, amount: int) -> int:
        """Lend money for the time of one call; returns the fee that comes back with it."""
        if not amount:
            raise ChainReverted("NothingToLend")
        if amount > self.cash:
            raise ChainReverted("ShortOfCash", {"held": self.cash, "needed": amount})
        fee = up(amount * FLASH_FEE_BPS, BPS)
        self.cash += fee
        return fee

    def _check_limit(self, owner: str) -> None:
        if not self.price:
            raise ChainReverted("PriceUnknown")
        debt, limit = self.debt_of(owner), self.limit_of(owner, BORROW_BPS)
        if debt > limit:
            raise ChainReverted("DebtTooLarge", {"debt": debt, "limit": limit})
