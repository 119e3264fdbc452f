"""The inventory of accounts over time: their positions in each instrument, and the deposited quantities.

A position is what an account owns: lent and pledged holdings count, borrowed ones do not. Trades, deposits,
withdrawals and transfers by mechanisms change it; so does a split, also for pledged holdings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from market_sim.analysis.results.table import Table, columns
from market_sim.analysis.results.worth import LOANS, ORDERS, Worth
from market_sim.analysis.three_clocks import terms_in
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import RECORD


class Holding(NamedTuple):
    """A position from one event on."""

    event: int
    """The number of the event that changed it."""
    time: int
    position: int
    brought: int
    """The quantity deposited by then, less withdrawals."""

    @property
    def inventory(self) -> int:
        """The position less the deposits."""
        return self.position - self.brought


Inventories = dict[tuple[str, str], list[Holding]]
"""By account and instrument: the position after each event that changed it."""


def inventories(journal: Journal) -> Inventories:
    """The inventories of a journal."""
    terms, worth = terms_in(journal), Worth()
    found: Inventories = {}
    for number, event in enumerate(journal):
        if type(event) in ORDERS:
            continue
        worth.read(event)
        for account, symbol, change, brought in _changes(event, worth, found):
            if symbol in terms and (change or brought) and account != RECORD:
                known = found.setdefault((account, symbol), [])
                last = known[-1] if known else Holding(number, event.time, 0, 0)
                holding = Holding(number, event.time, last.position + change, last.brought + brought)
                if known and last.event == number:
                    known.pop()
                known.append(holding)
    return found


def _changes(event: Event, worth: Worth, known: Inventories) -> Iterator[tuple[str, str, int, int]]:
    """The changes by an event: account, instrument, change of the position, change of the deposits."""
    if type(event) is Trade:
        bought = event.side * event.quantity
        yield event.taker, event.symbol, bought, 0
        yield event.maker, event.symbol, -bought, 0
    elif isinstance(event, Deposited | Withdrawn):
        amount = event.amount if isinstance(event, Deposited) else -event.amount
        yield event.account, event.asset, amount, amount
    elif isinstance(event, Transferred):
        if event.reason not in LOANS:
            yield event.source, event.asset, -event.amount, 0
            yield event.target, event.asset, event.amount, 0
    elif isinstance(event, CorporateActionTaken):
        # A split also changes pledged and lent shares, without a transfer for them.
        for account, assets in worth.owned.items():
            held = known.get((account, event.symbol))
            yield account, event.symbol, assets.get(event.symbol, 0) - (held[-1].position if held else 0), 0


COLUMNS = columns(
    event="the number of the event that changed the position",
    time="when that was",
    account="the account that holds it",
    symbol="of which instrument",
    position="how much it owned from then on, in lots of the instrument's smallest unit; negative if short",
    brought="how much had been brought in by then",
)


def inventory_table(journal: Journal) -> Table:
    """Every change of every position, in the order of time."""
    rows = [
        (holding.event, holding.time, account, symbol, holding.position, holding.brought)
        for (account, symbol), holdings in inventories(journal).items()
        for holding in holdings
    ]
    return Table("inventory", COLUMNS, sorted(rows))
