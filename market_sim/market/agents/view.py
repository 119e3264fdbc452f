"""The view: all that a strategy may see when it decides. It is read only, and it knows nothing of the future.

A test makes one by hand:

>>> view = View({"ACME": InstrumentView("ACME", prices=[100, 101, 99], bid=98, ask=100)}, cash=5_000)
>>> view["ACME"].prices[-2:], view["ACME"].spread, view.cash
([101, 99], 2, 5000)

A running market makes the same classes answer from its books (`LiveView`), without copying anything that nobody asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream


class OwnOrder(NamedTuple):
    """One of your open orders."""

    id: int
    symbol: str
    side: int
    limit: int
    remaining: int


Depth = tuple[list[tuple[int, int]], list[tuple[int, int]]]


class InstrumentView:
    """What can be seen of one instrument; prices are whole numbers of its smallest unit."""

    def __init__(
        self,
        symbol: str,
        prices: Sequence[int] = (),
        bid: int | None = None,
        ask: int | None = None,
        position: int = 0,
        value: int | None = None,
        tick: int = 1,
        lot: int = 1,
        depth: Depth = ([], []),
    ) -> None:
        self.symbol = symbol
        self._prices = prices
        self._bid, self._ask = bid, ask
        self._position = position
        self._value = value
        self.tick = tick
        self.lot = lot
        self._depth = depth

    @property
    def prices(self) -> Sequence[int]:
        """The price of every trade so far, oldest first."""
        return self._prices

    @property
    def last(self) -> int | None:
        """The price of the last trade."""
        return self.prices[-1] if self.prices else None

    @property
    def bid(self) -> int | None:
        """The best shown price that somebody pays."""
        return self._bid

    @property
    def ask(self) -> int | None:
        """The best shown price that somebody asks."""
        return self._ask

    @property
    def spread(self) -> int | None:
        """What lies between the best ask and the best bid."""
        bid, ask = self.bid, self.ask
        return None if bid is None or ask is None else ask - bid

    @property
    def position(self) -> int:
        """How much of it you hold."""
        return self._position

    @property
    def value(self) -> int | None:
        """What it is believed to be worth, if the scenario lets such a value be known."""
        return self._value

    def depth(self, levels: int = 10) -> Depth:
        """The best bids and the best asks as (price, shown quantity), best first."""
        bids, asks = self._depth
        return bids[:levels], asks[:levels]


class View:
    """The market as one participant sees it at one moment."""

    def __init__(
        self,
        instruments: Mapping[str, InstrumentView],
        cash: int = 0,
        time: int = 0,
        orders: Sequence[OwnOrder] = (),
        random: Stream | None = None,
    ) -> None:
        self._instruments = instruments
        self._cash = cash
        self._time = time
        self._orders = orders
        self.random = random or Stream(0)
        """Your own source of chance: it belongs to you alone and repeats with the seed."""

    def __getitem__(self, symbol: str) -> InstrumentView:
        try:
            return self._instruments[symbol]
        except KeyError:
            listed = ", ".join(self._instruments)
            raise InputError(f"there is no instrument {symbol!r} here; there is {listed}") from None

    @property
    def symbols(self) -> tuple[str, ...]:
        """All instruments that can be traded."""
        return tuple(self._instruments)

    @property
    def time(self) -> int:
        """The simulated time in nanoseconds."""
        return self._time

    @property
    def cash(self) -> int:
        """The cash that no open order holds back."""
        return self._cash

    @property
    def orders(self) -> Sequence[OwnOrder]:
        """Your open orders, oldest first."""
        return self._orders
