"""The fold: the balances of all accounts, added up from the journal alone.

The ledger keeps its own accounts. This module does not use them: it adds the events up again, so that a test can
compare the two, and so that the balances at any past moment are known. Each type of event that changes a balance has
one function here; every other type changes none.

>>> from market_sim.core.models.market_events import AccountOpened, Deposited
>>> events = [AccountOpened(0, "alice", 2, "alice"), Deposited(0, "alice", "USD", 500), Deposited(9, "alice", "USD", 1)]
>>> fold(events), fold(events, until=8)
({'alice': {'USD': 501}}, {'alice': {'USD': 500}})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    AccountOpened,
    Deposited,
    InstrumentListed,
    Trade,
    Transferred,
    Withdrawn,
    entry_number,
)

FEES = "fees"
"""The account that receives every fee and pays every rebate."""

Balances = dict[str, dict[str, int]]
"""The amount of each asset in each account, without zeros."""


class Fold:
    """Balances as of the events added so far."""

    def __init__(self) -> None:
        self.balances: Balances = {}
        self._terms: dict[str, tuple[str, int]] = {}

    def add(self, event: Event) -> None:
        """Apply one event."""
        effect = _EFFECTS.get(type(event))
        if effect is not None:
            effect(self, event)

    def move(self, account: str, asset: str, amount: int) -> None:
        """Change one balance."""
        assets = self.balances.setdefault(account, {})
        after = assets.get(asset, 0) + amount
        if after:
            assets[asset] = after
        else:
            assets.pop(asset, None)

    def opened(self, event: AccountOpened) -> None:
        """An account was opened, with no balance."""
        self.balances.setdefault(event.account, {})

    def listed(self, event: InstrumentListed) -> None:
        """Note the quote currency and the multiplier of an instrument."""
        self._terms[event.symbol] = event.quote, event.multiplier

    def deposited(self, event: Deposited) -> None:
        """Cash or holdings came in from outside."""
        self.move(event.account, event.asset, event.amount)

    def withdrawn(self, event: Withdrawn) -> None:
        """Cash or holdings left for outside."""
        self.move(event.account, event.asset, -event.amount)

    def traded(self, event: Trade) -> None:
        """Cash goes one way, the instrument the other; each side pays its fee in the quote currency."""
        quote, multiplier = self._terms[event.symbol]
        bought = event.side * event.quantity
        paid = event.price * bought * multiplier
        self.move(event.taker, event.symbol, bought)
        self.move(event.maker, event.symbol, -bought)
        self.move(event.taker, quote, -paid - event.taker_fee)
        self.move(event.maker, quote, paid - event.maker_fee)
        self.move(FEES, quote, event.maker_fee + event.taker_fee)

    def transferred(self, event: Transferred) -> None:
        """A mechanism moved an asset from one account to another."""
        self.move(event.source, event.asset, -event.amount)
        self.move(event.target, event.asset, event.amount)


# Plain functions, not bound methods, so that one table serves every fold.
_EFFECTS: dict[type[Event], Callable[[Fold, Any], None]] = {
    AccountOpened: Fold.opened,
    InstrumentListed: Fold.listed,
    Deposited: Fold.deposited,
    Withdrawn: Fold.withdrawn,
    Trade: Fold.traded,
    Transferred: Fold.transferred,
}


def fold(events: Iterable[Event], trade: int | None = None, until: int | None = None) -> Balances:
    """The balances after the entry with this number, or at the end of this time (inclusive), or after all events."""
    sum_of_all = Fold()
    if until is None and trade is None:
        # The common case, without two comparisons and a call for each event that changes no balance.
        for event in events:
            effect = _EFFECTS.get(type(event))
            if effect is not None:
                effect(sum_of_all, event)
        return sum_of_all.balances
    for event in events:
        if until is not None and event.time > until:
            break
        if trade is not None and entry_number(event) > trade:
            break
        sum_of_all.add(event)
    return sum_of_all.balances
