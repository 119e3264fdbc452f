"""What a strategy sees cannot be changed through it: not for others, and not for its own later decisions."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from market_sim import Buy, InstrumentView, MarketMaker, Noise, Stock, Strategy, View, World
from market_sim.core.models.intents import Intent
from market_sim.core.models.market_events import OrderAccepted
from market_sim.course.student_side.snapshot import Snapshot, taken_apart
from market_sim.market.agents.past import Prices, SeenTrade
from market_sim.market.agents.reports import Accepted, Filled
from market_sim.market.agents.view import OwnOrder

SECOND = 1_000_000_000
PLAIN = (int, float, str, bytes, bool, type(None))
SPOILERS = (
    ("append", (999_999,)), ("extend", ([999_999],)), ("insert", (0, 999_999)), ("remove", (100,)), ("pop", ()),
    ("sort", ()), ("reverse", ()), ("update", ({"ACME": None},)), ("setdefault", ("X", 1)), ("popitem", ()),
    ("clear", ()),
)  # fmt: skip


def by_hand() -> View:
    market = InstrumentView(
        "ACME",
        prices=[100, 101, 99],
        bid=98,
        ask=100,
        position=3,
        value=99,
        depth=([(98, 5)], [(100, 1)]),
        trades=[SeenTrade(1, 100, 2, -1)],
        phase="halted",
    )
    return View(
        {"ACME": market},
        cash=5_000,
        time=7,
        orders=[OwnOrder(1, "ACME", 1, 98, 2)],
        reports=[Accepted(3, 1, "ACME", 1, 2, 98)],
        balances={"USD": 5_000, "EUR": 2},
    )


def in_the_students_process() -> View:
    snapshot = Snapshot(luck=1)
    snapshot.update(json.loads(json.dumps(taken_apart(by_hand(), {}))))
    return snapshot.view


def test_orders_and_reports_in_the_students_process_name_their_venue():
    filled = Filled(4, 1, "ACME", 1, 98, 1, 0, True, "SIM-B")
    there = View({}, orders=[OwnOrder(1, "ACME", 1, 98, 2, "SIM-B")], reports=[filled])
    snapshot = Snapshot(luck=1)
    snapshot.update(json.loads(json.dumps(taken_apart(there, {}))))
    assert snapshot.view.orders[0].venue == snapshot.view.reports[0].venue == "SIM-B"


def delayed() -> View:
    world = running(data_latency_ms=50)
    assert len(world.agents["noise-0"].view["ACME"].prices) > 3
    return world.agents["noise-0"].view


def live() -> View:
    world = running()
    return world.agents["noise-0"].view


def running(data_latency_ms: float = 0) -> World:
    world = World(3)
    world.list(Stock("ACME"), value=100, volatility_bps=50)
    world.join("maker", MarketMaker(spread_bps=200), cash=10_000_000, holdings={"ACME": 1_000})
    for number in range(4):
        world.join(f"noise-{number}", Noise(trade_probability=0.6), cash=100_000, holdings={"ACME": 50},
                   data_latency_ms=data_latency_ms)  # fmt: skip
    world.start(SECOND)
    world.clock.run(until=2 * SECOND)
    return world


def public(thing: object) -> Iterator[tuple[str, Any]]:
    """Every public attribute, and what the methods without an argument answer; chance is one's own to use."""
    for name in dir(thing):
        if name.startswith("_") or (isinstance(thing, View) and name == "random"):
            continue
        value = getattr(thing, name)
        if callable(value):
            with contextlib.suppress(TypeError, ValueError):
                value = value() if name not in dict(SPOILERS) else None
        yield name, value


def reachable(view: View) -> list[Any]:
    """Everything that public attributes, items and answers lead to from a view."""
    found: list[Any] = []
    waiting: list[Any] = [view, *(view[symbol] for symbol in view.symbols)]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, PLAIN) or callable(thing) or any(thing is known for known in found):
            continue
        found.append(thing)
        if isinstance(thing, View | InstrumentView):
            waiting += [value for _, value in public(thing)]
        elif isinstance(thing, Iterable):
            waiting += list(thing)
            if isinstance(thing, Prices):
                waiting.append(thing[:])
    return found


def spoil(thing: Any) -> None:
    """Try to change it in every way that Python has."""
    for name, value in [*public(thing), ("of_my_own", 1)]:
        if not callable(value):
            with contextlib.suppress(AttributeError, TypeError):
                setattr(thing, name, 999_999)
            with contextlib.suppress(AttributeError, TypeError):
                delattr(thing, name)
    for place in (0, slice(0, 1), "ACME"):
        with contextlib.suppress(TypeError, IndexError, KeyError):
            thing[place] = 999_999
        with contextlib.suppress(TypeError, IndexError, KeyError):
            del thing[place]
    with contextlib.suppress(TypeError):
        thing += [999_999]
    with contextlib.suppress(TypeError, ValueError, AttributeError):
        iter(thing).__reduce__()[1][0].append(999_999)  # the list behind an iterator
    for name, arguments in SPOILERS:
        with contextlib.suppress(AttributeError, TypeError, ValueError, IndexError, KeyError):
            getattr(thing, name)(*arguments)


