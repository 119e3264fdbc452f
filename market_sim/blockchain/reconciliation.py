"""Reconciliation: a comparison of every balance on the chain with the sum of the journal's entries.

The sum is a fold over the events of the journal and uses no payload, execution or net row, so it shows an error at any
step between the exchange and the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from market_sim.blockchain.execution import BalanceKey, Execution
from market_sim.blockchain.register import Register
from market_sim.blockchain.settlement import Head, Moment, Settlement, Statement
from market_sim.core.data.fold import Fold
from market_sim.core.errors import ChainAhead, InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Entry, Withdrawn


class Comparison(NamedTuple):
    """The result of a reconciliation: last block, number of balances, and totals and surplus by token."""

    last: int
    balances: int
    totals: tuple[int, ...]
    surplus: tuple[int, ...]


class ReservesMissing(InvariantBroken):
    """The vault holds less of a token than it owes."""

    def __init__(self, last: int, asset: str, held: int, owed: int) -> None:
        super().__init__(f"the vault holds {held} {asset} and owes {owed}")
        self.last, self.asset, self.held, self.owed = last, asset, held, owed


class Reconciliation:
    """A running sum of all entries, compared with the chain on demand."""

    def __init__(self, register: Register, opening: Iterable[Event], trade: Callable[[int], Entry]) -> None:
        self._register = register
        self._trade = trade
        self._sum = Fold()
        for event in opening:
            self._sum.add(event)
        self._uncounted: dict[int, tuple[BalanceKey, int]] = {}
        """Deposits that the vault has credited and that are in no settled batch yet, by the number of their entry."""
        self._ignored: dict[BalanceKey, int] = {}
        """Deposits that are worth no entry: the chain holds them, and the journal does not count them."""
        self._unclaimed: dict[BalanceKey, int] = {}
        """The amounts of settled withdrawals that are not claimed yet."""
        self._paid_out: dict[BalanceKey, int] = {}
        """The sums that were claimed."""
        self._expected: list[Execution] = []
        self._counted = 0

    def expect(self, execution: Execution) -> None:
        """Add the next range that will be settled."""
        self._expected.append(execution)

    def took(self, entry: int, place: BalanceKey, amount: int) -> None:
        """Note a deposit that the vault has credited, before a block holds its entry."""
        self._uncounted[entry] = place, amount

    def ignore(self, place: BalanceKey, amount: int) -> None:
        """Note a deposit that the vault has credited and no entry will count."""
        self._ignored[place] = self._ignored.get(place, 0) + amount

    def on_chain(self, place: BalanceKey) -> int:
        """The balance that the chain should hold now."""
        return self._ours().get(place, 0)

    def claimed(self, place: BalanceKey, amount: int) -> None:
        """Note a claim that was paid."""
        self._unclaimed[place] -= amount
        self._paid_out[place] = self._paid_out.get(place, 0) + amount

    def compare(
        self,
        settlement: Settlement,
        head: Head | None = None,
        at: Moment = "latest",
        claimed: Callable[[BalanceKey, int], None] = lambda place, amount: None,
    ) -> Comparison:
        """Compare all balances up to the last settled block; a difference raises InvariantBroken.

        `head` and balances are those of the moment `at`. `claimed` is told of each claim that an owner made at the
        vault alone; the contract's own events prove it.
        """
        head = head or settlement.head(at)
        while self._counted < len(self._expected) and self._expected[self._counted].last <= head.height:
            for number in self._expected[self._counted].accepted:
                self._count(self._trade(number))
            self._counted += 1
        certified = self._expected[-1].last if self._expected else 0
        if head.height > certified:
            mine = f"only block {certified}" if certified else "none"
            raise ChainAhead(f"the contract is at block {head.height}, and this run has certified {mine}")
        last = self._expected[self._counted - 1] if self._counted else None
        if last is not None and (head.height, head.block, head.trades_root) != (
            last.last,
            last.block,
            last.trades_root,
        ):
            raise InvariantBroken(
                f"the contract is at block {head.height} ({head.block.hex()}), "
                f"the journal at block {last.last} ({last.block.hex()})"
            )
        ours, stated = self._ours(), self._known(settlement.statement(at))
        theirs = stated.balances
        if ours != theirs:
            raise InvariantBroken("chain and journal differ: " + "; ".join(self._differences(ours, theirs)))
        if self._claimable() != list(stated.claimable):
            for place, amount in self._claims_without_us(settlement, at):
                self.claimed(place, amount)
                claimed(place, amount)
        if self._claimable() != list(stated.claimable):
            raise InvariantBroken(
                f"settled withdrawals that are not claimed yet come to {self._claimable()}, "
                f"and the contract lets {list(stated.claimable)} be claimed"
            )
        return self._covered(stated, head.height)

    def _count(self, entry: Entry) -> None:
        self._sum.add(entry)
        if isinstance(entry, Deposited):
            self._uncounted.pop(entry.trade, None)
        elif isinstance(entry, Withdrawn) and self._register.is_token(entry.asset):
            place = self._register.accounts[entry.account], self._register.token(entry.asset)
            self._unclaimed[place] = self._unclaimed.get(place, 0) + entry.amount

    def _claimable(self) -> list[int]:
        """By token: the sum of settled withdrawals that are not claimed yet."""
        sums = [0] * len(self._register.tokens)
        for (_, token), amount in self._unclaimed.items():
            sums[token] += amount
        return sums

    def _claims_without_us(self, settlement: Settlement, at: Moment) -> list[tuple[BalanceKey, int]]:
        """What owners claimed at the vault without the exchange."""
        waiting = [place for place, amount in self._unclaimed.items() if amount]
        paid = ((place, settlement.paid_out(*place, at) - self._paid_out.get(place, 0)) for place in waiting)
        return [(place, amount) for place, amount in paid if 0 < amount <= self._unclaimed[place]]

    def _ours(self) -> dict[BalanceKey, int]:
        accounts, token = self._register.accounts, self._register.token
        ours = {
            (accounts[account], token(asset)): amount
            for account, assets in self._sum.balances.items()
            for asset, amount in assets.items()
            if self._register.is_token(asset)
        }
        for place, amount in (*self._uncounted.values(), *self._ignored.items()):
            if place[1] < len(self._register.tokens):
                ours[place] = ours.get(place, 0) + amount
        return ours

    def _known(self, stated: Statement) -> Statement:
        """The statement without tokens that the operator listed beside those of the run."""
        known = len(self._register.tokens)
        balances = {place: amount for place, amount in stated.balances.items() if place[1] < known}
        return Statement(balances, stated.held[:known], stated.claimable[:known])

    def _covered(self, stated: Statement, height: int) -> Comparison:
        """Check that the vault holds at least what it owes of each token; more is a surplus, sent to it directly."""
        totals = [0] * len(self._register.tokens)
        for (_, token), amount in stated.balances.items():
            totals[token] += amount
        surplus = []
        for token, (held, owed, claimable) in enumerate(zip(stated.held, totals, stated.claimable, strict=True)):
            surplus.append(held - owed - claimable)
            if surplus[-1] < 0:
                symbol = self._register.tokens[token].symbol
                raise ReservesMissing(height, symbol, held, owed + claimable)
        return Comparison(height, len(stated.balances), tuple(totals), tuple(surplus))

    def _differences(self, ours: dict[BalanceKey, int], theirs: dict[BalanceKey, int]) -> list[str]:
        places = sorted(place for place in ours.keys() | theirs.keys() if ours.get(place) != theirs.get(place))
        return [
            f"{self._register.account_name(account)} holds {theirs.get((account, token), 0)} "
            f"{self._register.tokens[token].symbol} on the chain and {ours.get((account, token), 0)} in the journal"
            for account, token in places
        ]
