"""The cycles of the ticker: cuts the journal, as it comes in batches, at every 100 ms of simulated time.

An instant is complete when something has happened after it, or when the clock of the market has passed it. How the
journal was cut into batches changes nothing.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec

from market_sim.api.stream.pipe import Batch
from market_sim.api.stream.ticker import CYCLE_NS, Ticker, TickerFold


class Cycles:
    """The tickers of each instant, as soon as it is complete."""

    def __init__(self) -> None:
        self._fold = TickerFold()
        # Most events are about blocks and votes. They are told by their first characters, and are not decoded.
        self._needed = tuple(b'{"type":"%b"' % kind.__name__.encode() for kind in self._fold.kinds)
        kinds: Any = Union[self._fold.kinds]  # noqa: UP007 # built at run time
        self._decode: Any = msgspec.json.Decoder(kinds).decode
        self._next = CYCLE_NS
        """The instant that is completed next."""

    def take(self, batch: Batch) -> list[list[Ticker]]:
        """The tickers of all instants that these events and this time complete."""
        fold, complete = self._fold, []
        for line in batch.lines:
            if line.startswith(self._needed):
                event = self._decode(line)
                while event.time > self._next:
                    complete.append(self._complete())
                fold.add(event)
        # Until the clock has moved on, something may still happen at the present instant.
        while self._next < batch.now or (batch.is_last and self._next == batch.now):
            complete.append(self._complete())
        return complete

    def _complete(self) -> list[Ticker]:
        tickers = self._fold.at(self._next)
        self._next += CYCLE_NS
        return tickers
