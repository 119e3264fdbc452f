"""The exposure of an account: its worst case with all open orders, at the mark, over all instruments and venues.

>>> worst_case(50, buys=30, sells=100), worst_case(-20, buys=10, sells=5)
(80, 25)

The exact sum looks at every open order, which is too much work for each new one. A fill never makes a worst case larger
(what is bought was an open buy), nor does a cancel; only a new order does, by at most its quantity. So while the marks
stay below a ceiling, an account may use up its headroom at those ceilings before it has to be added up again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY, Amend, PlaceOrder
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Member

Worst = dict[str, tuple[int, Listing]]
"""The worst case of an account by instrument."""


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
    """Adds up the exposure of an account over all venues."""

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
    ) -> Worst:
        """Refuse an order or an amendment that would take the account above its limit; else its worst case with it."""
        leaving = account.open[intent.order] if isinstance(intent, Amend) else None
        added = quantity if leaving is None else quantity - leaving.filled - leaving.remaining
        now = self._worst(account, listing, 0, side)
        wanted = self._worst(account, listing, added, side)
        check_limit(most, self._value(now, listing, limit), self._value(wanted, listing, limit))
        return wanted

    def _value(self, worst: Worst, listing: Listing, limit: int) -> int:
        total = 0
        for quantity, each in worst.values():
            if quantity:
                price = self._mark(each) or (limit if each is listing else 0)
                total += quantity * price * each.multiplier
        return total

    def _worst(self, account: Member, listing: Listing, added: int, side: int) -> Worst:
        """The worst case in each instrument, exactly, with this much added on one side of one of them."""
        waiting: dict[str, list[int]] = {listing.symbol: [0, 0]}
        waiting[listing.symbol][side == BUY] = added
        listings: dict[str, Listing] = {listing.symbol: listing}
        for venue in self._venues:
            member = venue.accounts[account.name]
            for order in member.open.values():
                row = waiting.setdefault(order.symbol, [0, 0])
                row[order.side == BUY] += order.remaining
            for symbol, (each, _, _) in member.seats.items():
                listings.setdefault(symbol, each)
        worst: Worst = {}
        for symbol, each in listings.items():
            sells, buys = waiting.get(symbol, (0, 0))
            worst[symbol] = worst_case(account.balance(symbol).total, buys, sells), each
        return worst
