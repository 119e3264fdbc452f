"""The worth of accounts over time: their holdings and claims, less their debts, at given marks.

Assets that are lent or pledged count for their owner, and unpaid gains of futures and perpetuals count as paid. The
worth is updated event by event, so one pass gives it at any number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from market_sim.core.data.fold import Balances, Fold
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    Transferred,
)
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.market.mechanisms.equity import Terms
from market_sim.market.mechanisms.liabilities import Liabilities

CLAIMS = frozenset({"LENT", "PLEDGED", "REPAID", "WRITTEN_OFF", "PLEDGE_RETURNED"})
"""Transfers after which the source has a claim on the target, or the target one less on the source."""
LOANS = CLAIMS | {"BORROWED", "RETURNED"}
"""Transfers that change the holder of an asset and not its owner."""


ORDERS = frozenset({OrderAccepted, OrderCancelled, OrderAmended, OrderRejected})
"""Events of orders, which are most events of a run and change no balance."""


def without_orders(events: Iterable[Event]) -> list[Event]:
    """The events that can change the worth of an account."""
    return [event for event in events if type(event) not in ORDERS]


class Worth:
    """The worth of all accounts so far."""

    def __init__(self) -> None:
        self._held, self._claims, self._owed = Fold(), Fold(), Liabilities()

    def read(self, event: Event) -> None:
        """Add one event."""
        self._held.add(event)
        self._owed.read((event,))
        if isinstance(event, Transferred):
            if event.reason in CLAIMS:
                self._claims.move(event.source, event.asset, event.amount)
                self._claims.move(event.target, event.asset, -event.amount)
        elif isinstance(event, CorporateActionTaken):
            new, old = event.ratio
            for account, assets in self._claims.balances.items():  # what is pledged is split with the rest
                pledged = assets.get(event.symbol, 0)
                after = abs(pledged) * new // old
                self._claims.move(account, event.symbol, (after if pledged > 0 else -after) - pledged)

    @property
    def owned(self) -> Balances:
        """The assets by account, with lent and pledged ones, without borrowed ones."""
        found = {account: dict(assets) for account, assets in self._held.balances.items()}
        for account, asset, amount in self._owing():
            mine = found.setdefault(account, {})
            mine[asset] = mine.get(asset, 0) + amount
        return found

    def in_currency(
        self, currency: str, marks: Mapping[str, int], terms: Mapping[str, Terms]
    ) -> Iterator[tuple[str, int]]:
        """The worth of each account in one currency."""
        units = {asset: unit(asset, marks.get(asset), terms, currency) for asset in (currency, *terms)}
        owing: dict[str, int] = {}
        for account, asset, amount in self._owing():
            owing[account] = owing.get(account, 0) + amount * units.get(asset, 0)
        for account, assets in self._held.balances.items():
            worth = sum(amount * units.get(asset, 0) for asset, amount in assets.items()) + owing.get(account, 0)
            yield account, worth + self.unpaid(account, currency, marks, terms)

    def _owing(self) -> Iterator[tuple[str, str, int]]:
        """Claims (positive) and debts: account, asset, amount."""
        for account, assets in self._claims.balances.items():
            for asset, amount in assets.items():
                yield account, asset, amount
        for account, symbols in self._owed.borrowed.items():
            for symbol, lenders in symbols.items():
                for lender, shares in lenders.items():
                    yield account, symbol, -shares
                    yield lender, symbol, shares

    def unpaid(self, account: str, currency: str, marks: Mapping[str, int], terms: Mapping[str, Terms]) -> int:
        """The unpaid gain of an account's futures and perpetuals."""
        return sum(
            position.gain(marks[symbol], terms[symbol].multiplier)
            for symbol, position in self._owed.contracts.get(account, {}).items()
            if symbol in marks and terms[symbol].quote == currency
        )


def unit(asset: str, price: int | None, terms: Mapping[str, Terms], currency: str) -> int:
    """The worth of one unit of an asset in a currency; 0 without a price, or for another currency."""
    if asset == currency:
        return 1
    known = terms.get(asset)
    if known is None or known.quote != currency or known.on_margin or price is None:
        return 0
    return price * known.multiplier
