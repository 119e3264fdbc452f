"""Margin under stress: the accounts that would fall below maintenance at shocked prices (rulebook F-2.1, F-5).

The margin accounts and their rules come from `MarginGranted`; equity and requirement are computed by the broker's own
functions. The prices before the shock are the last ones in the journal; for a contract that is its last trade, not
its mid price.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from market_sim.analysis.instruments import instruments_in
from market_sim.core.data.journal import Journal
from market_sim.core.models.mechanism_events import MarginGranted
from market_sim.market.mechanisms.equity import Owing, equity, terms_of
from market_sim.market.mechanisms.margin_status import EVERYTHING, Agreement, MarginStatus
from market_sim.market.mechanisms.requirements import profile_of
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.stress import Holding, Shock, would_be_called


def shocked(
    marks: Mapping[str, int], shock: Shock, options: Mapping[str, VanillaOption], still: Collection[str]
) -> dict[str, int]:
    """The prices after a shock: options at their new value, those in `still` unchanged, all others moved.

    >>> shocked({"ACME": 100_00, "YES": 60}, Shock("fall", price_percent=-15), {}, {"YES"})
    {'ACME': 8500, 'YES': 60}
    """
    return {
        symbol: price
        if symbol in still
        else max(0, price + round(Holding(1, price, option=options.get(symbol)).change(shock)))
        for symbol, price in marks.items()
    }


class MarginRules:
    """The margin rules of a run's brokers, for any account at any prices."""

    def __init__(self, journal: Journal, quote: str) -> None:
        self._instruments = instruments_in(journal)
        self._terms = terms_of(self._instruments.values())
        self._quote = quote
        self._agreements: dict[str, Agreement] = {}
        for event in journal.of(MarginGranted):
            profile = profile_of(event.profile, event.rules)
            if profile is not None:
                self._agreements[event.account] = Agreement(profile, event.isolated)

    def breach(
        self, account: str, assets: Mapping[str, int], owing: Owing, marks: Mapping[str, int], after: Mapping[str, int]
    ) -> MarginStatus | None:
        """The first pool of an account that falls below its maintenance margin at the prices of `after`."""
        agreement = self._agreements.get(account)
        if agreement is None:
            return None
        for pool in (EVERYTHING, *agreement.isolated):
            before, then = (self._status(account, pool, agreement, assets, owing, at) for at in (marks, after))
            if would_be_called(before.equity, then.requirement, before.equity - then.equity):
                return then
        return None

    def _status(
        self,
        account: str,
        pool: str,
        agreement: Agreement,
        assets: Mapping[str, int],
        owing: Owing,
        marks: Mapping[str, int],
    ) -> MarginStatus:
        """Equity against maintenance of one pool, as `MarginCalculator.status` has it."""
        net = {
            symbol: assets.get(symbol, 0) - owing.borrowed.get(symbol, 0)
            for symbol in self._instruments
            if assets.get(symbol, 0) or owing.borrowed.get(symbol, 0)
        }
        if pool:
            held = {pool: net.get(pool, 0)}
            needed = agreement.contracts.requirement(held, marks, self._instruments, initial=False)
            return MarginStatus(account, pool, self._apart(pool, agreement, owing, marks), needed)
        apart = sum(self._apart(symbol, agreement, owing, marks) for symbol in agreement.isolated)
        together = {symbol: held for symbol, held in net.items() if symbol not in agreement.isolated}
        needed = agreement.profile.requirement(together, marks, self._instruments, initial=False)
        return MarginStatus(account, pool, equity(assets, owing, marks, self._terms, self._quote) - apart, needed)

    def _apart(self, symbol: str, agreement: Agreement, owing: Owing, marks: Mapping[str, int]) -> int:
        """The equity of an isolated contract."""
        contract = owing.contracts.get(symbol)
        if contract is None or not contract.quantity or symbol not in marks:
            return 0
        collateral = -(-abs(contract.entry) // agreement.contracts.leverage)
        return collateral + contract.open_gain(marks[symbol], self._terms[symbol].multiplier)
