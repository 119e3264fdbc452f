"""A maker that reads the market: wider in wild times, and wider and smaller while it is being picked off.

Regime: the mean absolute step of the last trades, against its own slow average (an exponential one), says whether
times are wild. Toxicity: of its last fills, the share after which the price went against it within one look; this is
the realised-spread idea of Glosten and Milgrom (1985) turned into a warning light. Both only ever widen the quotes.
Each change of spread or size goes into the journal with the figures that caused it.
It assumes that volatility and informed trading come in spells, so that the recent past says something about now.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.reports import Filled
from market_sim.market.agents.strategy import Adapted, WakeAt
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.market_making.quotes import Quote, QuotingMaker, around

CALM, WILD = "calm", "wild"


@dataclass
class AdaptiveMaker(QuotingMaker):
    """A fixed spread that widens when steps become large or fills turn out badly, and goes back when they do not."""

    spread_bps: float = 10.0
    """The full spread in quiet times."""
    window: int = 20
    """How many trades, and how many fills, it remembers."""
    wild_ratio: float = 2.0
    """Times are wild when recent steps are this much larger than usual."""
    toxic_share: float = 0.6
    """Its flow is toxic when more than this share of its fills was followed by a loss."""
    widening: float = 3.0
    """What the spread is multiplied by for each of the two."""
    lean_bps: float = 5.0
    """How far the quotes move when the inventory is at its limit."""
    regime: str = field(default=CALM, init=False)
    is_toxic: bool = field(default=False, init=False)
    _usual: float = field(default=0.0, init=False, repr=False)
    _read: int = field(default=0, init=False, repr=False)
    _open: list[tuple[int, int]] = field(default_factory=list, init=False, repr=False)
    _bad: deque[bool] = field(default_factory=deque, init=False, repr=False)
    _ratio: float = field(default=1.0, init=False, repr=False)
    _told: tuple[float, float] | None = field(default=None, init=False, repr=False)
    """The spread and the size that the journal knows of."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.spread_bps <= 0 or self.window < 2 or self.widening < 1 or not 0 <= self.toxic_share <= 1:
            raise InputError(f"spread and window are positive, a share lies between 0 and 1, found {self}")

    def decide(self, view: View) -> Iterable[Intent | WakeAt | Adapted]:
        """Quote, and say which parameters have changed and why."""
        yield from super().decide(view)
        market = view.at(self.symbol, self.venue)
        chosen = self._chosen(market.lot)
        before = self._told or (self.spread_bps, float(self.size))
        for parameter, old, new in zip(("spread_bps", "size"), before, chosen, strict=True):
            if old != new:
                yield Adapted(parameter, old, new, self._reason())
        self._told = chosen

    def _chosen(self, lot: int) -> tuple[float, float]:
        """The spread and the size of the moment."""
        spread = self.spread_bps * (self.widening if self.regime == WILD else 1.0)
        if not self.is_toxic:
            return spread, float(self.size)
        return spread * self.widening, float(max(lot, self.size // 2 // lot * lot))

    def _reason(self) -> str:
        """The state of both warning lights, with their figures."""
        bad = f"{sum(self._bad)} of the last {len(self._bad)} fills were followed by a loss"
        flow = "toxic" if self.is_toxic else "not toxic"
        steps = f"recent steps are {self._ratio:.1f} times the usual ones"
        return f"times are {self.regime}: {steps}; the flow is {flow}: {bad}"

    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """The spread of the moment, around a centre that leans against the inventory."""
        self._look_at_steps(market)
        self._look_at_fills(view, reference)
        spread, size = self._chosen(market.lot)
        centre = reference * (1 - self.lean_bps / 10_000 * away / self.max_position)
        return around(centre, reference * spread / 20_000, int(size))

    def _look_at_steps(self, market: InstrumentView) -> None:
        """Whether recent trades lie further apart than they used to."""
        fresh = len(market.prices) - self._read
        recent = market.prices[-self.window - 1 :]
        if not fresh or len(recent) <= self.window:
            return
        self._read = len(market.prices)
        now = sum(abs(after - before) for before, after in pairwise(recent)) / self.window
        self._usual = self._usual or now
        self._ratio = now / self._usual if self._usual else 1.0
        # Twice as sure to leave a regime as to enter it, so that it does not flicker.
        bound = self.wild_ratio if self.regime == CALM else (1 + self.wild_ratio) / 2
        self.regime = WILD if now > bound * self._usual else CALM
        self._usual += (now - self._usual) * min(1.0, fresh / (10 * self.window))

    def _look_at_fills(self, view: View, reference: float) -> None:
        """Whether the price went against it after its fills."""
        for price, side in self._open:
            self._bad.append(side * (reference - price) < 0)
        while len(self._bad) > self.window:
            self._bad.popleft()
        self._open = [
            (report.price, report.side)
            for report in view.reports
            if isinstance(report, Filled) and report.symbol == self.symbol
        ]
        enough = len(self._bad) >= max(4, self.window // 4)
        self.is_toxic = enough and sum(self._bad) > self.toxic_share * len(self._bad)
