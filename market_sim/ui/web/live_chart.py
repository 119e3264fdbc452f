"""The live chart of a running simulation, drawn from its journal so far."""

from __future__ import annotations

import time
from collections.abc import Callable

from market_sim.core.data.journal import Journal
from market_sim.ui.web import run_charts

PAUSE_SECONDS = 0.4
"""The least time between two drawings, so that a browser keeps up."""
SHARE = 0.2
"""The largest share of a run's time that is spent on drawings."""


class LiveChart:
    """Draws a running simulation from time to time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = 0.0

    def drawing(self, journal: Journal) -> bytes | None:
        """The figure as JSON; None when the last drawing is too recent."""
        began = self._clock()
        if began < self._next:
            return None
        drawn = run_charts.drawing_so_far(journal)
        ended = self._clock()
        self._next = ended + max(PAUSE_SECONDS, (ended - began) * (1 / SHARE - 1))
        return drawn
