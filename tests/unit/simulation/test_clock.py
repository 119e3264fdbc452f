"""One clock: time moves with what is planned, and equal times have an order."""

from __future__ import annotations

from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InvariantBroken
from market_sim.simulation.engine.clock import ARRIVAL, EPOCH, INTERVAL_BITS, WAKE, Clock


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from((ARRIVAL, EPOCH, WAKE))), max_size=60))
def test_things_happen_by_time_then_rank_then_the_order_of_planning(planned: list[tuple[int, int]]) -> None:
    clock, seen = Clock(), []
    for number, (time, rank) in enumerate(planned):
        clock.plan(time, seen.append, (time, rank, number), rank)
    clock.run(until=51)
    assert seen == sorted((time, rank, number) for number, (time, rank) in enumerate(planned))
    assert clock.now == 51


FAR = 3 << INTERVAL_BITS
"""Times up to here lie in several of the clock's intervals."""


@given(
    st.lists(st.tuples(st.integers(0, FAR), st.integers(0, 2)), min_size=1, max_size=40),
    st.lists(st.integers(0, FAR), max_size=5),
    st.integers(0, FAR),
    st.booleans(),
)
def test_actions_that_plan_others_run_in_the_order_of_one_heap(planned, stops, again, singly) -> None:
    """The reference keeps everything in one heap, as the clock did before it had intervals."""

    def played(clock) -> list[tuple[int, int, int]]:
        seen: list[tuple[int, int, int]] = []

        def act(number: int) -> None:
            seen.append((clock.now, clock.steps, number))
            if number < 100:  # each plans one more: at once, or some time later, maybe into the same interval
                clock.plan(clock.now + (again if number % 2 else number), act, number + 100, number % 3)

        for number, (time, rank) in enumerate(planned):
            clock.plan(time, act, number, rank)
        for stop in sorted(stops):
            clock.run(until=stop)
        if singly and isinstance(clock, Clock):
            while clock.next_at is not None:
                clock.step()
        clock.run(until=3 * FAR)
        return seen

    assert played(Clock()) == played(OneHeap())


class OneHeap:
    def __init__(self) -> None:
        self.now = self.steps = 0
        self._planned: list[tuple] = []
        self._count = 0

    def plan(self, time, action, argument, rank) -> None:
        self._count += 1
        heappush(self._planned, (time, rank, self._count, action, argument))

    def run(self, until: int) -> None:
        while self._planned and self._planned[0][0] < until:
            self.now, _, _, action, argument = heappop(self._planned)
            self.steps += 1
            action(argument)
        self.now = until


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
