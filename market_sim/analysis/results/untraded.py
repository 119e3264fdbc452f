"""The untraded accounts of a run: the holdings of each account if it had kept its deposits, and its dividends.

A split, a reverse split or a stock dividend changes the number of deposited shares, and the company, from whose own
holding new shares come, has fewer of them. Neither is a gain. A dividend is a gain, but not from trading; it is counted
separately, like the dividend that a short seller pays to its lender and the cash for fractions of shares after a split.
"""

from __future__ import annotations

from market_sim.core.data.fold import Balances, Fold
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Transferred, Withdrawn
from market_sim.core.models.mechanism_events import CorporateActionTaken

DIVIDENDS = frozenset({"DIVIDEND", "MANUFACTURED_DIVIDEND", "CASH_IN_LIEU"})
"""Transfers of cash by corporate actions."""
SPLIT = "SPLIT"


class Untraded:
    """The untraded accounts so far."""

    def __init__(self) -> None:
        self._kept, self._dividends = Fold(), Fold()
        self._split: dict[str, tuple[str, str]] = {}
        """By share: source and target of the last transfer of the split in progress."""

    @property
    def holdings(self) -> Balances:
        """The deposits by account and asset, adjusted for later splits."""
        return self._kept.balances

    def dividends(self, account: str, currency: str) -> int:
        """The dividends received by account, less those paid."""
        return self._dividends.balances.get(account, {}).get(currency, 0)

    def read(self, event: Event) -> None:
        """Add one event."""
        if isinstance(event, Deposited):
            self._kept.move(event.account, event.asset, event.amount)
        elif isinstance(event, Withdrawn):
            self._kept.move(event.account, event.asset, -event.amount)
        elif isinstance(event, Transferred):
            if event.reason in DIVIDENDS:
                self._dividends.move(event.source, event.asset, -event.amount)
                self._dividends.move(event.target, event.asset, event.amount)
            elif event.reason == SPLIT:
                self._split[event.asset] = event.source, event.target
        elif isinstance(event, CorporateActionTaken):
            self._act(event)

    def _act(self, event: CorporateActionTaken) -> None:
        """Adjust the deposited shares to a corporate action, as if none had been traded."""
        new, old = event.ratio
        parties = self._split.pop(event.symbol, None)
        if new == old or parties is None:
            return
        company = parties[0] if new > old else parties[1]
        issued = 0
        for account, assets in self._kept.balances.items():
            shares = assets.get(event.symbol, 0)
            if shares and account != company:
                after = abs(shares) * new // old
                change = (after if shares > 0 else -after) - shares
                self._kept.move(account, event.symbol, change)
                issued += change
        self._kept.move(company, event.symbol, -issued)
