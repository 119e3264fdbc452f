"""What every mechanism promises, as functions that look for breaches; a mechanism of one's own is held to the same.

A case is a name and a function that builds a small world with the mechanism in it. `breaches(case)` plays it for some
simulated days and yields one sentence for each promise that was broken. What anybody owned after each single event is
added up from the journal, so no moment in between is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from market_sim.core.data.fingerprint import fingerprint
from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.market_events import Deposited, InstrumentListed
from market_sim.core.models.market_events import OrderRejected as Refused
from market_sim.core.models.reasons import explain
from market_sim.market.exchange import invariants
from market_sim.market.exchange.mechanism import Mechanism
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World

MOST_EVENTS_OF_ONE_ACT = 5_000
"""The most events that a mechanism may record at one time; more means that it never ends."""


@dataclass(frozen=True)
class Case:
    """A mechanism in a world in which it has something to do."""

    name: str
    build: Callable[[World], None]
    days: int = 6

    def play(self, seed: int = 7) -> World:
        """The world after its days; accounts, books and journal are looked at after each of them."""
        world = World(seed)
        self.build(world)
        world.start(SECOND)
        for day in range(self.days):
            world.clock.run(until=(day + 1) * SECOND)
            world.check()
        return world


def breaches(case: Case) -> Iterator[str]:
    """Every broken promise of the mechanisms of a case; one that stops the run is the only one that is seen."""
    try:
        world = case.play()
    except InvariantBroken as broken:
        yield str(broken)
        return
    yield from movement_breaches(world.journal)
    yield from (f"{found.invariant}: {found.found}" for found in invariants.check(world.exchange))
    if fingerprint(world.journal) != fingerprint(case.play().journal):
        yield "the same seed gave another journal"
    for mechanism in world.mechanisms:
        yield from time_breaches(mechanism, world.clock.now)
    yield from act_breaches(case)
    yield from refusal_breaches(world.journal)


def movement_breaches(journal: Journal) -> Iterator[str]:
    """After every event: nothing was made or lost, nobody owes what the chain pays, longs and shorts are equal."""
    fold, brought, listed = Fold(), dict[str, int](), dict[str, bool]()
    held: dict[str, int] = {}
    for number, event in enumerate(journal):
        if type(event) is Deposited:
            brought[event.asset] = brought.get(event.asset, 0) + event.amount
        if type(event) is InstrumentListed:
            listed[event.symbol] = event.delivered
        touched = _touched(event)
        before = {place: fold.balances.get(place[0], {}).get(place[1], 0) for place in touched}
        fold.add(event)
        for (account, asset), was in before.items():
            now = fold.balances.get(account, {}).get(asset, 0)
            held[asset] = held.get(asset, 0) + now - was
            if now < 0 and listed.get(asset, True):
                yield f"event {number}: {account} has {now} {asset} after {event}"
        for _, asset in before:
            if held.get(asset, 0) != brought.get(asset, 0):
                yield f"event {number}: {held[asset]} {asset} is there, {brought.get(asset, 0)} was brought: {event}"


def time_breaches(mechanism: Mechanism, now: int) -> Iterator[str]:
    """The times at which it wants to act are in ascending order, and it can be asked for them twice."""
    asked, again = list(mechanism.times()), list(mechanism.times())
    if asked != again:
        yield f"{mechanism.name} says {asked} and then {again}"
    if asked != sorted(asked) or any(type(time) is not int for time in asked):
        yield f"{mechanism.name} wants to act at {asked}"


def act_breaches(case: Case) -> Iterator[str]:
    """No single act goes on for ever, and attaching a mechanism twice to one world is refused or harmless."""
    world = World(7)
    case.build(world)
    longest = {mechanism.name: 0 for mechanism in world.mechanisms}
    for mechanism in world.mechanisms:
        _watch(mechanism, world.journal, longest)
    world.start(SECOND)
    world.clock.run(until=case.days * SECOND)
    for name, events in longest.items():
        if events > MOST_EVENTS_OF_ONE_ACT:
            yield f"one act of {name} led to {events} events"


def refusal_breaches(journal: Journal) -> Iterator[str]:
    """Every refusal has a code of the table, and its numbers fill the sentence of the code."""
    for event in journal.of(Refused):
        try:
            explain(event.reason, event.numbers)
        except KeyError as missing:
            yield f"{event.reason} lacks {missing}: {event.numbers}"


def _watch(mechanism: Mechanism, journal: Journal, longest: dict[str, int]) -> None:
    act = mechanism.act

    def watched(now: int) -> None:
        before = len(journal)
        act(now)
        longest[mechanism.name] = max(longest[mechanism.name], len(journal) - before)

    mechanism.act = watched  # type: ignore[method-assign]


def _touched(event: object) -> list[tuple[str, str]]:
    """Which balances an event may change: of whom, and of what."""
    names = [
        getattr(event, field) for field in ("account", "maker", "taker", "source", "target") if hasattr(event, field)
    ]
    if not hasattr(event, "trade") and type(event) is not Deposited:
        return []
    assets = [getattr(event, field) for field in ("asset", "symbol") if hasattr(event, field)]
    return [(name, asset) for name in dict.fromkeys([*names, "fees"]) for asset in dict.fromkeys([*assets, "USD"])]
