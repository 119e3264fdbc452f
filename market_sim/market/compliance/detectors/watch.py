"""The watch: feeds every event to all detectors, and numbers their alerts by the event that revealed them.

    watch = Watch()
    for event in journal:
        for alert in watch.feed(event):
            ...

Online, a mechanism feeds it as events happen; afterwards `alerts_of(journal)` feeds a whole journal: the same alerts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from market_sim.core.models.compliance_events import RulesInForce
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import BookOpened
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.best_execution import BestExecution
from market_sim.market.compliance.detectors.detector import NOTHING, Detector
from market_sim.market.compliance.detectors.layering import Layering
from market_sim.market.compliance.detectors.live_orders import LiveOrders
from market_sim.market.compliance.detectors.marking_the_close import MarkingTheClose
from market_sim.market.compliance.detectors.quote_stuffing import QuoteStuffing
from market_sim.market.compliance.detectors.spoofing import Spoofing
from market_sim.market.compliance.detectors.thresholds import Thresholds, changed
from market_sim.market.compliance.detectors.volatility_clustering import VolatilityClustering
from market_sim.market.compliance.detectors.volume_spike import VolumeSpike
from market_sim.market.compliance.detectors.wash_trades import WashTrades

DETECTORS: tuple[type[Detector], ...] = (
    WashTrades,
    Spoofing,
    Layering,
    QuoteStuffing,
    MarkingTheClose,
    VolumeSpike,
    VolatilityClustering,
    BestExecution,
)
"""Every detector, in the order in which they look at an event."""


class Watch:
    """All detectors, or the chosen ones, fed together."""

    def __init__(self, thresholds: Thresholds | None = None, detectors: Sequence[type[Detector]] = DETECTORS) -> None:
        live = LiveOrders()
        self._is_told = thresholds is None
        """Whether the thresholds are those of the rules in force, as the journal tells them."""
        self._detectors = [kind(thresholds, live) for kind in detectors]
        self._readers: dict[type[Event], tuple[Callable[[Any], Iterable[Alert]], ...]] = {}
        """Who reads a type of event, looked up once: most events concern few detectors."""
        self._fed = 0

    def feed(self, event: Event) -> list[Alert]:
        """The alerts that the next event reveals; each event is fed once, in order."""
        number = self._fed
        self._fed = number + 1
        kind = type(event)
        readers = self._readers.get(kind)
        if readers is None:
            known = (detector.effects.get(kind) for detector in self._detectors)
            readers = self._readers[kind] = tuple(effect for effect in known if effect is not None)
            if type(event) is RulesInForce and self._is_told:
                self._take(changed(event.numbers))
        found: list[Alert] = []
        for read in readers:
            alerts = read(event)
            if alerts is not NOTHING:
                found += [msgspec.structs.replace(alert, event=number) for alert in alerts]
        if kind is BookOpened:
            self._readers.clear()  # a second book of an instrument gives a detector more to read
        return found

    def _take(self, thresholds: Thresholds | None) -> None:
        """Judge by the thresholds of the rules in force from here on."""
        for detector in self._detectors:
            detector.thresholds = thresholds or detector.thresholds


def alerts_of(events: Iterable[Event], thresholds: Thresholds | None = None) -> list[Alert]:
    """All alerts of a whole journal."""
    watch = Watch(thresholds)
    return [alert for event in events for alert in watch.feed(event)]
