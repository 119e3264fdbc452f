"""What the learners of prices look at: the middle of the quotes, and how far it lies from its own slow average."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.market.agents.view import InstrumentView


@dataclass
class SlowAverage:
    """The middle now, and its deviation from an exponential average of the past, in basis points."""

    memory: float = 60.0
    """How many wake-ups the average reaches back."""
    level: float | None = None
    looks: int = 0

    def deviation_bps(self, middle: float) -> float | None:
        """How far the middle lies above the average before it; None until the average has seen its memory once."""
        before = middle if self.level is None else self.level
        self.looks += 1
        self.level = before + (middle - before) / min(self.looks, self.memory)
        return None if self.looks <= self.memory / 3 else (middle / before - 1) * 10_000


def middle_of(market: InstrumentView) -> float | None:
    """The middle of the best quotes; None while a side is empty."""
    return None if market.bid is None or market.ask is None else (market.bid + market.ask) / 2
