"""What settlement came to: batches, gas, and whether the chain holds what the exchange says, as far as it has settled.

The exchange's balances after the last settled entry are the journal added up. What the chain holds is added up a second
time: from the deposits that it was opened with and from the settled entries that it did not refuse. Each batch was
compared with the contract itself when it was paid (`Reconciled`), so where these two sums differ, the chain really
differs from the exchange, and the differences say for whom.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from market_sim.blockchain.register import Register
from market_sim.core.data.fold import Balances, Fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import entry_number
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, SettlementOpened, TradeRefused


class Difference(NamedTuple):
    """One balance that is not the same on both sides."""

    account: str
    asset: str
    exchange: int
    chain: int


@dataclass(frozen=True)
class Settled:
    """What settlement came to."""

    backend: str
    blocks: int
    entries: int
    """How many entries were paid: trades, transfers, deposits and withdrawals."""
    refused: int
    """How many of them the chain refused: they have no effect there."""
    transactions: int
    gas: int
    differences: tuple[Difference, ...]
    compared: bool
    """Whether the contract was compared with the journal after the last batch."""

    @property
    def reconciled(self) -> bool:
        """Whether the chain holds what the exchange says, account by account."""
        return self.compared and not self.differences

    def document(self) -> dict[str, Any]:
        """As plain values, for programs."""
        told = asdict(self) | {"reconciled": self.reconciled, "differences": [d._asdict() for d in self.differences]}
        del told["compared"]
        return told


def settled(journal: Journal) -> Settled | None:
    """What settlement came to; None for a run without it."""
    opened = next(journal.of(SettlementOpened), None)
    if opened is None:
        return None
    batches = list(journal.of(BlockSettled))
    last = sum(batch.trades + batch.refused for batch in batches)
    refused = {event.trade for event in journal.of(TradeRefused) if event.trade <= last}
    reconciled = [event.last for event in journal.of(Reconciled)]
    differences = tuple(_differences(journal, last, refused))
    return Settled(
        opened.backend,
        sum(batch.last - batch.first + 1 for batch in batches),
        sum(batch.trades for batch in batches),
        len(refused),
        len(batches),
        sum(batch.gas for batch in batches),
        differences,
        bool(reconciled) and (not batches or reconciled[-1] >= batches[-1].last),
    )


def _differences(journal: Journal, last: int, refused: set[int]) -> list[Difference]:
    """Every balance that differs after the last settled entry."""
    exchange, chain = Fold(), Fold()
    for event in journal:
        number = entry_number(event)
        if number > last:
            break
        exchange.add(event)
        if number not in refused:
            chain.add(event)
    return _compared(exchange.balances, chain.balances, Register.of(journal))


def _compared(exchange: Balances, chain: Balances, register: Register) -> list[Difference]:
    found: list[Difference] = []
    for account in dict.fromkeys((*exchange, *chain)):
        ours, theirs = exchange.get(account, {}), chain.get(account, {})
        for asset in dict.fromkeys((*ours, *theirs)):
            if register.is_token(asset) and ours.get(asset, 0) != theirs.get(asset, 0):
                found.append(Difference(account, asset, ours.get(asset, 0), theirs.get(asset, 0)))
    return found
