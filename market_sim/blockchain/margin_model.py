"""The model of margin accounts on the chain: the rules of `MarginVault.sol` in Python, without tokens.

It is the contract of the in-memory chain and the twin of the compiled one. What an account needs is what the exchange's
margin rules for shares say (rulebook F-2.1): half of the value to buy, a quarter to keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from market_sim.blockchain.debt_model import DebtModel, add, up
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.core.units import BPS, MILLION
from market_sim.pricing.margin_formulas import initial_long, maintenance_long

FLOOR_BPS: Final = 9_000
"""A sale brings at least this part of the price that counts."""
FEE_BPS: Final = 50
"""The part of a forced sale that goes to the insurance."""


@dataclass
class MarginModel(DebtModel):
    """The broker's money, the insurance, and the accounts; fields are named after those of the contract."""

    broker: str = ""
    insurance: int = 0
    totalMoney: int = 0
    totalShares: int = 0
    moneyOf: dict[str, int] = field(default_factory=dict)
    sharesOf: dict[str, int] = field(default_factory=dict)

    def margin_of(self, owner: str, initial: bool) -> tuple[int, int]:
        """What an account has, money and shares at the price, and what it needs: its debt, and a part of the value."""
        value = self.sharesOf.get(owner, 0) * self.price // MILLION
        needed = initial_long(value) if initial else maintenance_long(value)
        return self.moneyOf.get(owner, 0) + value, self.debt_of(owner) + needed

    def fund(self, caller: str, amount: int) -> Numbers:
        """Bring money that can be lent."""
        self._check_broker(caller, amount)
        self.cash += amount
        return {"owner": caller, "amount": amount}

    def draw(self, caller: str, amount: int) -> Numbers:
        """Take money out that is not lent."""
        self._check_broker(caller, amount)
        self._spend(amount)
        return {"owner": caller, "amount": amount}

    def deposit(self, caller: str, amount: int) -> Numbers:
        """Bring money into an account; it repays the debt first."""
        if not amount:
            raise ChainReverted("NothingToLend")
        return {"owner": caller, "amount": amount, "repaid": self._credit(caller, amount)}

    def withdraw(self, caller: str, amount: int) -> Numbers:
        """Take money out of an account."""
        if not amount:
            raise ChainReverted("NothingToLend")
        held = self.moneyOf.get(caller, 0)
        if held < amount:
            raise ChainReverted("ShortOfMoney", {"owner": caller, "held": held, "needed": amount})
        self.moneyOf[caller] = held - amount
        self.totalMoney -= amount
        return {"owner": caller, "amount": amount}

    def buy(self, caller: str, shares: int, cost: int) -> Numbers:
        """Pay for shares that were bought in the market, with the account's money and then with a loan."""
        own = min(self.moneyOf.get(caller, 0), cost)
        add(self.moneyOf, caller, -own)
        self.totalMoney -= own
        self._spend(cost - own)
        self._owe(caller, cost - own)
        add(self.sharesOf, caller, shares)
        self.totalShares += shares
        self._check_price()
        has, needs = self.margin_of(caller, initial=True)
        if has < needs:
            raise ChainReverted("MarginTooSmall", {"has": has, "needs": needs})
        return {"owner": caller, "shares": shares, "cost": cost, "borrowed": cost - own}

    def check_sale(self, caller: str, shares: int, least: int) -> int:
        """Refuse to sell what an account does not hold; returns the least that the sale must bring."""
        held = self.sharesOf.get(caller, 0)
        if held < shares:
            raise ChainReverted("ShortOfCollateral", {"owner": caller, "held": held, "needed": shares})
        return max(least, self._floor(shares))

    def sell(self, caller: str, shares: int, proceeds: int) -> Numbers:
        """Credit what shares brought in the market; it repays the debt first."""
        self.check_sale(caller, shares, 0)
        self._deliver(caller, shares)
        return {"owner": caller, "shares": shares, "proceeds": proceeds, "repaid": self._credit(caller, proceeds)}

    def check_liquidation(self, owner: str, shares: int) -> int:
        """Refuse to sell for an account in order, or more than half; returns the least that the sale must bring."""
        self._check_price()
        has, needs = self.margin_of(owner, initial=False)
        if has >= needs:
            raise ChainReverted("MarginInOrder", {"has": has, "needs": needs})
        most = up(self.sharesOf.get(owner, 0), 2)
        if shares > most:
            raise ChainReverted("SliceTooLarge", {"most": most, "found": shares})
        return self._floor(shares)

    def liquidate(self, owner: str, shares: int, proceeds: int) -> Numbers:
        """Credit what a forced sale brought, less the fee; insurance and broker bear what an empty account owes."""
        self.check_liquidation(owner, shares)
        self._deliver(owner, shares)
        fee = proceeds * FEE_BPS // BPS
        self.insurance += fee
        repaid = self._credit(owner, proceeds - fee)
        insured, lost = (0, 0) if self.sharesOf.get(owner) else self._write_off(owner)
        sold: Numbers = {"owner": owner, "shares": shares, "proceeds": proceeds, "fee": fee}
        return sold | {"repaid": repaid, "insured": insured, "lost": lost}

    def _floor(self, shares: int) -> int:
        return shares * self.price * FLOOR_BPS // (BPS * MILLION)

    def _deliver(self, owner: str, shares: int) -> None:
        add(self.sharesOf, owner, -shares)
        self.totalShares -= shares

    def _credit(self, owner: str, amount: int) -> int:
        repaid = min(self.debt_of(owner), amount)
        if repaid:
            self._reduce(owner, repaid)
        add(self.moneyOf, owner, amount - repaid)
        self.totalMoney += amount - repaid
        return repaid

    def _write_off(self, owner: str) -> tuple[int, int]:
        debt = self.debt_of(owner)
        insured = min(debt, self.insurance)
        self.insurance -= insured
        self.cash += insured
        self.totalUnits -= self.unitsOf.get(owner, 0)
        self.unitsOf[owner] = 0
        return insured, debt - insured

    def _check_price(self) -> None:
        if not self.price:
            raise ChainReverted("PriceUnknown")

    def _check_broker(self, caller: str, amount: int) -> None:
        if caller != self.broker:
            raise ChainReverted("NotBroker", {"caller": caller})
        if not amount:
            raise ChainReverted("NothingToLend")
