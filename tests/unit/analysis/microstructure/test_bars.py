"""Bars: the middle at the end of each interval, from the journal alone."""

from __future__ import annotations

from math import log

import pytest

from market_sim import Buy, Sell
from market_sim.analysis.microstructure.bars import bars
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, Trade
from market_sim.core.models.run_events import ValueMoved


def events() -> list[Event]:
    return [
        OrderAccepted(1, 1, "ann", Buy("ACME", 5, 98)),
        OrderAccepted(12, 2, "bob", Sell("ACME", 5, 102)),
        OrderAccepted(15, 3, "cat", Sell("ACME", 5, 104)),
        OrderAccepted(21, 4, "dan", Buy("ACME", 5, 102)),
        Trade(21, 1, "ACME", 102, 5, 1, 2, 4, "dan", "bob", 0, 0),
        OrderCancelled(35, 3, 5, "CANCELLED_BY_OWNER"),
        ValueMoved(60, "ACME", 100),
    ]


def test_a_bar_ends_before_what_happens_at_its_end():
    found = bars([*events()[:3], ValueMoved(20, "ACME", 100)], "ACME", 10)
    assert found.middles == [100.0]
    assert found.spreads == [4]


def test_middles_spreads_volumes_and_returns():
    found = bars(events(), "ACME", 10)
    # No ask until 12; after 35 there is none again, and the last middle stays.
    assert found.middles == [100.0, 101.0, 101.0, 101.0, 101.0]
    assert found.spreads == [4, 6, 6, 6, 6]
    assert found.volumes == [0, 5, 0, 0, 0]
    assert found.depths == [10, 10, 10, 10, 10]
    assert found.returns == pytest.approx([log(101 / 100), 0, 0, 0])


def test_another_book_has_bars_of_its_own():
    assert bars(events(), "OTHER", 10).middles == []


def test_a_bar_has_a_length():
    with pytest.raises(InputError, match="at least one nanosecond, found 0"):
        bars([], "ACME", 0)
