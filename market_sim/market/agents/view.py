"""The view: everything that a strategy sees when it decides. It is read only, and holds nothing of the future.

A view shares no mutable state: its attributes cannot be set, and its lists are copies or immutable sequences. (Names
with an underscore are private by convention; untrusted code runs in a process of its own, market_sim/course/isolation.)

A test makes a view by hand:

>>> view = View({"ACME": InstrumentView("ACME", prices=[100, 101, 99], bid=98, ask=100)}, cash=5_000)
>>> view["ACME"].prices[-2:], view["ACME"].spread, view.cash
([101, 99], 2, 5000)

In a running market the same classes answer from the books (`LiveView`) and copy only what a strategy reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.market.agents.past import Prices, SeenTrade, Trades
from market_sim.market.agents.reports import Report

__all__ = ["Depth", "InstrumentView", "OwnOrder", "Prices", "ReadOnly", "SeenTrade", "Trades", "View"]


class OwnOrder(NamedTuple):
    """One of your open orders."""

    id: int
    symbol: str
    side: int
    limit: int
    remaining: int
    venue: str = ""
    """Where it waits, if there are several venues."""


Depth = tuple[list[tuple[int, int]], list[tuple[int, int]]]


class ReadOnly:
    """Attributes can be set once, during construction, and never again."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(self, name):
            raise AttributeError(f"a view is read only: {name} cannot be changed")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a view is read only: {name} cannot be deleted")


NEWEST: Any = object()
"""Instead of a last price: the newest of the prices, which are those of all venues."""


class InstrumentView(ReadOnly):
    """The market data of one instrument; prices are whole numbers of the smallest unit of its currency."""

    FACTS = ("last", "bid", "ask", "position", "value", "tick", "lot", "phase")
    """The attributes with one plain value, named like the constructor's arguments, for copies to another process."""
    PAST = ("prices", "trades")
    """The attributes that only grow: another process gets only their new entries."""

    __slots__ = (
        "_ask", "_bid", "_depth", "_instrument", "_last", "_phase", "_position", "_prices", "_trades", "_value", "lot",
        "symbol", "tick",
    )  # fmt: skip

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
        trades: Sequence[SeenTrade] = (),
        phase: str = "continuous",
        instrument: Any = None,
        last: int | None = NEWEST,
    ) -> None:
        self.symbol = symbol
        self._prices = prices if isinstance(prices, Prices) else Prices(tuple(prices), len(prices))
        self._last = last if last is not NEWEST else self._prices[-1] if self._prices else None
        self._bid, self._ask = bid, ask
        self._position = position
        self._value = value
        self.tick = tick
        self.lot = lot
        self._depth = tuple(depth[0]), tuple(depth[1])
        self._trades = trades if isinstance(trades, Trades) else Trades(tuple(trades))
        self._phase = phase
        self._instrument = instrument

    @property
    def prices(self) -> Sequence[int]:
        """The price of every trade so far, oldest first."""
        return self._prices

    @property
    def trades(self) -> Sequence[SeenTrade]:
        """Every trade so far with its time, price, quantity and side, oldest first."""
        return self._trades

    @property
    def last(self) -> int | None:
        """The price of the last trade here; after a split, what it is in present terms."""
        return self._last

    @property
    def bid(self) -> int | None:
        """The best displayed bid."""
        return self._bid

    @property
    def ask(self) -> int | None:
        """The best displayed ask."""
        return self._ask

    @property
    def bid_size(self) -> int | None:
        """The quantity displayed at the best bid."""
        bids, _ = self.depth(1)
        return bids[0][1] if bids else None

    @property
    def ask_size(self) -> int | None:
        """The quantity displayed at the best ask."""
        _, asks = self.depth(1)
        return asks[0][1] if asks else None

    @property
    def phase(self) -> str:
        """The phase: continuous (orders trade), call (orders collect for an auction), halted or closed."""
        return self._phase

    @property
    def instrument(self) -> Any:
        """The present terms (a split changes those of an option); None in the separate process of student code."""
        return self._instrument

    @property
    def spread(self) -> int | None:
        """The best ask less the best bid."""
        bid, ask = self.bid, self.ask
        return None if bid is None or ask is None else ask - bid

    @property
    def position(self) -> int:
        """Your position."""
        return self._position

    @property
    def value(self) -> int | None:
        """The believed value, if the scenario publishes one."""
        return self._value

    def depth(self, levels: int = 10) -> Depth:
        """The best bids and the best asks as (price, displayed quantity), best first."""
        bids, asks = self._depth
        return list(bids[:levels]), list(asks[:levels])


class View(ReadOnly):
    """The market as one participant sees it at one moment."""

    FACTS = ("cash", "time")
    """The attributes with one plain value."""

    __slots__ = ("_balances", "_cash", "_instruments", "_on_venues", "_orders", "_reports", "_time", "random")

    def __init__(
        self,
        instruments: Mapping[str, InstrumentView],
        cash: int = 0,
        time: int = 0,
        orders: Sequence[OwnOrder] = (),
        random: Stream | None = None,
        on_venues: Mapping[tuple[str, str], InstrumentView] | None = None,
        reports: Sequence[Report] = (),
        balances: Mapping[str, int] | None = None,
    ) -> None:
        self._instruments = dict(instruments)
        self._on_venues = dict(on_venues or {})
        self._cash = cash
        self._time = time
        self._orders = tuple(orders)
        self._reports = tuple(reports)
        self._balances = dict(balances or {})
        self.random = random or Stream(0)
        """Your own random stream: it is yours alone and repeats with the seed."""

    def __getitem__(self, symbol: str | tuple[str, str]) -> InstrumentView:
        """An instrument on the first venue that listed it, or, as `view["ACME", "SIM-NYSE"]`, on a named venue."""
        found = self._instruments.get(symbol) if isinstance(symbol, str) else self._on_venues.get(symbol)
        if found is None:
            listed = ", ".join((*self._instruments, *(" on ".join(place) for place in self._on_venues)))
            raise InputError(f"there is no instrument {symbol!r} here; the instruments are {listed}")
        return found

    def at(self, symbol: str, venue: str = "") -> InstrumentView:
        """An instrument on this venue; with an empty name, on the first venue that listed it."""
        found = None if venue else self._instruments.get(symbol)
        return found or self[(symbol, venue) if venue else symbol]

    @property
    def symbols(self) -> tuple[str, ...]:
        """All instruments that can be traded."""
        return tuple(self._instruments)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Every instrument and named venue on which it can be traded, for `view["ACME", "SIM-NYSE"]`."""
        return tuple(self._on_venues)

    @property
    def time(self) -> int:
        """The simulated time in nanoseconds."""
        return self._time

    @property
    def cash(self) -> int:
        """The cash that no open order reserves."""
        return self._cash

    @property
    def orders(self) -> Sequence[OwnOrder]:
        """Your open orders, oldest first."""
        return self._orders

    @property
    def reports(self) -> Sequence[Report]:
        """What happened to your orders and your account since you last looked, oldest first."""
        return self._reports

    @property
    def assets(self) -> tuple[str, ...]:
        """Every currency and instrument that you hold or held."""
        return tuple(self._balances)

    def balance(self, asset: str) -> int:
        """The amount of a currency or an instrument that no open order reserves."""
        return self._balances.get(asset, 0)
