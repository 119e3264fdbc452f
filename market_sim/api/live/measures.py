"""The measures that enforcement took in a live market, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from market_sim.core.models.event import Event
from market_sim.core.models.surveillance_events import AppealGranted, MeasureTaken

MEASURES_KEPT: Final = 1_000


class MeasureView(msgspec.Struct, frozen=True):
    """A measure against an account."""

    measure: int
    """Its number, by which an appeal names it."""
    account: str
    step: str
    """A warning, a fine, a throttle or a suspension: warn, fine, throttle, suspend."""
    offence: int
    """The number of the account's offence, from 1."""
    time: int
    """The simulated time in nanoseconds at which it was taken."""
    amount: int
    """The fine that was paid, in the smallest unit of the currency."""
    until: int
    """The end of a throttle or a suspension; 0 for a warning and a fine."""
    granted: bool = False
    """Whether an appeal against it was granted."""


class LiveMeasures:
    """The last measures, by their numbers."""

    def __init__(self) -> None:
        self._taken: dict[int, MeasureView] = {}
        self.effects: dict[type[Event], Callable[[Any], None]] = {
            MeasureTaken: self._measured,
            AppealGranted: self._granted,
        }

    def of(self, account: str | None) -> list[MeasureView]:
        """The measures against an account, or against all, oldest first."""
        return [one for one in self._taken.values() if account in (None, one.account)]

    def _measured(self, event: MeasureTaken) -> None:
        self._taken[event.measure] = MeasureView(
            event.measure, event.account, event.step, event.offence, event.time, event.amount, event.until
        )
        if len(self._taken) > MEASURES_KEPT:
            del self._taken[min(self._taken)]

    def _granted(self, event: AppealGranted) -> None:
        if event.measure in self._taken:
            self._taken[event.measure] = msgspec.structs.replace(self._taken[event.measure], granted=True)
