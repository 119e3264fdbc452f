"""The checks of `--paranoid`: after each epoch, the accounts, every book, and every new event."""

from __future__ import annotations

from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.market.exchange.audit import Audit, rebuilt
from market_sim.market.exchange.invariants import check, require
from market_sim.market.ledger.ledger import Ledger
from market_sim.market.venues.venues import Venues


class Checks:
    """Three independent checks of one run; each finds errors that the other two cannot see.

    The sum of the journal must equal the accounts (X4, X5, X20). The present books and accounts must keep the
    invariants that need no history (X1, X6 to X19). The order of the events must be one that the rules allow, and
    replaying it must give the present books (X2, X3, X21).
    """

    def __init__(self, journal: Journal, ledger: Ledger, venues: Venues) -> None:
        self._journal = journal
        self._ledger = ledger
        self._venues = venues
        self._sum = Fold()
        self._audit = Audit()
        self._read = 0

    def look(self) -> None:
        """Raise InvariantBroken when a check fails."""
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
