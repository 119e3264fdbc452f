"""The trades of a finished run as the exchange announced them, so that other committees can be played over them."""

from __future__ import annotations

from collections.abc import Iterator

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import entry_number
from market_sim.simulation.pipeline import NEWS_NS


def announcements(journal: Journal, end: int) -> Iterator[tuple[int, tuple[Event, ...]]]:
    """When each announcement before this time is made, and the entries that it holds."""
    entries = [event for event in journal if entry_number(event)]
    told = 0
    for time in range(NEWS_NS, end, NEWS_NS):
        fresh = told
        while fresh < len(entries) and entries[fresh].time <= time:
            fresh += 1
        if fresh > told:
            yield time, tuple(entries[told:fresh])
            told = fresh
