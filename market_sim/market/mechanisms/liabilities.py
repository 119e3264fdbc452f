"""Liabilities: what accounts owe, read from the journal alone: loans, borrowed shares, contracts not yet paid.

A balance on the chain is never negative, so credit is a thing that was really handed over: the broker lends cash
before it is spent, a lender hands over shares before they are sold. What must come back is the sum of the transfers
LENT and REPAID, BORROWED and RETURNED. A future or a perpetual moves no cash when it trades; what it has gained since
is the difference between the position at its mark and what it was traded for, less what was paid already.

Nothing is kept here that the journal does not tell, so the same class answers for the present and for any past entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Trade, Transferred
from market_sim.core.models.mechanism_events import (
    ContractSpecified,
    CorporateActionTaken,
    InstrumentExpired,
    PositionReduced,
)

LENT: Final = "LENT"
REPAID: Final = "REPAID"
BORROWED: Final = "BORROWED"
RETURNED: Final = "RETURNED"
WRITTEN_OFF: Final = "WRITTEN_OFF"
VARIATION: Final = "VARIATION"
"""Pays what a contract has gained or lost since the last time."""


class ContractPosition(msgspec.Struct):
    """What one account has in one contract that is paid for later."""

    quantity: int = 0
    traded_for: int = 0
    """All that its trades would have cost, if trades moved cash; negative for sales."""
    paid: int = 0
    """Gains that were paid out already; negative for losses paid in."""
    entry: int = 0
    """What the open quantity was entered at, by average cost; negative for a short position."""

    def gain(self, mark: int, multiplier: int) -> int:
        """What is still to be paid to the account, or (negative) by it, at this mark."""
        return self.quantity * mark * multiplier - self.traded_for - self.paid

    def open_gain(self, mark: int, multiplier: int) -> int:
        """What the open quantity has gained since it was entered, whether paid or not."""
        return self.quantity * mark * multiplier - self.entry

    def trade(self, change: int, cash: int) -> None:
        """Buy (positive) or sell so much for so much cash."""
        before = self.quantity
        self.quantity += change
        self.traded_for += cash
        if before * change >= 0:
            self.entry += cash
        elif abs(change) < abs(before):
            self.entry -= self.entry * -change // before
        else:
            self.entry = cash * self.quantity // change


class Liabilities:
    """The sum of all events that create or settle an obligation; it grows event by event."""

    def __init__(self) -> None:
        self.loans: dict[str, int] = {}
        """Cash owed to the broker, by account."""
        self.borrowed: dict[str, dict[str, dict[str, int]]] = {}
        """Shares owed: account, symbol, lender."""
        self.contracts: dict[str, dict[str, ContractPosition]] = {}
        """Contracts paid for later: account, symbol."""
        self.fractions: dict[tuple[str, str, str], int] = {}
        """What is still to be paid for fractions of owed shares that a split left: account, symbol, lender."""
        self.multipliers: dict[str, int] = {}
        """Of each contract that is paid for later, what one step of its price is worth."""

    def read(self, events: Iterable[Event]) -> None:
        """Let these events have their effect."""
        effects = _EFFECTS
        for event in events:
            effect = effects.get(type(event))
            if effect is not None:
                effect(self, event)

    def owed_shares(self, account: str, symbol: str) -> int:
        """How many shares the account must give back, to all lenders."""
        return sum(self.borrowed.get(account, {}).get(symbol, {}).values())

    def contract(self, account: str, symbol: str) -> ContractPosition:
        """The account's position in a contract, empty at first."""
        held = self.contracts.setdefault(account, {})
        known = held.get(symbol)
        if known is None:
            known = held[symbol] = ContractPosition()
        return known

    def specified(self, event: ContractSpecified) -> None:
        """From now on the trades of this contract are counted."""
        self.multipliers[event.symbol] = event.multiplier

    def traded(self, event: Trade) -> None:
        """Only a contract that is paid for later creates an obligation when it trades."""
        multiplier = self.multipliers.get(event.symbol)
        if multiplier is None:
            return
        change = event.side * event.quantity
        cash = change * event.price * multiplier
        self.contract(event.taker, event.symbol).trade(change, cash)
        self.contract(event.maker, event.symbol).trade(-change, -cash)

    def reduced(self, event: PositionReduced) -> None:
        """Auto-deleveraging is a trade at the price it names; the position itself moves by a transfer."""
        cash = event.change * event.price * self.multipliers[event.symbol]
        self.contract(event.account, event.symbol).trade(event.change, cash)
        self.contract(event.counterparty, event.symbol).trade(-event.change, -cash)

    def transferred(self, event: Transferred) -> None:
        """The reason says which obligation a transfer creates or settles."""
        reason, amount = event.reason, event.amount
        if reason == LENT:
            self._owe(event.target, amount)
        elif reason in (REPAID, WRITTEN_OFF):
            self._owe(event.source, -amount)
        elif reason == BORROWED:
            self._borrow(event.target, event.asset, event.source, amount)
        elif reason == RETURNED:
            self._borrow(event.source, event.asset, event.target, -amount)
        elif reason == VARIATION and event.symbol in self.multipliers:
            self.contract(event.source, event.symbol).paid -= amount
            self.contract(event.target, event.symbol).paid += amount

    def expired(self, event: InstrumentExpired) -> None:
        """Its last gains were paid and its positions are gone."""
        for held in self.contracts.values():
            held.pop(event.symbol, None)

    def acted(self, event: CorporateActionTaken) -> None:
        """Whoever owes shares that were split owes the new ones; a fraction of one is owed in cash."""
        new, old = event.ratio
        if new == old:
            return
        for account, owed in self.borrowed.items():
            lenders = owed.get(event.symbol, {})
            for lender, shares in [*lenders.items()]:
                lenders[lender], rest = divmod(shares * new, old)
                if not lenders[lender]:
                    del lenders[lender]
                if rest:
                    self.fractions[account, event.symbol, lender] = rest * event.price // new

    def _owe(self, account: str, change: int) -> None:
        after = self.loans.get(account, 0) + change
        if after:
            self.loans[account] = after
        else:
            self.loans.pop(account, None)

    def _borrow(self, account: str, symbol: str, lender: str, change: int) -> None:
        lenders = self.borrowed.setdefault(account, {}).setdefault(symbol, {})
        lenders[lender] = lenders.get(lender, 0) + change
        if not lenders[lender]:
            del lenders[lender]


_EFFECTS: dict[type[Event], Callable[[Liabilities, Any], None]] = {
    Trade: Liabilities.traded,
    Transferred: Liabilities.transferred,
    ContractSpecified: Liabilities.specified,
    PositionReduced: Liabilities.reduced,
    CorporateActionTaken: Liabilities.acted,
    InstrumentExpired: Liabilities.expired,
}
