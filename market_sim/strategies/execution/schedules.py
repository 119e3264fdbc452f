"""Execution schedules: TWAP, VWAP and the trajectory of Almgren and Chriss (2000) (rulebook F-4.3 and F-4.4).

A schedule says how much is to be done by when; a slice that is due is taken at the best price, and what was not there
is tried again at the next wake-up. The quantities of the slices add up to the order, exactly. The schedules assume
that the market can be taken from at any time; none of them looks where the price goes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent
from market_sim.core.units import SECOND
from market_sim.market.agents.strategy import Parameters, Remark, Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.execution import Impact, in_lots, trajectory
from market_sim.strategies.traditional.taking import towards


@dataclass
class Scheduled(Strategy):
    """An order that is worked off in slices between a start and an end."""

    symbol: str = "ACME"
    side: int = SELL
    quantity: int = 100
    start_s: float = 1.0
    end_s: float = 6.0
    slices: int = 10
    venue: str = ""
    _first: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.side not in (BUY, SELL) or self.quantity < 1 or self.slices < 1 or not 0 <= self.start_s < self.end_s:
            raise InputError(f"an order has a side, a quantity, slices, and a start before its end, found {self}")

    @abstractmethod
    def weights(self) -> Sequence[float]:
        """How large each slice is, in proportion."""

    def children(self, lot: int = 1) -> list[int]:
        """The quantity of each slice, in whole lots."""
        return in_lots(self.weights(), self.quantity, lot)

    def due(self, time: int, lot: int = 1) -> int:
        """How much is to be done by this time: a slice is due at the beginning of its part of the time."""
        length = (self.end_s - self.start_s) * SECOND / self.slices
        passed = (time - self.start_s * SECOND) / length
        if passed < 0:
            return 0
        return [*accumulate(self.children(lot))][min(int(passed), self.slices - 1)]

    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Take what is due and not done."""
        market = view.at(self.symbol, self.venue)
        if self._first is None:
            self._first = market.position
        wanted = self._first + self.side * self.due(view.time, market.lot)
        if self.side * (wanted - market.position) > 0:
            yield from towards(view, market, wanted, self.quantity, self.venue)


@dataclass
class Twap(Scheduled):
    """The same quantity in every slice: the benchmark is the mean price over the time."""

    def weights(self) -> Sequence[float]:
        """All the same."""
        return [1.0] * self.slices


@dataclass
class Vwap(Scheduled):
    """Slices in proportion to the volume that is expected: the benchmark is the volume-weighted price."""

    curve: tuple[float, ...] = (1.5, 1.2, 1.0, 0.8, 0.7, 0.7, 0.8, 1.0, 1.2, 1.5)
    """The volume that is expected in each slice: much at the open and at the close."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.curve) != self.slices or min(self.curve) < 0 or not sum(self.curve):
            raise InputError(f"the curve has a volume for each of {self.slices} slices, found {self.curve}")

    def weights(self) -> Sequence[float]:
        """The curve."""
        return self.curve

    def described(self) -> tuple[str, Parameters]:
        """With the curve, so that the schedule can be drawn beside what was done."""
        kind, told = super().described()
        return kind, {**told, "curve": " ".join(f"{volume:g}" for volume in self.curve)}


@dataclass
class AlmgrenChriss(Scheduled):
    """Early slices larger than late ones: less risk for more impact, by the trader's risk aversion."""

    risk_aversion: float = 2e-3
    """Lambda: what one unit of variance costs in units of money."""
    sigma: float = 10.0
    """In cents for the root of a second."""
    eta: float = 0.5
    """Temporary impact, in cents for a share a second."""
    permanent: float = 0.0
    """Permanent impact (gamma), in cents for a share."""

    def weights(self) -> Sequence[float]:
        """What the best trajectory sells in each slice."""
        impact = Impact(self.sigma, self.eta, self.permanent)
        held = trajectory(self.quantity, self.slices, self.end_s - self.start_s, impact, self.risk_aversion)
        return [before - after for before, after in pairwise(held)]
