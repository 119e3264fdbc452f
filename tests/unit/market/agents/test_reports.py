"""Each report reaches whom it concerns, exactly once and in order; and what else wakes a strategy up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from market_sim import Buy, Cancel, Noise, Sell, Stock, Strategy, View, World
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, OrderRejected, Trade, Transferred
from market_sim.market.agents.reports import Accepted, Cancelled, Filled, Moved, Refused, Report
from market_sim.market.agents.strategy import OnQuote, OnReport, OnTrade, WakeAt, Waking
from market_sim.simulation.engine.clock import MILLISECOND, SECOND
from market_sim.simulation.engine.participants import REACTION_NS
from market_sim.simulation.scenarios.arena import Arena
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.strategies.market_making.adaptive import AdaptiveMaker


class Reading(Strategy):
    """Any strategy, which also notes every report with the time at which it was read."""

    def __init__(self, inner: Strategy, every: int = 1) -> None:
        self.inner, self.every, self.turn = inner, every, 0
        self.read: list[tuple[int, Report]] = []

    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        self.turn += 1
        if self.turn % self.every == 0:
            reports = view.reports
            assert view.reports is reports  # the same as long as the wake-up lasts
            self.read += [(view.time, report) for report in reports]
        return self.inner.decide(view)


def of_the_journal(world: World, account: str) -> list[tuple[Any, ...]]:
    """What the account must have been told, sorted out of the journal by hand."""
    found: list[tuple[Any, ...]] = []
    owner: dict[int, str] = {}
    for event in world.journal:
        if isinstance(event, OrderAccepted):
            owner[event.order] = event.account
            if event.account == account:
                found.append((Accepted, event.time, event.order))
        elif isinstance(event, OrderRejected) and event.account == account:
            found.append((Refused, event.time, event.reason))
        elif isinstance(event, OrderCancelled) and owner[event.order] == account:
            found.append((Cancelled, event.time, event.order, event.quantity, event.reason))
        elif isinstance(event, Trade):
            if event.maker == account:
                found.append((Filled, event.time, event.maker_order, event.quantity, event.maker_fee))
            if event.taker == account:
                found.append((Filled, event.time, event.taker_order, event.quantity, event.taker_fee))
        elif isinstance(event, Transferred):
            if event.source == account:
                found.append((Moved, event.time, event.asset, -event.amount))
            if event.target == account:
                found.append((Moved, event.time, event.asset, event.amount))
    return found


def told(report: Report) -> tuple[Any, ...]:
    match report:
        case Accepted():
            return Accepted, report.time, report.order
        case Refused():
            return Refused, report.time, report.reason
        case Cancelled():
            return Cancelled, report.time, report.order, report.quantity, report.reason
        case Filled():
            return Filled, report.time, report.order, report.quantity, report.fee
        case Moved():
            return Moved, report.time, report.asset, report.amount
    return (type(report),)


@pytest.mark.parametrize("delay_ms", [0, 50])
@pytest.mark.parametrize("kind", [FirstMarket, Arena, MarginCall], ids=lambda kind: kind.name)
def test_each_report_comes_once_in_order_and_not_before_its_time(kind: Any, delay_ms: int) -> None:
    world = World(5)
    kind().build(world)
    invited = world.participants._invited
    readers = {}
    for place, one in enumerate(invited):
        # Some look rarely, and some for the first time when much has happened. A maker that adapts looks each time
        # itself, and what it has looked at is told to nobody again.
        every = 1 if isinstance(one.strategy, AdaptiveMaker) else 1 + place % 4
        reader = readers[one.name] = Reading(one.strategy, every)
        invited[place] = type(one)(one.name, reader, one.every, one.latency, delay_ms * MILLISECOND)
    world.start(SECOND)
    world.clock.run(until=4 * SECOND)
    reports = 0
    for name, reader in readers.items():
        kinds = (Accepted, Refused, Cancelled, Filled, Moved)
        got = [told(report) for _, report in reader.read if isinstance(report, kinds)]
        brought = [one for one in got if one[0] is Moved and one[1] == 0]
        got = [one for one in got if not (one[0] is Moved and one[1] == 0)]
        expected = of_the_journal(world, name)
        assert got == expected[: len(got)]
        assert len(brought) >= 1 or not got
        last = max((time for time, _ in reader.read), default=0)
        for late in expected[len(got) :]:
            assert late[1] > last - delay_ms * MILLISECOND
        for time, report in reader.read:
            assert report.time <= time - delay_ms * MILLISECOND
        reports += len(got)
    assert reports > 300


@dataclass
class Woken(Strategy):
    """Notes when it wakes up."""

    reasons: tuple[Waking, ...] = ()
    alarm: int | None = None
    times: list[int] = field(default_factory=list)

    def wakes(self) -> Iterable[Waking]:
        return self.reasons

    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        self.times.append(view.time)
        if self.alarm is not None and len(self.times) == 1:
            yield WakeAt(self.alarm)


def world_with(strategy: Strategy, data_latency_ms: float = 0) -> World:
    world = World(1)
    world.list(Stock("ACME"))
    world.list(Stock("OTHER"))
    calm = 10_000.0  # ms: the rhythm is out of the way
    world.join("ann", strategy, cash=100_000, every_ms=calm, data_latency_ms=data_latency_ms)
    for name in ("bob", "eve"):
        world.join(name, Noise(trade_probability=0), cash=100_000, holdings={"ACME": 10, "OTHER": 10}, every_ms=calm)
    world.start(SECOND)
    return world


@pytest.mark.parametrize("delay_ms", [0, 30])
@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (OnQuote("ACME"), [100, 300]),
        (OnTrade("ACME"), [300]),
        (OnQuote("OTHER"), [200]),
        (OnReport(), [400]),
    ],
    ids=str,
)
def test_news_wakes_who_waits_for_it_after_the_time_it_takes(
    reason: Waking, expected: list[int], delay_ms: int
) -> None:
    strategy = Woken((reason,))
    world = world_with(strategy, delay_ms)
    world.at(time_ms=1, do=len)
    for time, (name, intent) in {
        100: ("bob", Sell("ACME", 2, 100)),
        200: ("bob", Sell("OTHER", 2, 100)),
        300: ("eve", Buy("ACME", 2, 100)),
        400: ("ann", Cancel(999)),
    }.items():
        world.clock.plan(time * MILLISECOND, world._act_as_scheduled, plan(world, time, name, intent))
    world.clock.run(until=SECOND)
    rhythm = [time for time in strategy.times if time % MILLISECOND]
    assert [time // MILLISECOND for time in strategy.times if time not in rhythm] == [
        time + delay_ms for time in expected
    ]


def plan(world: World, time: int, name: str, intent: Intent) -> Any:
    from market_sim.simulation.engine.schedule import scheduled_action

    return scheduled_action(world, None, time, {"submit": (name, intent)})


def test_a_strategy_is_woken_when_it_asked_for_it() -> None:
    strategy = Woken(alarm=9_999 * MILLISECOND)
    world = world_with(strategy)
    world.clock.run(until=10 * SECOND)
    assert strategy.times[1:] == [9_999 * MILLISECOND]


def test_an_alarm_in_the_past_ends_the_strategy_with_a_sentence() -> None:
    world = world_with(Woken(alarm=0))
    world.clock.run(until=10 * SECOND)
    assert "WakeAt takes a later time" in str(world.failures[0])


@dataclass
class Restless(Strategy):
    """Changes its own quote each time that a quote changes."""

    decisions: int = 0

    def wakes(self) -> Iterable[Waking]:
        return (OnQuote("ACME"),)

    def decide(self, view: View) -> Iterable[Intent]:
        self.decisions += 1
        for order in view.orders:
            yield Cancel(order.id)
        yield Buy("ACME", 1, 100 + self.decisions % 2)


def test_who_answers_his_own_quotes_without_latency_does_not_stop_the_clock() -> None:
    world = World(1)
    world.list(Stock("ACME"))
    restless = Restless()
    world.join("ann", restless, cash=100_000, every_ms=10_000, latency_ms=0)
    world.start(SECOND)
    world.at(time_ms=0, do=len)
    first = next(iter(world.agents.values()))
    assert first.retired is False
    world.clock.run(until=11 * SECOND)
    assert 0 < restless.decisions <= 11 * SECOND // REACTION_NS + 2


def test_what_is_not_listed_cannot_be_waited_for() -> None:
    with pytest.raises(InputError, match="ann waits for NONE, which is not listed"):
        world_with(Woken((OnTrade("NONE"),)))


def test_who_comes_later_and_leaves_earlier_trades_only_in_between() -> None:
    world = World(1)
    FirstMarket().build(world)
    guest = Woken()
    world.join("guest", guest, cash=100_000, from_epoch=1.5, until_epoch=3)
    world.start(SECOND)
    world.clock.run(until=5 * SECOND)
    assert min(guest.times) >= 1.5 * SECOND
    assert max(guest.times) < 3 * SECOND
    assert len(guest.times) == 15


def test_cash_may_come_in_several_currencies() -> None:
    world = World(1)
    world.list(Stock("ACME"))
    world.list(Stock("SAP", quote="EUR"))
    world.join("ann", Woken(), cash={"USD": 500, "EUR": 70})
    world.start(SECOND)
    view = world.agents["ann"].view
    assert (view.balance("USD"), view.balance("EUR")) == (500, 70)
    with pytest.raises(InputError, match="bob cannot bring in GBP: nothing is quoted in it"):
        world.join("bob", Woken(), cash={"GBP": 1})
