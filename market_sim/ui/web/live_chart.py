"""The chart of a run that is still going, drawn from its journal so far in a small share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from market_sim.core.data.journal import Journal
from market_sim.ui.web import run_charts

PAUSE_SECONDS = 0.4
"""Between two drawings at least, so that a browser keeps up."""
SHARE = 0.2
"""Of the time of a run at most this share goes into its drawings: the longer the run, the rarer they are."""


class LiveChart:
    """Draws a run on its way, or says that it is not yet time to."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = 0.0

    def drawing(self, journal: Journal) -> bytes | None:
        """The figure as the page of a run gets it; None when the last drawing is too recent."""
        began = self._clock()
        if began < self._next:
            return None
        drawn = run_charts.drawing_so_far(journal)
        ended = self._clock()
        self._next = ended + max(PAUSE_SECONDS, (ended - began) * (1 / SHARE - 1))
        return drawn
