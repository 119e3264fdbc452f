"""A maker whose spread follows volatility: while the reference moves more than its spread is made for, it quotes wider.

Ho and Stoll (1981) and Avellaneda and Stoikov (2008) both widen with volatility: a quote that waits is an option given
away, and its price grows with the size of the steps. The size of a step is measured robustly, as 1.4826 times the
median of the last absolute ones (Hampel 1974), so that one piece of news, however large, is no volatility.
It assumes that the reference is the believed value: a last price also jumps between bid and ask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.strategy import Adapted
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.market_maker import MarketMaker

DEVIATION = 1.4826
"""The standard deviation of normal steps, divided by the median of their absolute values."""
SLACK = 0.2
"""The spread stays while the right one differs by less than this share: each change loses all places in the queue."""


@dataclass
class VolatilityMaker(MarketMaker):
    """A market maker that quotes wider in proportion as the steps of the price grow beyond the usual."""

    made_for_bps: float = 10.0
    """The standard deviation of a step, from one look to the next, up to which it quotes its ordinary spread."""
    window: int = 20
    """How many steps it remembers."""
    _reference: int | None = field(default=None, init=False, repr=False)
    _steps: deque[float] = field(default_factory=deque, init=False, repr=False)
    _ratio: float = field(default=1.0, init=False, repr=False)
    """What the ordinary spread is multiplied by now, also after a change of it from outside."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.made_for_bps <= 0 or self.window < 2:
            raise InputError(
                f"the step that a spread is made for is positive, and a window has 2 or more, found {self}"
            )
        self._steps = deque(maxlen=self.window)

    @property
    def quoted_bps(self) -> int:
        """The spread of the moment."""
        return round(self.spread_bps * self._ratio)

    def decide(self, view: View) -> Iterable[Intent | Adapted]:
        """Measure the last step, say when the spread changes, and quote."""
        market = view.at(self.symbol, self.venue)
        reference = self.reference(market)
        if reference is not None and self._reference is not None:
            self._steps.append(abs(reference / self._reference - 1) * 10_000)
        self._reference = reference
        step = DEVIATION * median(self._steps) if len(self._steps) == self.window else 0.0
        ratio = max(1.0, step / self.made_for_bps)
        right, before = round(self.spread_bps * ratio), self.quoted_bps
        if right != before and (abs(right - before) > SLACK * before or right == self.spread_bps):
            self._ratio, self._centre = ratio, None
            yield Adapted("spread_bps", before, right, self._reason(step, ratio))
        yield from super().decide(view)

    def _reason(self, step: float, ratio: float) -> str:
        """The rule with its figures."""
        measured = f"the last {self.window} steps have a deviation of {step:.1f} bps"
        usual = f"the {self.made_for_bps:g} bps that the spread is made for"
        return f"{measured}, {ratio:.2f} times {usual}" if ratio > 1 else f"{measured}, within {usual}"
