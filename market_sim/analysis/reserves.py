"""Proof of reserves: at each settled block, what the vault holds of each token against what the accounts are owed.

What is owed is added up from the journal's deposits and withdrawals that are settled; trades and transfers move it from
one account to another and change no sum. What the vault holds is what the chain said when it was compared
(`Reconciled`, or `VaultShort` when it was too little). So the two sides come from two sources, and a hole is their
difference in the smallest unit of the token.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from market_sim.analysis.words import Words
from market_sim.blockchain.register import Register
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models import settlement_events as events
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Withdrawn

COLUMNS = ("block", "token", "held", "owed", "claimable", "beyond")


class Reserve(NamedTuple):
    """One token of the vault as of a settled block, in its smallest unit."""

    event: int
    """The number of the comparison in the journal."""
    time: int
    block: int
    """The height of the last settled block; 0 before the first."""
    token: str
    held: int
    owed: int
    """What all accounts together are owed."""
    claimable: int
    """Settled withdrawals that their owners have not claimed yet."""

    @property
    def beyond(self) -> int:
        """What the vault holds beyond what it owes; a hole is negative."""
        return self.held - self.owed - self.claimable


def reserves(journal: Journal) -> list[Reserve]:
    """Each token at each comparison of the chain with the journal, in order; none for a run without settlement."""
    return list(_Sums(journal).read())


def last_of_each(found: Iterable[Reserve]) -> list[Reserve]:
    """The last comparison of each token."""
    return list({one.token: one for one in found}.values())


def holes(found: Iterable[Reserve]) -> list[Reserve]:
    """Where the vault holds less than it owes."""
    return [one for one in found if one.beyond < 0]


def verdict(found: list[Reserve], words: Words) -> str:
    """The result in one sentence, with the first hole if there is one."""
    if not found:
        return "this run settled on no chain, so there is no vault"
    missing = holes(found)
    if missing:
        first = missing[0]
        return (
            f"a hole of {words.amount(first.token, -first.beyond)} at block {first.block}: the vault holds "
            f"{words.amount(first.token, first.held)} and owes "
            f"{words.amount(first.token, first.owed + first.claimable)}"
        )
    times = len({one.event for one in found})
    tokens = len({one.token for one in found})
    return (
        f"the vault was compared {counted(times, 'time')}, with {counted(tokens, 'token')}, and held at least what it "
        f"owed each time"
    )


class _Sums:
    """The running sums of what is owed, by token."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        register = Register.of(journal)
        self._tokens = [token.symbol for token in register.tokens]
        self._refused = {event.trade for event in journal.of(events.TradeRefused)}
        self._from_wallets = {event.trade for event in journal.of(events.DepositTaken) if event.from_wallet}
        self._owed: Counter[str] = Counter()
        self._claimable: Counter[str] = Counter()
        self._taken: dict[int, Deposited] = {}
        """Deposits that the vault holds and no settled batch counts yet, by the number of their entry."""
        self._entries: dict[int, Deposited | Withdrawn] = {}
        self._settled = self._refused_next = 0
        self._certified: deque[tuple[int, int]] = deque()
        """The last block and the number of entries of each batch that is certified and not counted yet."""

    def read(self) -> Iterator[Reserve]:
        for number, event in enumerate(self._journal):
            if isinstance(event, events.Reconciled | events.VaultShort):
                self._settle(event.last)
            if isinstance(event, events.Reconciled):
                owed = self._owing()
                for token, total, surplus in zip(self._tokens, event.totals, event.surplus, strict=False):
                    held = total + self._claimable[token] + surplus
                    yield Reserve(number, event.time, event.last, token, held, owed[token], self._claimable[token])
            elif isinstance(event, events.VaultShort):
                claimable = self._claimable[event.asset]
                owed = self._owing()
                place = number, event.time, event.last, event.asset
                yield Reserve(*place, event.held, owed[event.asset], claimable)
            else:
                self._note(event)

    def _owing(self) -> Counter[str]:
        """What the accounts are owed now; a deposit that the vault has taken is theirs already."""
        owed = self._owed.copy()
        for deposit in self._taken.values():
            owed[deposit.asset] += deposit.amount
        return owed

    def _note(self, event: Event) -> None:
        if isinstance(event, Deposited) and not event.trade:
            self._owed[event.asset] += event.amount
        elif isinstance(event, Deposited | Withdrawn):
            self._entries[event.trade] = event
            # The vault has a deposit from a wallet before the exchange; the operator's comes with `DepositTaken`.
            if isinstance(event, Deposited) and event.trade in self._from_wallets:
                self._taken[event.trade] = event
        elif isinstance(event, events.DepositTaken) and event.trade > self._settled:
            deposit = self._entries.get(event.trade)
            if isinstance(deposit, Deposited):
                self._taken[event.trade] = deposit
        elif isinstance(event, events.WithdrawalClaimed):
            self._claimable[event.asset] -= event.amount
        elif isinstance(event, events.TradeRefused):
            self._refused_next += 1
        elif isinstance(event, events.BatchCertified):
            self._certified.append((event.last, event.trades + self._refused_next))
            self._refused_next = 0
        elif isinstance(event, events.BlockSettled):
            self._settle(event.last)

    def _settle(self, last: int) -> None:
        """Count the deposits and withdrawals of the batches up to this block.

        A node has a batch before it counts as settled, and is compared as it is: with the batches that wait for their
        confirmations.
        """
        while self._certified and self._certified[0][0] <= last:
            self._count(self._certified.popleft()[1])

    def _count(self, entries: int) -> None:
        """Count the deposits and withdrawals among the next entries."""
        first, self._settled = self._settled + 1, self._settled + entries
        for number in [one for one in self._entries if first <= one <= self._settled]:
            entry = self._entries.pop(number)
            self._taken.pop(number, None)
            if number in self._refused:
                continue
            if isinstance(entry, Withdrawn):
                self._owed[entry.asset] -= entry.amount
                self._claimable[entry.asset] += entry.amount
            else:
                self._owed[entry.asset] += entry.amount
