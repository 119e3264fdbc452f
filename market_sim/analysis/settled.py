"""The result of settlement: blocks, batches, gas, and a comparison of chain and exchange at the last settled entry.

The balances of the exchange are the sum of the journal up to the last settled entry. The balances of the chain are a
second sum, of the initial deposits and the settled entries that the chain did not refuse; each batch was compared with
the contract when it was paid (`Reconciled`). So a difference between the two sums is a difference between chain and
exchange.
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
    """One balance that differs between exchange and chain."""

    account: str
    asset: str
    exchange: int
    chain: int


@dataclass(frozen=True)
class Settled:
    """The result of settlement."""

    backend: str
    blocks: int
    entries: int
    """The number of settled entries: trades, transfers, deposits and withdrawals."""
    refused: int
    """The number of entries that the chain refused."""
    transactions: int
    gas: int
    differences: tuple[Difference, ...]
    compared: bool
    """Whether the contract was compared with the journal after the last batch."""

    @property
    def reconciled(self) -> bool:
        """Whether every balance on the chain equals that of the exchange."""
        return self.compared and not self.differences

    def document(self) -> dict[str, Any]:
        """The result as plain values, for JSON."""
        told = asdict(self) | {"reconciled": self.reconciled, "differences": [d._asdict() for d in self.differences]}
        del told["compared"]
        return told


def settled(journal: Journal) -> Settled | None:
    """The result of the settlement of a run; None for a run without settlement."""
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
    """The balances that differ after the last settled entry."""
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
