"""The arbitrageur between a pool and a book: it trades with a pool on the chain and closes the position in the book.

A call of a contract waits until its block is final, so the pool's leg comes first, with a limit at which the book's leg
still pays; the book's leg follows when the chain reports the call. In between the book can move: that is the risk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, CallContract, Intent, PlaceOrder
from market_sim.core.units import BPS
from market_sim.market.agents.reports import CallDone, Filled, Refused
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.constant_product import best_purchase, best_sale

LEVELS = 20
"""How far it looks into the book."""
Levels = Sequence[tuple[int, int]]
"""Prices with their quantities, the best first."""
Best = Callable[[int, int, int, float, int], int]
"""The quantity, up to a most, at which the next unit of a pool is worth less than a value."""


class Pool(Protocol):
    """What anybody can read of a pool on the chain."""

    name: str
    base: str
    fee_bps: int

    @property
    def reserves(self) -> tuple[int, int]:
        """The asset and the money in it."""


@dataclass
class PoolArbitrage(Strategy):
    """Buys from a pool what the book pays more for, and sells to it what the book offers for less."""

    pool: Pool
    taker_bps: float = 0.0
    """The fee that it pays in the book."""
    size: int = 100
    """The most that it trades at once."""
    _waits: bool = field(default=False, init=False, repr=False)
    _without_chain: bool = field(default=False, init=False, repr=False)
    _to_close: int = field(default=0, init=False, repr=False)
    """What has to be bought (positive) or sold in the book to close the position."""

    def __post_init__(self) -> None:
        if self.size <= 0 or not 0 <= self.taker_bps < BPS:
            raise InputError(f"an arbitrageur has a positive size and a fee below 100 %, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Close what is open; otherwise call the pool if that pays."""
        self._read(view)
        market = view[self.pool.base]
        bid, ask = market.bid, market.ask
        if bid is None or ask is None or self._without_chain:
            return
        if self._to_close:
            side, limit = (BUY, ask) if self._to_close > 0 else (SELL, bid)
            yield PlaceOrder(self.pool.base, side, abs(self._to_close), limit, "ioc")
        elif not self._waits:
            call = self._call(*market.depth(LEVELS))
            if call is not None:
                self._waits = True
                yield call

    def _call(self, bids: Levels, asks: Levels) -> CallContract | None:
        """The call that moves the pool's price to the book's, as far as every unit of it pays."""
        reserves = self.pool.reserves
        if not all(reserves):
            return None
        received = [(price * (1 - self.taker_bps / BPS), quantity) for price, quantity in bids]
        quantity = self._as_far_as_it_pays(best_purchase, reserves, received)
        if quantity:
            return CallContract(self.pool.name, "buy", (quantity, math.floor(_value(received, quantity))))
        paid = [(price * (1 + self.taker_bps / BPS), quantity) for price, quantity in asks]
        quantity = self._as_far_as_it_pays(best_sale, reserves, paid)
        if quantity:
            return CallContract(self.pool.name, "sell", (quantity, math.ceil(_value(paid, quantity))))
        return None

    def _as_far_as_it_pays(self, best: Best, reserves: tuple[int, int], levels: list[tuple[float, int]]) -> int:
        """The largest quantity whose last unit pays at the level of the book that it reaches."""
        most = there = 0
        for value, quantity in levels:
            there = min(self.size, there + quantity)
            most = max(most, best(*reserves, self.pool.fee_bps, value, there))
        return most

    def _read(self, view: View) -> None:
        """Follow the calls and the fills in the reports."""
        for report in view.reports:
            if isinstance(report, CallDone) and report.contract == self.pool.name:
                self._waits = False
                if report.succeeded:
                    self._to_close += _bought(report.function, report.numbers)
            elif isinstance(report, Filled) and report.symbol == self.pool.base:
                self._to_close -= report.side * report.quantity
            elif isinstance(report, Refused) and report.reason == "NO_WALLET":
                self._without_chain = True


def _value(levels: list[tuple[float, int]], quantity: int) -> float:
    """What this quantity is worth at these levels, the first ones first."""
    total = 0.0
    for value, there in levels:
        traded = min(quantity, there)
        total += traded * value
        quantity -= traded
    return total


def _bought(function: str, numbers: Mapping[str, int | str]) -> int:
    """The change of the book position that closes a trade with the pool."""
    base = int(numbers["base"])
    return -base if function == "buy" else base
