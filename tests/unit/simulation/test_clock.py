"""One clock: time moves with what is planned, and equal times have an order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InvariantBroken
from market_sim.simulation.engine.clock import ARRIVAL, EPOCH, WAKE, Clock


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from((ARRIVAL, EPOCH, WAKE))), max_size=60))
def test_things_happen_by_time_then_rank_then_the_order_of_planning(planned: list[tuple[int, int]]) -> None:
    clock, seen = Clock(), []
    for number, (time, rank) in enumerate(planned):
        clock.plan(time, seen.append, (time, rank, number), rank)
    clock.run(until=51)
    assert seen == sorted((time, rank, number) for number, (time, rank) in enumerate(planned))
    assert clock.now == 51


def test_what_is_planned_for_the_end_waits_for_the_next_stretch() -> None:
    clock, seen = Clock(), []
    clock.plan(10, seen.append, "later")
    clock.run(until=10)
    assert seen == []
    clock.run(until=11)
    assert seen == ["later"]


def test_nothing_is_planned_for_the_past() -> None:
    clock = Clock()
    clock.run(until=5)
    with pytest.raises(InvariantBroken, match="already 5 ns"):
        clock.plan(4, print)
