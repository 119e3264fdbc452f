"""The stack race: messages take the times of their sender's stack, and who is faster by microseconds trades first."""

from __future__ import annotations

import re
from statistics import fmean

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.venue_events import MessageTimed
from market_sim.core.randomness import Randomness
from market_sim.course.catalogue import find_lesson
from market_sim.market.venues.latency_budget import BYPASS, KERNEL, STAGES, Machine
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.reckoning import traded
from market_sim.simulation.scenarios.stack_race import FIRST, SECOND, StackRace
from tests.conftest import ROOT

LATENCY_NS = 100_000


def run(first: str, second: str, seed: int = 7):
    return simulate(StackRace(first, second), Options(seed=seed, epochs=5, settlement="none")).journal


@pytest.fixture(scope="module")
def raced():
    return run(BYPASS, KERNEL)


def test_an_order_can_match_when_its_message_has_passed_every_stage(raced):
    accepted = {(one.account, one.time) for one in raced.of(OrderAccepted)}
    timed = [*raced.of(MessageTimed)]
    assert {one.account: one.stack for one in timed} == {FIRST: BYPASS, SECOND: KERNEL}
    assert all((one.account, one.time + LATENCY_NS + sum(one.stages)) in accepted for one in timed)
    assert len(timed) > 40


def test_the_times_are_drawn_from_a_stream_of_the_machine(raced):
    machine = Machine(KERNEL, Randomness(7).stream(f"stack/{SECOND}"))
    mine = [one.stages for one in raced.of(MessageTimed) if one.account == SECOND]
    assert mine == [machine.passed() for _ in mine]


def test_a_message_does_not_overtake_an_earlier_one():
    machine = Machine(KERNEL, Randomness(1).stream("stack/x"))
    assert machine.leaves(100, (50, 0, 0, 0, 0)) == 150
    assert machine.leaves(110, (1, 0, 0, 0, 0)) == 150
    assert machine.leaves(160, (1, 2, 3, 4, 5)) == 175


@pytest.mark.thorough
@pytest.mark.parametrize("stacks", [(BYPASS, KERNEL), (KERNEL, BYPASS)])
def test_who_has_the_faster_stack_trades_first_whichever_it_is(stacks):
    journal = run(*stacks, seed=3)
    fast = (FIRST, SECOND)[stacks.index(BYPASS)]
    takers = [trade.taker for trade in journal.of(Trade) if trade.taker in (FIRST, SECOND)]
    assert takers.count(fast) > 0.8 * len(takers) > 0
    assert StackRace(*stacks).holds(journal)


def test_the_conclusion_has_the_means_of_the_events(raced):
    said = StackRace().conclusion(raced)
    for name in (FIRST, SECOND):
        passed = [one.stages for one in raced.of(MessageTimed) if one.account == name]
        means = [fmean(stage) / 1_000 for stage in zip(*passed, strict=True)]
        worst = max(range(len(STAGES)), key=means.__getitem__)
        shares = sum(trade.quantity for trade in raced.of(Trade) if name in (trade.taker, trade.maker))
        assert re.search(
            f"message of {name} spent {sum(means):.2f} us in its stack on average, {means[worst]:.2f} of them in the "
            f"stage {STAGES[worst].name}, and it traded {shares:,} shares",
            said,
        )


def test_another_stack_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="a stack is kernel or bypass, found 'magic'"):
        StackRace(second_stack="magic")


def test_lesson_19_and_the_decision_say_what_the_race_shows():
    races = [
        simulate(StackRace(first), Options(seed=7, epochs=12, settlement="none")).journal for first in (BYPASS, KERNEL)
    ]
    shares = [[traded(journal, name) for name in (FIRST, SECOND)] for journal in races]
    means = {
        name: fmean(sum(one.stages) for one in races[0].of(MessageTimed) if one.account == name) / 1_000
        for name in (FIRST, SECOND)
    }
    said = " ".join(find_lesson(ROOT / "lessons", "19").body.split())
    assert f"some {means[SECOND] - means[FIRST]:.0f} microseconds more" in said
    assert f"The first one trades {shares[0][0]:,} shares, the other {shares[0][1]}." in said
    assert f"which makes them equal, they trade {shares[1][0]} and {shares[1][1]}." in said
    noted = " ".join((ROOT / "docs/decisions/0082-a-stack-is-a-delay-before-the-message.md").read_text().split())
    assert (
        f"one trades {shares[0][0]:,} shares and the other {shares[0][1]}; with two kernels {shares[1][0]} and" in noted
    )
