"""The detector: reads events one by one, in order, and yields alerts. It is pure: the same events, the same alerts.

A detector knows only the events that it was fed, so it finds the same during a run (online) and afterwards (batch).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from typing import Any, ClassVar

from market_sim.core.models.event import Event
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.live_orders import LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds

NOTHING: tuple[Alert, ...] = ()
Effects = dict[type[Event], Callable[[Any], Iterable[Alert]]]


class Detector(ABC):
    """Base of the detectors: a table of effects by type of event, and the hysteresis of its alerts."""

    kind: ClassVar[str]

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self.thresholds = thresholds or Thresholds()
        self.live = live or LiveOrders()
        """The live orders, which detectors that are fed together share."""
        self.effects = self.reading()
        self._raised: dict[Hashable, int] = {}

    @abstractmethod
    def reading(self) -> Effects:
        """The method for each type of event that it reads; other types are ignored."""

    def feed(self, event: Event) -> Iterable[Alert]:
        """Read the next event; yield what it reveals."""
        effect = self.effects.get(type(event))
        return NOTHING if effect is None else effect(event)

    def rises(self, key: Hashable, time: int) -> bool:
        """Whether an alert about this key may be raised now: not soon after the last one (no storm of alerts)."""
        last = self._raised.get(key)
        if last is not None and time - last < self.thresholds.rearm_ns:
            return False
        self._raised[key] = time
        return True
