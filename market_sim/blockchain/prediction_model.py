"""The model of a prediction market on the chain: the rules of `PredictionMarket.sol` in Python.

It holds exact integers and no tokens. The in-memory chain runs it as the contract; beside the compiled contract it is
the twin, which repeats every call. Errors have the contract's order and names, fields those of the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from market_sim.blockchain.option_models import UNKNOWN
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.pricing.binary import worth


class QuestionTerms(NamedTuple):
    """The terms of a question: is the price at the end of the epoch `expiry` at least the strike?"""

    strike: int
    payout: int
    expiry: int
    patience: int
    """The epochs after the expiry in which somebody has to propose the price; otherwise the question is void."""


@dataclass
class PredictionModel:
    """The two sides of a question and the money behind them."""

    terms: QuestionTerms
    held: int = 0
    isResolved: bool = False
    yesPays: int = 0
    yesOf: dict[str, int] = field(default_factory=dict)
    noOf: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        payout, patience = self.terms.payout, self.terms.patience
        if not payout or not patience:
            raise ChainReverted("BadQuestion", {"payout": payout, "patience": patience})

    def split(self, caller: str, quantity: int) -> Numbers:
        """Split money into pairs."""
        self._check(quantity)
        for side in (self.yesOf, self.noOf):
            side[caller] = side.get(caller, 0) + quantity
        collateral = quantity * self.terms.payout
        self.held += collateral
        return {"owner": caller, "quantity": quantity, "collateral": collateral}

    def merge(self, caller: str, quantity: int) -> Numbers:
        """Merge pairs back into money; a side that is short is refused before the other one is taken."""
        self._check(quantity)
        for side in (self.yesOf, self.noOf):
            _check_held(side, caller, quantity)
        for side in (self.yesOf, self.noOf):
            side[caller] -= quantity
        collateral = quantity * self.terms.payout
        self.held -= collateral
        return {"owner": caller, "quantity": quantity, "collateral": collateral}

    def giveYes(self, caller: str, to: str, quantity: int) -> Numbers:
        """Give yes to another owner."""
        return _give(self.yesOf, caller, to, quantity)

    def giveNo(self, caller: str, to: str, quantity: int) -> Numbers:
        """Give no to another owner."""
        return _give(self.noOf, caller, to, quantity)

    def check_open(self) -> None:
        """Refuse to answer a second time."""
        if self.isResolved:
            raise ChainReverted("ResolvedBefore")

    def resolve(self, price: int) -> Numbers:
        """Answer by the oracle's price."""
        self.check_open()
        self.isResolved = True
        self.yesPays, _ = worth("yes" if price >= self.terms.strike else "no", self.terms.payout)
        return {"price": price, "yesPays": self.yesPays}

    def giveUp(self, settled: int, state: int) -> Numbers:
        """Give up a question whose price nobody proposed in time; `state` is what the oracle knows of it."""
        self.check_open()
        expiry, until = self.terms.expiry, self.terms.expiry + self.terms.patience
        if settled < until:
            raise ChainReverted("StillAnswerable", {"until": until, "settled": settled})
        if state != UNKNOWN:
            raise ChainReverted("PriceProposed", {"epoch": expiry})
        self.isResolved = True
        self.yesPays, _ = worth("void", self.terms.payout)
        return {"settled": settled, "yesPays": self.yesPays}

    def redeem(self, caller: str) -> Numbers:
        """Pay a caller for both sides, once."""
        if not self.isResolved:
            raise ChainReverted("NotResolved")
        yes, no = self.yesOf.get(caller, 0), self.noOf.get(caller, 0)
        if not yes and not no:
            raise ChainReverted("NothingToRedeem")
        amount = yes * self.yesPays + no * (self.terms.payout - self.yesPays)
        self.yesOf[caller] = self.noOf[caller] = 0
        self.held -= amount
        return {"owner": caller, "yes": yes, "no": no, "amount": amount}

    def _check(self, quantity: int) -> None:
        if not quantity:
            raise ChainReverted("NothingToSplit")
        self.check_open()


def _check_held(side: dict[str, int], owner: str, quantity: int) -> None:
    owned = side.get(owner, 0)
    if owned < quantity:
        raise ChainReverted("ShortOfOutcomes", {"owner": owner, "held": owned, "needed": quantity})


def _give(side: dict[str, int], caller: str, to: str, quantity: int) -> Numbers:
    if not quantity:
        raise ChainReverted("NothingToGive")
    _check_held(side, caller, quantity)
    side[caller] -= quantity
    side[to] = side.get(to, 0) + quantity
    return {"owner": caller, "to": to, "quantity": quantity}
