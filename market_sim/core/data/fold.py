"""The fold: what everybody owns, added up from the journal alone.

The exchange keeps its own accounts. This module knows nothing of them and adds the events up again, so that the two
can be compared, and so that a balance can be asked for at any past moment. Each kind of event that moves something
has one function here; every other kind moves nothing.

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
"""The account that every fee is paid to, and every rebate out of."""

Balances = dict[str, dict[str, int]]
"""The amount of each asset in each account; what is zero is left out."""


class Fold:
    """Balances that grow event by event."""

    def __init__(self) -> None:
        self.balances: Balances = {}
        self._terms: dict[str, tuple[str, int]] = {}

    def add(self, event: Event) -> None:
        """Let one event have its effect."""
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
        """An account is there, with nothing in it."""
        self.balances.setdefault(event.account, {})

    def listed(self, event: InstrumentListed) -> None:
        """Remember what the instrument is paid in and how much one unit of its price is worth."""
        self._terms[event.symbol] = event.quote, event.multiplier

    def deposited(self, event: Deposited) -> None:
        """Something came in from outside."""
        self.move(event.account, event.asset, event.amount)

    def withdrawn(self, event: Withdrawn) -> None:
        """Something left for outside."""
        self.move(event.account, event.asset, -event.amount)

    def traded(self, event: Trade) -> None:
        """Cash goes one way, the instrument the other; each side pays its fee in the currency of the price."""
        quote, multiplier = self._terms[event.symbol]
        bought = event.side * event.quantity
        paid = event.price * bought * multiplier
        self.move(event.taker, event.symbol, bought)
        self.move(event.maker, event.symbol, -bought)
        self.move(event.taker, quote, -paid - event.taker_fee)
        self.move(event.maker, quote, paid - event.maker_fee)
        self.move(FEES, quote, event.maker_fee + event.taker_fee)

    def transferred(self, event: Transferred) -> None:
        """A mechanism moved something from one account to another."""
        self.move(event.source, event.asset, -event.amount)
        self.move(event.target, event.asset, event.amount)


# Plain functions instead of bound methods: one table serves every fold.
_EFFECTS: dict[type[Event], Callable[[Fold, Any], None]] = {
    AccountOpened: Fold.opened,
    InstrumentListed: Fold.listed,
    Deposited: Fold.deposited,
    Withdrawn: Fold.withdrawn,
    Trade: Fold.traded,
    Transferred: Fold.transferred,
}


def fold(events: Iterable[Event], trade: int | None = None, until: int | None = None) -> Balances:
    """What everybody owned just before the entry after this one, or when this time (inclusive) was over."""
    sum_of_all = Fold()
    if until is None and trade is None:
        # The common question, without two comparisons and a call for each event that moves nothing.
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
