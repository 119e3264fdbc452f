"""Initial margin only: an account needs cash for a fixed part of its largest possible position (rulebook F-2.5).

A trade in a future or a perpetual moves no cash, so a margin limits the positions of an account: IM = N / L, a part of
the value of the position with open orders filled in the worst way. This mechanism has no maintenance margin and no
margin calls; `MarginAccounts` has both. Instruments that are paid at once still need the cash.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.intents import BUY, SELL, Amend, PlaceOrder
from market_sim.core.units import BPS
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.marks import Marks


class InitialMargin(Mechanism):
    """Lets some accounts trade on margin, with cash for `rate_bps` of their worst case."""

    name: ClassVar[str] = "initial margin"

    def __init__(self, accounts: Iterable[str], marks: Marks, rate_bps: int = 1_000) -> None:
        super().__init__()
        if type(rate_bps) is not int or not 0 < rate_bps <= BPS:
            raise InputError(f"the margin is from 1 to {BPS} bps of the value, found {rate_bps!r}")
        self.names = tuple(accounts)
        self.marks = marks
        self.rate_bps = rate_bps

    def begin(self) -> None:
        """Grant margin to the named accounts."""
        for name in self.names:
            if name not in self.exchange.accounts:
                raise InputError(f"there is no account {name!r} that could get margin")
            self.ledger.grant_margin(name, self.exchange.name)
        self.exchange.add_gate(self)

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Refuse an order that the account's cash does not cover; one that only reduces a position always passes."""
        if account.name not in self.names:
            return
        leaving: Order | None = None
        if isinstance(intent, Amend):
            leaving = account.open[intent.order]
            side, left = leaving.side, quantity - leaving.filled
            if limit == (leaving.cap or leaving.limit) and left <= leaving.remaining:
                return  # the order only becomes smaller
        else:
            side, left = intent.side, quantity
        if not listing.on_margin:
            self._pays_at_once(account, listing, side, limit, left, leaving)
            return
        held = account.balance(listing.symbol).total
        before, after = worst_case(account, listing, leaving), worst_case(account, listing, leaving, side, left)
        if after <= before or (held * side < 0 and after <= abs(held)):
            return
        price = max(limit, self.marks.mark(listing) or 0)
        value = after * price * listing.instrument.multiplier
        others = sum(
            worst_case(account, other) * (self.marks.mark(other) or 0) * other.instrument.multiplier
            for other in self.exchange.listings.values()
            if other.on_margin and other is not listing
        )
        needed = -(-(value + others) * self.rate_bps // BPS)
        available = account.balance(listing.quote).available
        if available < needed:
            raise RuleViolation("INITIAL_MARGIN", value=value + others, needed=needed, available=available)

    def _pays_at_once(
        self, account: Member, listing: Listing, side: int, limit: int, left: int, leaving: Order | None
    ) -> None:
        balance = account.balance(listing.quote if side == BUY else listing.symbol)
        cash = limit * left * listing.multiplier
        needed = left if side == SELL else cash + (0 if listing.free else listing.fees.most(cash))
        available = balance.available
        if leaving is not None:
            available += leaving.held if side == BUY else leaving.remaining
        if available < needed:
            reason = "INSUFFICIENT_CASH" if side == BUY else "INSUFFICIENT_HOLDINGS"
            raise RuleViolation(reason, needed=needed, available=available)


def worst_case(account: Member, listing: Listing, leaving: Order | None = None, side: int = 0, more: int = 0) -> int:
    """The largest position, long or short, that the open orders (without `leaving`) and a further one could give."""
    waiting = {BUY: 0, SELL: 0}
    for order in account.open.values():
        if order is not leaving and order.intent.symbol == listing.symbol:
            waiting[order.side] += order.remaining
    if side:
        waiting[side] += more
    held = account.balance(listing.symbol).total
    return max(abs(held + waiting[BUY]), abs(held - waiting[SELL]))
