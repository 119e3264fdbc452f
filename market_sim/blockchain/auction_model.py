"""The model of a call auction on the chain: the rules of `CallAuction.sol` in Python.

It holds exact integers and no tokens. The in-memory chain runs it as the contract; beside the compiled contract it is
the twin, which repeats every call. Its price is found by the exchange's own function (rulebook F-1.6), so the rule of
the exchange and the one in Solidity check each other. Errors have the contract's order and names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.market.exchange.auction import Interest, find_price

MOST: Final = 32
"""The orders that an auction takes, cancelled ones too, so that its price costs a bounded amount of gas."""


class AuctionTerms(NamedTuple):
    """The terms of an auction: the price that decides a tie, and the settled epoch from which it is held."""

    reference: int
    closes: int


@dataclass
class AuctionOrder:
    """An order, which is cancelled or waits for the auction."""

    owner: str
    is_buy: bool
    price: int
    quantity: int
    is_cancelled: bool = False

    @property
    def locked(self) -> int:
        """What a buyer locks of the money, and a seller of the asset."""
        return self.quantity * self.price if self.is_buy else self.quantity

    @property
    def interest(self) -> Interest:
        """The order as the auction of the exchange sees it."""
        return Interest(self.price, self.quantity)


@dataclass
class AuctionModel:
    """The orders of an auction, what is locked behind them, and its result."""

    terms: AuctionTerms
    isHeld: bool = False
    price: int = 0
    volume: int = 0
    baseHeld: int = 0
    quoteHeld: int = 0
    baseOf: dict[str, int] = field(default_factory=dict)
    quoteOf: dict[str, int] = field(default_factory=dict)
    orders: list[AuctionOrder] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.terms.reference or not self.terms.closes:
            reference, closes = self.terms
            raise ChainReverted("BadAuction", {"referencePrice": reference, "closes": closes})

    @property
    def count(self) -> int:
        """The number of orders so far, which is the number of the last one."""
        return len(self.orders)

    def buy(self, caller: str, settled: int, price: int, quantity: int) -> Numbers:
        """Lock the money for a quantity at most at this price."""
        return self._place(settled, AuctionOrder(caller, True, price, quantity))

    def sell(self, caller: str, settled: int, price: int, quantity: int) -> Numbers:
        """Lock a quantity to sell at least at this price."""
        return self._place(settled, AuctionOrder(caller, False, price, quantity))

    def cancel(self, caller: str, settled: int, order: int) -> Numbers:
        """Release what an order has locked."""
        if not 0 < order <= self.count:
            raise ChainReverted("UnknownOrder", {"order": order})
        found = self.orders[order - 1]
        if found.owner != caller:
            raise ChainReverted("NotYourOrder", {"order": order, "owner": found.owner})
        if found.is_cancelled:
            raise ChainReverted("CancelledBefore", {"order": order})
        self._check_open(settled)
        found.is_cancelled = True
        self._lock(found, -1)
        return {"owner": caller, "order": order, "released": found.locked}

    def hold(self, settled: int) -> Numbers:
        """Trade all that can trade at one price; nothing is paid before its owner collects it."""
        if self.isHeld:
            raise ChainReverted("HeldBefore")
        if settled < self.terms.closes:
            raise ChainReverted("StillOpen", {"closes": self.terms.closes, "settled": settled})
        self.isHeld = True
        waiting = [order for order in self.orders if not order.is_cancelled]
        # Sorting keeps the order of the numbers among equal limits.
        buys = sorted((order for order in waiting if order.is_buy), key=lambda order: -order.price)
        sells = sorted((order for order in waiting if not order.is_buy), key=lambda order: order.price)
        found = find_price(
            [order.interest for order in buys], [order.interest for order in sells], self.terms.reference
        )
        if found is None:
            return {"price": 0, "volume": 0, "bought": 0, "sold": 0}
        self.price, self.volume = found.price, found.volume
        for side, sign in ((buys, 1), (sells, -1)):
            self._fill(side, sign)
        bought, sold = self.volume + max(found.surplus, 0), self.volume + max(-found.surplus, 0)
        return {"price": self.price, "volume": self.volume, "bought": bought, "sold": sold}

    def collect(self, caller: str) -> Numbers:
        """Pay the caller all that it has here."""
        if not self.isHeld:
            raise ChainReverted("NotHeld")
        base, quote = self.baseOf.get(caller, 0), self.quoteOf.get(caller, 0)
        if not base and not quote:
            raise ChainReverted("NothingToCollect")
        self.baseOf[caller] = self.quoteOf[caller] = 0
        self.baseHeld -= base
        self.quoteHeld -= quote
        return {"owner": caller, "base": base, "quote": quote}

    def _place(self, settled: int, order: AuctionOrder) -> Numbers:
        if not order.price or not order.quantity:
            raise ChainReverted("NothingToTrade")
        self._check_open(settled)
        if self.count >= MOST:
            raise ChainReverted("Full", {"most": MOST})
        self.orders.append(order)
        self._lock(order, 1)
        placed: Numbers = {"owner": order.owner, "order": self.count, "price": order.price, "quantity": order.quantity}
        return placed | {"locked": order.locked}

    def _check_open(self, settled: int) -> None:
        if settled >= self.terms.closes:
            raise ChainReverted("Closed", {"closes": self.terms.closes, "settled": settled})

    def _lock(self, order: AuctionOrder, sign: int) -> None:
        amount = sign * order.locked
        if order.is_buy:
            self.quoteHeld += amount
            self.quoteOf[order.owner] = self.quoteOf.get(order.owner, 0) + amount
        else:
            self.baseHeld += amount
            self.baseOf[order.owner] = self.baseOf.get(order.owner, 0) + amount

    def _fill(self, side: list[AuctionOrder], sign: int) -> None:
        """Give the volume to one side by its priority; `sign` is 1 for buyers, who get the asset for money."""
        left = self.volume
        for order in side:
            filled = min(order.quantity, left)
            left -= filled
            self.baseOf[order.owner] = self.baseOf.get(order.owner, 0) + sign * filled
            self.quoteOf[order.owner] = self.quoteOf.get(order.owner, 0) - sign * filled * self.price
