"""The splits of the network in a run, as a person types them: `2-3:0+1|2+3` (`parse_partitions` reads them)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from market_sim.core.models.consensus_events import EpochStarted, NetworkFault
from market_sim.core.models.event import Event


class Split(NamedTuple):
    """One split, and the last epoch that began in it so far."""

    fault: NetworkFault
    last: int

    @property
    def typed(self) -> str:
        """The epochs, then the sides; `>` where only one direction is cut."""
        sides = ("+".join(map(str, side)) for side in (self.fault.senders, self.fault.receivers))
        between = ">" if self.fault.kind.startswith("one-way") else "|"
        return f"{self.fault.epoch}-{self.last}:{between.join(sides)}"


def noted(known: tuple[Split, ...], event: Event) -> tuple[Split, ...]:
    """The splits after this event."""
    if isinstance(event, EpochStarted):
        return tuple(
            one._replace(last=event.epoch) if one.last < event.epoch and event.time < one.fault.until else one
            for one in known
        )
    if isinstance(event, NetworkFault) and event.kind.endswith("partition"):
        return *known, Split(event, event.epoch)
    return known


def typed(known: Iterable[Split]) -> str:
    """All splits as they are typed; empty without any."""
    return ",".join(one.typed for one in known)


def splits(events: Iterable[Event]) -> str:
    """The splits among these events, as they are typed."""
    known: tuple[Split, ...] = ()
    for event in events:
        known = noted(known, event)
    return typed(known)
