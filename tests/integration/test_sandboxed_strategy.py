"""A strategy decides the same in this process and in one of its own: it sees the same, and wakes up for the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from market_sim import MarketMaker, Noise, Stock, Strategy, World
from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import AgentJoined, StrategyFailed
from market_sim.course.in_process import InProcessStudent
from market_sim.course.isolation.levels import best
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.problems import StudentError
from market_sim.course.isolation.student import StudentProcess
from market_sim.simulation.engine.clock import SECOND

ANSWER = '''
from dataclasses import dataclass, field

from market_sim import Buy, Cancel, OnQuote, OnReport, OnTrade, Sell, Strategy, WakeAt
from market_sim.market.agents.reports import Filled


@dataclass
class Reader(Strategy):
    """Looks at everything there is to see, not always at its reports, and asks for alarms."""

    size: int = 2
    seen: list = field(default_factory=list)

    def wakes(self):
        return OnReport(), OnTrade("ACME"), OnQuote("ACME")

    def decide(self, view):
        self.seen.append((view.time, view.cash, view.symbols, view.assets))
        luck = view.random.random()
        here, there = view["ACME"], view.at("ACME", "slow")
        if len(self.seen) % 3 == 0:
            for report in view.reports:
                if type(report) is Filled and report.side > 0 and here.ask:
                    yield Sell("ACME", report.quantity, here.ask + 2, venue="slow")
        if luck < 0.05:
            yield WakeAt(view.time + 1_234_567 + len(here.trades))
        if len(view.orders) > 4:
            yield Cancel(view.orders[0].id)
        elif there.bid and here.last and luck < 0.4:
            bids, _ = there.depth(3)
            yield Buy("ACME", self.size, min(there.bid, here.last) - len(bids), venue="slow")
        elif here.ask and luck < 0.5 and here.value and sum(here.prices[-3:]) > 0:
            yield Buy("ACME", 1, here.ask)


class Fails(Reader):
    def decide(self, view):
        raise ValueError("enough")


class Elsewhere(Reader):
    def wakes(self):
        return [OnTrade("NONE")]


class Nonsense(Reader):
    def wakes(self):
        return ["soon"]
'''


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("answer") / "answer.py"
    file.write_text(ANSWER)
    return file


@pytest.fixture
def student(answer: Path):
    with StudentProcess(answer, Limits(seconds=60), best("I1")) as process:
        yield process


def here(answer: Path, kind: str, **parameters: Any) -> Strategy:
    """The same class in this process."""
    made: Strategy = InProcessStudent(answer).strategy(kind, **parameters)
    return made


def played(strategy: Strategy, data_latency_ms: float = 0) -> Journal:
    """Four seconds on two venues, with the strategy as one of the participants."""
    world = World(seed=5)
    for venue in ("fast", "slow"):
        world.venue(venue)
    for venue in ("fast", "slow"):
        world.list(Stock("ACME"), venue=venue)
    world.value("ACME", 10_000)
    for venue in ("fast", "slow"):
        world.join(f"maker-{venue}", MarketMaker(venue=venue), cash=10**8, holdings={"ACME": 10**4})
        world.join(f"noise-{venue}", Noise(trade_probability=0.5, venue=venue), cash=10**7, holdings={"ACME": 500})
    world.join("guest", strategy, cash=10**7, every_ms=700, data_latency_ms=data_latency_ms)
    world.start(SECOND)
    world.clock.run(until=4 * SECOND)
    world.check()
    return world.journal


@pytest.mark.parametrize("data_latency_ms", [0, 20])
def test_the_same_strategy_has_the_same_fingerprint_in_a_process_of_its_own(answer, student, data_latency_ms) -> None:
    ours = played(here(answer, "Reader", size=3), data_latency_ms)
    theirs = played(student.strategy("Reader", size=3), data_latency_ms)
    assert [*ours] == [*theirs]
    assert fingerprint(ours) == fingerprint(theirs)
    [joined] = [event for event in theirs.of(AgentJoined) if event.agent == "guest"]
    assert (joined.strategy, joined.parameters) == ("Reader", {"size": 3})
    times = {event.time for event in theirs.of(OrderAccepted) if event.account == "guest"}
    assert len(times) > 4_000 // 700 + 1, "it woke up at its interval only"


def test_what_it_raises_is_recorded_under_the_name_of_its_class(answer, student) -> None:
    ours, theirs = played(here(answer, "Fails")), played(student.strategy("Fails"))
    [mine], [other] = ours.of(StrategyFailed), theirs.of(StrategyFailed)
    assert (mine.time, mine.agent, mine.strategy) == (other.time, other.agent, other.strategy)
    assert other.strategy == "Fails"
    assert "enough" in mine.cause
    assert "enough" in other.cause


def test_a_wake_up_for_what_is_not_listed_is_refused_alike(answer, student) -> None:
    said = re.escape("guest waits for NONE, which is not listed")
    for strategy in (here(answer, "Elsewhere"), student.strategy("Elsewhere")):
        with pytest.raises(InputError, match=said):
            played(strategy)


def test_a_wake_up_that_is_none_is_the_answers_error(student) -> None:
    with pytest.raises(StudentError, match=r"Nonsense.wakes\(\) .* returns any of OnReport, OnTrade and OnQuote"):
        student.strategy("Nonsense")
