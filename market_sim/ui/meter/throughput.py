"""Throughput: the bare book, the whole exchange with rules, and markets with ever more agents (PF-01).

Processor time is counted: what the machine does besides leaves it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import log
from statistics import fmean
from time import process_time

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.money import dollars
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.profile import FatFinger, MarketWide, Profile, SymbolHalt
from market_sim.market.compliance.profiles import CLASSROOM
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import OrderBook
from market_sim.simulation.engine.clock import MILLISECOND, SECOND
from market_sim.simulation.engine.world import World
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.ui.meter.order_stream import SYMBOL, Step, an_exchange, order_stream
from market_sim.ui.meter.readings import Panel, Reading, Section

STEPS = 40_000
REPETITIONS = 3
SIZES = (10, 100, 1_000)
WAKE_UPS = 20_000
WAKES_PER_SECOND = 10
ENOUGH = 10**24


def wide_rules() -> Profile:
    """The profile `classroom` with limits that nothing reaches: every check is made and every order passes."""
    position, volatility = CLASSROOM.position_limit, CLASSROOM.volatility
    return replace(
        CLASSROOM,
        market_wide=MarketWide(level_1=9_997, level_2=9_998, level_3=9_999),
        symbol_halt=SymbolHalt(move=10_000_000),
        volatility=volatility and replace(volatility, times_baseline=1_000_000),
        position_limit=position and replace(position, most=ENOUGH),
        fat_finger=FatFinger(most=10**6),
    )


def throughput(steps: int = STEPS, sizes: Sequence[int] = SIZES, wake_ups: int = WAKE_UPS) -> Section:
    """All of it."""
    stream = order_stream(steps)
    book = best(lambda: steps / bare_book(stream)[0])
    whole = best(lambda: steps / full_exchange(stream)[0])
    markets = [(size, *best_of_two(partial(market, size, wake_ups))) for size in sizes]
    slope = cost_slope([(size, wakes) for size, wakes, _ in markets])
    middle = min(markets, key=lambda one: abs(one[0] - 100))
    rows = tuple((f"{size:,}", f"{wakes:,.0f}", f"{events:,.0f}") for size, wakes, events in markets)
    return Section(
        "throughput",
        (
            Reading(
                "orders", f"{whole:,.0f} orders/s; the bare book {book:,.0f}", whole,
                how=f"{steps:,} steps through the exchange with checks, rules, fees and journal",
            ),
            Reading(
                "events", f"{middle[2]:,.0f} events/s", middle[2], how=f"the journal of a market of {middle[0]} agents"
            ),
            Reading(
                "agents", f"a run costs n^{1 + slope:.2f} of its agents n", 1 + slope,
                how=f"the slope of log cost over log agents, {sizes[0]:,} to {sizes[-1]:,}; 1 is linear",
            ),
        ),
        (Panel("agents", "Markets with ever more agents", "Rates for a second of processor time.",
               ("agents", "wake-ups/s", "events/s"), rows),),
    )  # fmt: skip


def best(measure: Callable[[], float]) -> float:
    """The best of some repetitions: what the machine can do when it is left alone."""
    return max(measure() for _ in range(REPETITIONS))


def best_of_two(measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """The faster one of two repetitions."""
    return max(measure() for _ in range(2))


def bare_book(stream: Sequence[Step]) -> tuple[float, int]:
    """The seconds of the order book alone, and the quantity that traded."""
    book, terms = OrderBook(), PlaceOrder(SYMBOL, 1, 1, 1)
    orders: dict[int, Order] = {}
    traded = 0
    begun = process_time()
    for account, number, side, limit, quantity in stream:
        if quantity:
            order = Order(number, account, account, side, limit, side * limit, quantity, quantity, terms, SYMBOL)
            for maker, amount in book.place(order):
                traded += amount
                if not maker.remaining:
                    del orders[maker.id]
            if order.remaining:
                orders[number] = order
        elif number in orders:
            book.remove(orders.pop(number))
    return process_time() - begun, traded


def full_exchange(stream: Sequence[Step]) -> tuple[float, int]:
    """The same through the exchange with its rules, a millisecond of the clock apart."""
    journal = Journal()
    exchange = an_exchange(journal)
    MarketRules(wide_rules()).attach(exchange, journal)
    submit, clock = exchange.submit, exchange.clock
    begun = process_time()
    for account, number, side, limit, quantity in stream:
        clock.now += MILLISECOND
        submit(account, PlaceOrder(SYMBOL, side, quantity, limit) if quantity else Cancel(number))
    took = process_time() - begun
    sent = sum(1 for one in stream if one.quantity)
    if sum(1 for _ in journal.of(OrderAccepted)) != sent:
        raise InvariantBroken("the exchange with rules that nothing reaches accepts every order of the stream")
    return took, sum(trade.quantity for trade in journal.of(Trade))


def market(agents: int, wake_ups: int) -> tuple[float, float]:
    """Wake-ups and events for a second of processor time, with one maker for ten agents."""
    world = World(seed=7)
    world.list(Stock(SYMBOL))
    world.value(SYMBOL, dollars(100), RandomWalk(2.0))
    makers = max(1, agents // 10)
    for number in range(makers):
        maker = MarketMaker(spread_bps=8 + number % 20, levels=1)
        world.join(f"maker-{number}", maker, cash=10**10, holdings={SYMBOL: 10**6})
    for number in range(agents - makers):
        world.join(f"noise-{number}", Noise(trade_probability=0.05), cash=10**8, holdings={SYMBOL: 10**4})
    world.start(SECOND)
    seconds = max(1, wake_ups // (agents * WAKES_PER_SECOND))
    begun = process_time()
    world.clock.run(until=seconds * SECOND)
    took = process_time() - begun
    return agents * seconds * WAKES_PER_SECOND / took, len(world.journal) / took


def cost_slope(rates: Sequence[tuple[int, float]]) -> float:
    """The slope of log(cost of a wake-up) over log(agents), by least squares: 0 where a run's cost is linear.

    >>> round(cost_slope([(10, 1_000.0), (100, 1_000.0), (1_000, 1_000.0)]), 6)
    0.0
    >>> round(cost_slope([(10, 1_000.0), (100, 100.0)]), 6)
    1.0
    """
    points = [(log(agents), -log(rate)) for agents, rate in rates]
    x, y = (fmean(axis) for axis in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)
