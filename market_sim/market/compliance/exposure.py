"""The exposure of an account: its worst case with all open orders, at the mark, over all instruments and venues.

>>> worst_case(50, buys=30, sells=100), worst_case(-20, buys=10, sells=5)
(80, 25)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY, Amend, PlaceOrder
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member


def worst_case(position: int, buys: int, sells: int) -> int:
    """The larger of the two positions that one side's open orders would give, if all of them traded."""
    return max(abs(position + buys), abs(position - sells))


def check_limit(most: int, before: int, after: int) -> None:
    """Refuse what takes an exposure above the limit; the limit itself is allowed, and so is any reduction.

    >>> check_limit(100, before=90, after=100), check_limit(100, before=150, after=140)
    (None, None)
    """
    if after > most and after > before:
        raise RuleViolation("POSITION_LIMIT", exposure=after, most=most, headroom=max(0, most - before))


class Exposures:
    """Adds up the exposure of an account from its members on all venues."""

    def __init__(self, venues: Sequence[Exchange], mark: Callable[[Listing], int | None]) -> None:
        self._venues = venues
        self._mark = mark

    def check(
        self,
        most: int,
        account: Member,
        listing: Listing,
        intent: PlaceOrder | Amend,
        side: int,
        limit: int,
        quantity: int,
    ) -> None:
        """Refuse an order or an amendment that would take the account above its limit."""
        symbol = listing.symbol
        leaving = account.open[intent.order] if isinstance(intent, Amend) else None
        waiting = {symbol: [0, 0]}
        for venue in self._venues:
            for order in venue.accounts[account.name].open.values():
                row = waiting.get(order.symbol)
                if row is None:
                    row = waiting[order.symbol] = [0, 0]
                row[order.side == BUY] += order.remaining
        here = self._mark(listing) or limit
        sells, buys = waiting.pop(symbol)
        held = account.balance(symbol).total
        present = worst_case(held, buys, sells)
        added = quantity if leaving is None else quantity - leaving.filled - leaving.remaining
        if side == BUY:
            buys += added
        else:
            sells += added
        wanted = worst_case(held, buys, sells)
        if wanted <= present:
            return
        others = self._others(account, symbol, waiting)
        value = here * listing.multiplier
        check_limit(most, others + present * value, others + wanted * value)

    def _others(self, account: Member, symbol: str, waiting: dict[str, list[int]]) -> int:
        """The exposure in all instruments but this one."""
        total, seen = 0, {symbol}
        for venue in self._venues:
            for other, (listing, _, holdings) in venue.accounts[account.name].seats.items():
                if other in seen:
                    continue
                seen.add(other)
                sells, buys = waiting.get(other, (0, 0))
                worst = worst_case(holdings.total, buys, sells)
                if worst:
                    total += worst * (self._mark(listing) or 0) * listing.multiplier
        return total
