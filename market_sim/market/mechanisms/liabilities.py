"""Liabilities: the obligations of accounts, from the journal alone: loans, borrowed shares, unpaid gains and losses.

A balance on the chain is never negative, so credit is a real transfer: the broker lends cash before it is spent, a
lender lends shares before they are sold. The debt is the sum of the transfers LENT less REPAID, and BORROWED less
RETURNED. A trade in a future or a perpetual moves no cash; its gain is the value of the position at the mark, less the
value that it was traded for, less the payments so far.

The class holds only what the journal says, so it gives the liabilities at present and after any past entry.
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
"""The payment of gains and losses of a contract since the last mark."""


class ContractPosition(msgspec.Struct):
    """The position of one account in one margined contract."""

    quantity: int = 0
    traded_for: int = 0
    """The total value of its trades, which moved no cash; negative for sales."""
    paid: int = 0
    """The gains paid out so far; negative for losses paid in."""
    entry: int = 0
    """The entry value of the open quantity, by average cost; negative for a short position."""

    def gain(self, mark: int, multiplier: int) -> int:
        """The unpaid gain at this mark; negative for a loss that the account has to pay."""
        return self.quantity * mark * multiplier - self.traded_for - self.paid

    def open_gain(self, mark: int, multiplier: int) -> int:
        """The gain of the open quantity since its entry, paid or not."""
        return self.quantity * mark * multiplier - self.entry

    def trade(self, change: int, cash: int) -> None:
        """Buy (positive) or sell a quantity for a value in cash."""
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
    """All obligations as of the events read so far."""

    def __init__(self) -> None:
        self.loans: dict[str, int] = {}
        """Cash owed to the broker, by account."""
        self.borrowed: dict[str, dict[str, dict[str, int]]] = {}
        """Shares owed: account, symbol, lender."""
        self.contracts: dict[str, dict[str, ContractPosition]] = {}
        """Margined contracts: account, symbol."""
        self.fractions: dict[tuple[str, str, str], int] = {}
        """Cash owed for fractions of borrowed shares after a split: account, symbol, lender."""
        self.multipliers: dict[str, int] = {}
        """The multiplier of each margined contract."""

    def read(self, events: Iterable[Event]) -> None:
        """Apply these events."""
        effects = _EFFECTS
        for event in events:
            effect = effects.get(type(event))
            if effect is not None:
                effect(self, event)

    def contract(self, account: str, symbol: str) -> ContractPosition:
        """The account's position in a contract, empty at first."""
        held = self.contracts.setdefault(account, {})
        known = held.get(symbol)
        if known is None:
            known = held[symbol] = ContractPosition()
        return known

    def specified(self, event: ContractSpecified) -> None:
        """The trades of this contract count from now on."""
        self.multipliers[event.symbol] = event.multiplier

    def traded(self, event: Trade) -> None:
        """A trade creates an obligation only in a margined contract."""
        multiplier = self.multipliers.get(event.symbol)
        if multiplier is None:
            return
        change = event.side * event.quantity
        cash = change * event.price * multiplier
        self.contract(event.taker, event.symbol).trade(change, cash)
        self.contract(event.maker, event.symbol).trade(-change, -cash)

    def reduced(self, event: PositionReduced) -> None:
        """Auto-deleveraging is a trade at the price of the event; a transfer moves the position itself."""
        cash = event.change * event.price * self.multipliers[event.symbol]
        self.contract(event.account, event.symbol).trade(event.change, cash)
        self.contract(event.counterparty, event.symbol).trade(-event.change, -cash)

    def transferred(self, event: Transferred) -> None:
        """The reason of a transfer determines which obligation it creates or settles."""
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
        """A contract expired: its last gains were paid and its positions are closed."""
        for held in self.contracts.values():
            held.pop(event.symbol, None)

    def acted(self, event: CorporateActionTaken) -> None:
        """After a split a borrower owes the new number of shares, and cash for a fraction."""
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
