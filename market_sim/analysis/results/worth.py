"""What accounts are worth as a run goes on: what they hold and have claims on, less what they owe, at given marks.

What was lent, borrowed or pledged counts for whoever gave it, and what a future or a perpetual has gained and not yet
paid counts as if it were paid. Read event by event, so that one pass answers for any number of moments.
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
"""Transfers that change who holds something, and not whose it is."""


ORDERS = frozenset({OrderAccepted, OrderCancelled, OrderAmended, OrderRejected})
"""What happens to an order moves nothing by itself, and most events of a run are of this kind."""


def without_orders(events: Iterable[Event]) -> list[Event]:
    """The events that may change what anybody is worth."""
    return [event for event in events if type(event) not in ORDERS]


class Worth:
    """The accounts of a run so far."""

    def __init__(self) -> None:
        self._held, self._claims, self._owed = Fold(), Fold(), Liabilities()

    def read(self, event: Event) -> None:
        """Let one event have its effect."""
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
        """By account: every asset with what is lent or pledged of it, less what is borrowed."""
        found = {account: dict(assets) for account, assets in self._held.balances.items()}
        for account, asset, amount in self._owing():
            mine = found.setdefault(account, {})
            mine[asset] = mine.get(asset, 0) + amount
        return found

    def in_currency(
        self, currency: str, marks: Mapping[str, int], terms: Mapping[str, Terms]
    ) -> Iterator[tuple[str, int]]:
        """What each account is worth in one currency."""
        units = {asset: unit(asset, marks.get(asset), terms, currency) for asset in (currency, *terms)}
        owing: dict[str, int] = {}
        for account, asset, amount in self._owing():
            owing[account] = owing.get(account, 0) + amount * units.get(asset, 0)
        for account, assets in self._held.balances.items():
            worth = sum(amount * units.get(asset, 0) for asset, amount in assets.items()) + owing.get(account, 0)
            yield account, worth + self.unpaid(account, currency, marks, terms)

    def _owing(self) -> Iterator[tuple[str, str, int]]:
        """What somebody has a claim on (positive) or owes: account, asset, amount."""
        for account, assets in self._claims.balances.items():
            for asset, amount in assets.items():
                yield account, asset, amount
        for account, symbols in self._owed.borrowed.items():
            for symbol, lenders in symbols.items():
                for lender, shares in lenders.items():
                    yield account, symbol, -shares
                    yield lender, symbol, shares

    def unpaid(self, account: str, currency: str, marks: Mapping[str, int], terms: Mapping[str, Terms]) -> int:
        """What the account's contracts have gained and not yet paid."""
        return sum(
            position.gain(marks[symbol], terms[symbol].multiplier)
            for symbol, position in self._owed.contracts.get(account, {}).items()
            if symbol in marks and terms[symbol].quote == currency
        )


def unit(asset: str, price: int | None, terms: Mapping[str, Terms], currency: str) -> int:
    """What one unit of an asset is worth in a currency: nothing where no price is known, or for another currency."""
    if asset == currency:
        return 1
    known = terms.get(asset)
    if known is None or known.quote != currency or known.on_margin or price is None:
        return 0
    return price * known.multiplier
