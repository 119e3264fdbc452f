"""What `--paranoid` looks at after each epoch: the accounts, every book, and every event since the last time."""

from __future__ import annotations

from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.market.exchange.audit import Audit, rebuilt
from market_sim.market.exchange.invariants import check, require
from market_sim.market.ledger.ledger import Ledger
from market_sim.market.venues import Venues


class Checks:
    """Three ways to look at one run, each blind to what the others see.

    The journal added up again must give the accounts (X4, X5, X20). The books and accounts as they are must keep what
    can be seen without their past (X1, X6 to X19). The order of the events must be one that the rules allow, and must
    lead to the books that there are (X2, X3, X21).
    """

    def __init__(self, journal: Journal, ledger: Ledger, venues: Venues) -> None:
        self._journal = journal
        self._ledger = ledger
        self._venues = venues
        self._sum = Fold()
        self._audit = Audit()
        self._read = 0

    def look(self) -> None:
        """Raise InvariantBroken when anything is not as it must be."""
        fresh = self._journal.since(self._read)
        self._read += len(fresh)
        for event in fresh:
            self._sum.add(event)
            self._audit.add(event)
        self._compare_accounts()
        venues = [*self._venues.by_name.values()]
        if not venues:
            return
        require(check(*venues))
        require(self._audit.finish())
        for venue in venues:
            require(rebuilt(venue, self._audit))

    def _compare_accounts(self) -> None:
        folded = self._sum.balances
        for name, account in self._ledger.accounts.items():
            owned = {asset: balance.total for asset, balance in account.balances.items() if balance.total}
            counted = {asset: amount for asset, amount in folded.get(name, {}).items() if amount}
            if owned != counted:
                raise InvariantBroken(f"account {name} holds {owned}, but the journal adds up to {counted}")
