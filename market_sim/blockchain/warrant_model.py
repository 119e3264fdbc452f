"""The model of warrants on the chain: the rules of `Warrant.sol` in Python, with exact integers and without tokens.

The in-memory chain runs it as the contract. Beside the compiled contract it is the twin: it repeats every call, and
each number of the contract is compared with its own after every block. Errors have the contract's order and names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers


class WarrantTerms(NamedTuple):
    """The terms of an issue; `outstanding` is the number of shares before any exercise."""

    strike: int
    """What a new share costs."""
    ratio: int
    """The new shares of one warrant."""
    expiry: int
    """The epoch whose price decides."""
    window: int
    """The epochs in which they can be exercised, once they are open."""
    outstanding: int


@dataclass
class WarrantModel:
    """The warrants of one company, the shares behind them, and all shares outstanding."""

    issuer: str
    terms: WarrantTerms
    treasury: int = 0
    outstanding: int = field(init=False)
    proceeds: int = 0
    isOpened: bool = False
    price: int = 0
    until: int = 0
    warrantsOf: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        strike, ratio, _, window, outstanding = self.terms
        if not strike or not ratio or not outstanding or not window:
            found: Numbers = {"strike": strike, "ratio": ratio, "outstanding": outstanding, "window": window}
            raise ChainReverted("BadWarrant", found)
        self.outstanding = outstanding

    def issue(self, caller: str, settled: int, quantity: int) -> Numbers:
        """Issue warrants, and lock their shares."""
        self._check_issuer(caller)
        if not quantity:
            raise ChainReverted("NothingToIssue")
        if settled >= self.terms.expiry:
            raise ChainReverted("WarrantExpired", {"expiry": self.terms.expiry, "settled": settled})
        shares = quantity * self.terms.ratio
        self.warrantsOf[caller] = self.warrantsOf.get(caller, 0) + quantity
        self.treasury += shares
        return {"owner": caller, "quantity": quantity, "shares": shares, "settled": settled}

    def give(self, caller: str, to: str, quantity: int) -> Numbers:
        """Give warrants to another owner."""
        self._less(caller, quantity)
        self.warrantsOf[to] = self.warrantsOf.get(to, 0) + quantity
        return {"owner": caller, "to": to, "quantity": quantity}

    def check_closed(self) -> None:
        """Refuse to open a second time."""
        if self.isOpened:
            raise ChainReverted("OpenedBefore")

    def open(self, settled: int, price: int) -> Numbers:
        """Open the warrants by the oracle's price, or let them lapse."""
        self.check_closed()
        self.isOpened, self.price = True, price
        if price > self.terms.strike:
            self.until = settled + self.terms.window
            return {"price": price, "settled": settled, "until": self.until}
        self.until = settled
        return {"price": price, "settled": settled}

    def exercise(self, caller: str, settled: int, quantity: int) -> Numbers:
        """New shares for the strike; the share is diluted to (N S + paid strikes) / all shares."""
        if not self.isOpened:
            raise ChainReverted("NotOpened")
        if settled >= self.until:
            raise ChainReverted("NotExercisable", {"until": self.until, "settled": settled})
        if caller == self.issuer:
            raise ChainReverted("IsIssuer", {"caller": caller})
        self._less(caller, quantity)
        shares = quantity * self.terms.ratio
        cash = shares * self.terms.strike
        self.treasury -= shares
        self.outstanding += shares
        self.proceeds += cash
        diluted = (self.terms.outstanding * self.price + self.proceeds) // self.outstanding
        paid: Numbers = {"owner": caller, "quantity": quantity, "shares": shares, "cash": cash}
        return paid | {"outstanding": self.outstanding, "diluted": diluted, "settled": settled}

    def reclaim(self, caller: str, settled: int) -> Numbers:
        """Give the company back what nobody took."""
        self._check_issuer(caller)
        if not self.isOpened:
            raise ChainReverted("NotOpened")
        if settled < self.until:
            raise ChainReverted("StillExercisable", {"until": self.until, "settled": settled})
        shares = self.treasury
        if not shares:
            raise ChainReverted("NothingToReclaim")
        self.treasury = 0
        return {"owner": caller, "shares": shares, "settled": settled}

    def _check_issuer(self, caller: str) -> None:
        if caller != self.issuer:
            raise ChainReverted("NotIssuer", {"caller": caller})

    def _less(self, caller: str, quantity: int) -> None:
        if not quantity:
            raise ChainReverted("NothingToIssue")
        held = self.warrantsOf.get(caller, 0)
        if held < quantity:
            raise ChainReverted("ShortOfWarrants", {"owner": caller, "held": held, "needed": quantity})
        self.warrantsOf[caller] = held - quantity