def described(view: View) -> list[Any]:
    """All that a strategy can see, as plain values."""
    told: list[Any] = [view.symbols, view.time, view.cash, list(view.orders), list(view.reports), view.assets]
    told += [view.balance(asset) for asset in view.assets]
    for symbol in view.symbols:
        market = view[symbol]
        told += [market.symbol, list(market.prices), market.last, market.bid, market.ask, market.spread]
        told += [market.position, market.value, market.tick, market.lot, market.depth()]
        told += [list(market.trades), market.bid_size, market.ask_size, market.phase]
    return told


@pytest.mark.parametrize("make", [by_hand, in_the_students_process, live, delayed], ids=lambda make: make.__name__)
def test_nothing_that_can_be_reached_from_a_view_changes_what_is_seen(make: Any) -> None:
    view = make()
    before = described(view)
    things = reachable(view)
    assert {type(thing) for thing in things} >= {Prices, OwnOrder, type(view["ACME"])}
    for thing in things:
        spoil(thing)
        assert described(view) == before, f"changing {thing!r} changed the view"
    for thing in reachable(view):
        if isinstance(thing, View | InstrumentView):
            for name, _ in public(thing):
                with pytest.raises(AttributeError):
                    setattr(thing, name, 1)


@dataclass
class Vandal(Strategy):
    """Spoils whatever it can reach each time it wakes up, and asks for nothing."""

    def decide(self, view: View) -> Iterable[Intent]:
        for thing in reachable(view):
            spoil(thing)
        return ()


@dataclass
class Idle(Strategy):
    """Asks for nothing."""

    def decide(self, view: View) -> Iterable[Intent]:
        return ()


@dataclass
class Reader(Strategy):
    """Trades on the prices of the past and on the book, so that it would notice if they were spoiled."""

    def decide(self, view: View) -> Iterable[Intent]:
        market = view["ACME"]
        bids, asks = market.depth(3)
        if market.prices and bids and asks and len(view.orders) < 3:
            yield Buy("ACME", 1 + sum(market.prices[-4:]) % 3, min(asks[-1][0], max(market.prices)))


def test_a_market_with_a_vandal_is_the_market_with_an_idler() -> None:
    def story(strategy: Strategy) -> list[str]:
        world = World(3)
        world.list(Stock("ACME"), value=100, volatility_bps=50)
        world.join("maker", MarketMaker(spread_bps=200), cash=10_000_000, holdings={"ACME": 1_000})
        for number in range(3):
            world.join(f"noise-{number}", Noise(trade_probability=0.6), cash=100_000, holdings={"ACME": 50})
        world.join("reader", Reader(), cash=500_000)
        world.join("odd", strategy, cash=100_000, holdings={"ACME": 5})
        world.start(SECOND)
        world.clock.run(until=2 * SECOND)
        assert world.failures == []
        assert any(event.account == "reader" for event in world.journal.of(OrderAccepted))
        return [repr(event) for event in world.journal if type(event).__name__ != "AgentJoined"]

    assert story(Vandal()) == story(Idle())


def test_prices_that_were_kept_stay_as_they_were() -> None:
    world = running()
    kept = world.agents["noise-0"].view["ACME"].prices
    before = list(kept)
    world.clock.run(until=4 * SECOND)
    later = world.agents["noise-0"].view["ACME"].prices
    assert list(kept) == before
    assert len(later) > len(before)
    assert later[: len(before)] == before


SLICES = [slice(*bounds) for bounds in [
    (None,), (2,), (-2, None), (1, 3), (None, None, -1), (3, 0, -2), (-99, 99), (4, 1), (None, None, 2), (9, None),
]]  # fmt: skip


@pytest.mark.parametrize("part", SLICES, ids=str)
def test_a_part_of_the_prices_is_the_part_of_a_list(part: slice) -> None:
    known = [5, 6, 7, 8]
    prices = Prices([*known, 999], 4)  # the fifth came later
    assert prices[part] == known[part]
    assert type(prices[part]) is list


def test_prices_behave_like_the_sequence_that_they_are() -> None:
    prices = Prices([5, 6, 7, 999], 3)
    assert (len(prices), prices[0], prices[-1], prices[-3]) == (3, 5, 7, 5)
    assert list(prices) == [5, 6, 7] == [*reversed([*reversed(prices)])]
    assert (prices == [5, 6, 7], prices == (5, 6, 7), prices == [5, 6], 6 in prices, 999 in prices) == (
        True, True, False, True, False,
    )  # fmt: skip
    assert repr(prices) == "[5, 6, 7]"
    assert not Prices([1], 0)
    for place in (3, -4):
        with pytest.raises(IndexError):
            prices[place]


def test_everything_that_can_be_seen_travels_to_the_students_process() -> None:
    here, there = by_hand(), in_the_students_process()
    of_a_market = {name for name, _ in public(here["ACME"])} - {"FACTS", "PAST", "instrument"}
    for name in of_a_market:
        ours, theirs = getattr(here["ACME"], name), getattr(there["ACME"], name)
        assert (ours() == theirs()) if callable(ours) else (ours == theirs), name
    for name in {name for name, value in public(here) if not callable(value)} - {"FACTS"}:
        assert getattr(here, name) == getattr(there, name), name
    assert [there.balance(asset) for asset in here.assets] == [5_000, 2]
