"""Latency: from the message to the match, and what rules, halts, strategies and the dashboard take (PF-02, PF-03).

Times on the wall, as a participant would feel them, at the median and the 99th percentile of many; so a busy machine
shows. What is modelled is the time of a simulation: a stack of the latency budget (rulebook F-4.10), or the clock of a
run.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from time import perf_counter_ns

import msgspec

from market_sim.analysis.results.result import Result
from market_sim.api.stream.ticker import CYCLE_NS, TickerFold
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.core.models.market_events import PhaseChanged, Trade
from market_sim.core.money import dollars
from market_sim.core.randomness import Randomness
from market_sim.market.agents.strategy import Remark, Strategy
from market_sim.market.agents.view import View
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.profiles import CLASSROOM
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.venues.latency_budget import KERNEL, STAGES, drawn
from market_sim.simulation.engine.clock import MILLISECOND, SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.ui.meter.order_stream import ACCOUNTS, START, SYMBOL, an_exchange, order_stream
from market_sim.ui.meter.readings import NONE, Panel, Reading, Section
from market_sim.ui.meter.throughput import wide_rules
from market_sim.ui.order_budget import MESSAGES, rank

STEPS = 20_000
MESSAGES_MEASURED = 2_000
HALTS = 40
DASHBOARDS = 5
SECONDS = 10
NANOSECONDS = {"ms": 1e6, "us": 1e3}
"""In each unit that is written."""
Times = list[int]
"""In nanoseconds, one for each time that the act was done."""


def latency(steps: int = STEPS, halts: int = HALTS, dashboards: int = DASHBOARDS) -> Section:
    """All of it."""
    plain, ruled, wire = matching(steps), matching(steps, rules=True), over_sockets(MESSAGES_MEASURED)
    result = simulate(FirstMarket(), Options(settlement="none"))
    halted, moved = until_halted(halts)
    deciding = decisions(SECONDS)
    pictures = [timed(partial(_dashboard, result)) for _ in range(dashboards)]
    data = tickers(result.journal)
    stack = [sum(path) for path in drawn(KERNEL, MESSAGES, Randomness(1).stream("meter"))]
    way = [path[0] + path[1] for path in drawn(KERNEL, MESSAGES, Randomness(2).stream("meter"))]
    back = [there + other for there, other in zip(stack, way, strict=True)]
    risk = _stage("risk")
    stacked = "the kernel stack of the latency budget"
    return Section(
        "latency",
        (
            _reading("match", plain, "ms", stack, f"{steps:,} steps through the exchange; modelled: {stacked}"),
            _reading("signal", deciding, "us", None, "one decision of a maker or a noise trader; no time in a run"),
            _reading("data", data, "ms", [CYCLE_NS], "the ticker of a book, folded and encoded; modelled: its cycle"),
            _reading("halt", halted, "ms", moved, "the trade that halts; modelled: the clock from it to the halt"),
            _reading("compliance", ruled, "ms", risk, "an order with all rules of classroom; modelled: the risk check"),
            _reading("dashboard", pictures, "ms", None, f"the page of {result.scenario}, {dashboards} times"),
            _reading("data-p99", wire["data"], "us", way, "a trade encoded, sent over local sockets and decoded"),
            _reading("generation", deciding, "us", None, "one decision of a maker or a noise trader; no time in a run"),
            _reading("transmission", wire["order"], "us", way, "over local sockets; modelled: network card and kernel"),
            _reading("round-trip", wire["round trip"], "us", back, "order, match and answer over local sockets"),
        ),
        (_stages(wire, plain, ruled),),
    )


def matching(steps: int, rules: bool = False) -> Times:
    """From the call to its return, step by step, with a millisecond of the clock between two of them."""
    journal = Journal()
    exchange = an_exchange(journal)
    if rules:
        MarketRules(wide_rules()).attach(exchange, journal)
    taken: Times = []
    for account, number, side, limit, quantity in order_stream(steps):
        exchange.clock.now += MILLISECOND
        intent = PlaceOrder(SYMBOL, side, quantity, limit) if quantity else Cancel(number)
        begun = perf_counter_ns()
        exchange.submit(account, intent)
        taken.append(perf_counter_ns() - begun)
    return taken


def over_sockets(messages: int) -> dict[str, Times]:
    """What a pair of local sockets takes with an order, with a trade, and with an order and its answer."""
    journal = Journal()
    exchange = an_exchange(journal)
    for side in (SELL, BUY):
        exchange.submit(ACCOUNTS[side][0], PlaceOrder(SYMBOL, side, 5, START))
    [trade] = journal.of(Trade)
    near, far = socket.socketpair()
    orders, trades = msgspec.json.Decoder(PlaceOrder).decode, msgspec.json.Decoder(Trade).decode
    encode = msgspec.json.encode
    found: dict[str, Times] = {"order": [], "data": [], "round trip": []}
    sent = [step for step in order_stream(3 * messages) if step.quantity][:messages]

    def across(text: bytes) -> bytes:
        near.sendall(text)
        return far.recv(len(text))

    def transmitted(order: PlaceOrder) -> None:
        across(encode(order))

    def told() -> None:
        trades(across(encode(trade)))

    def there_and_back(account: str, order: PlaceOrder) -> None:
        answer = exchange.submit(account, orders(across(encode(order))))
        across(encode(str(answer)))

    with near, far:
        for account, _, side, limit, quantity in sent:
            order = PlaceOrder(SYMBOL, side, quantity, limit)
            found["order"].append(timed(partial(transmitted, order)))
            found["data"].append(timed(told))
            found["round trip"].append(timed(partial(there_and_back, account, order)))
    return found


def until_halted(times: int) -> tuple[Times, Times]:
    """What the trade takes that halts its market, on the wall and on the clock of the run."""
    wall, clock = [], []
    for _ in range(times):
        journal = Journal()
        exchange = an_exchange(journal)
        MarketRules(replace(wide_rules(), symbol_halt=CLASSROOM.symbol_halt)).attach(exchange, journal)
        for limit in (START, START + START // 10):  # the second one is 10 % away
            exchange.clock.now += SECOND
            exchange.submit(ACCOUNTS[SELL][0], PlaceOrder(SYMBOL, SELL, 1, limit))
            took = timed(partial(exchange.submit, ACCOUNTS[BUY][0], PlaceOrder(SYMBOL, BUY, 1, limit)))
        halted = [event for event in journal.of(PhaseChanged) if event.phase == "halted"]
        last = [*journal.of(Trade)][-1]
        wall.append(took)
        clock.append(halted[0].time - last.time)
    return wall, clock


@dataclass
class Timed(Strategy):
    """A strategy whose decisions are timed."""

    inner: Strategy
    taken: Times

    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Decide as it does, all at once."""
        begun = perf_counter_ns()
        wanted = list(self.inner.decide(view))
        self.taken.append(perf_counter_ns() - begun)
        return wanted


def decisions(seconds: int) -> Times:
    """What each decision takes in a market of two makers and eight noise traders."""
    taken: Times = []
    world = World(seed=7)
    world.list(Stock(SYMBOL))
    world.value(SYMBOL, dollars(100), RandomWalk(2.0))
    for number in range(10):
        strategy = MarketMaker() if number < 2 else Noise()
        world.join(f"agent-{number}", Timed(strategy, taken), cash=10**9, holdings={SYMBOL: 10**5})
    world.start(SECOND)
    world.clock.run(until=seconds * SECOND)
    return taken


def tickers(journal: Journal) -> Times:
    """From each trade of a run to the encoded tickers of its instant."""
    fold, taken = TickerFold(), list[int]()
    for event in journal:
        begun = perf_counter_ns()
        fold.add(event)
        if type(event) is Trade:
            msgspec.json.encode(fold.at(event.time))
            taken.append(perf_counter_ns() - begun)
    return taken


def timed(act: Callable[[], object]) -> int:
    """How long an act takes, in nanoseconds."""
    begun = perf_counter_ns()
    act()
    return perf_counter_ns() - begun


def written(times: Sequence[int], unit: str) -> str:
    """Median and 99th percentile.

    >>> written([1_000, 2_000, 9_000], "us")
    'p50 2.00, p99 9.00 us'
    """
    scale = NANOSECONDS[unit]
    return f"p50 {median(times) / scale:,.{_places(unit)}f}, p99 {rank(times, 0.99) / scale:,.{_places(unit)}f} {unit}"


def _places(unit: str) -> int:
    return 3 if unit == "ms" else 2


def _reading(claim: str, times: Times, unit: str, model: Sequence[int] | None, how: str) -> Reading:
    value = rank(times, 0.99) / NANOSECONDS[unit]
    return Reading(claim, written(times, unit), value, NONE if model is None else written(model, unit), how)


def _stage(name: str) -> Times:
    place = [stage.name for stage in STAGES].index(name)
    return [path[place] for path in drawn(KERNEL, MESSAGES, Randomness(3).stream("meter"))]


def _dashboard(result: Result) -> str:
    from market_sim.analysis.visualization.dashboard import Dashboard

    return Dashboard(result).generate_html_dashboard()


def _stages(wire: dict[str, Times], plain: Times, ruled: Times) -> Panel:
    every = {**wire, "match": plain, "match with rules": ruled}
    rows = tuple(
        (name, f"{len(times):,}", *(f"{rank(times, share) / 1_000:,.2f}" for share in (0.5, 0.9, 0.99, 1.0)))
        for name, times in every.items()
    )
    head = ("what", "times", "p50", "p90", "p99", "greatest")
    return Panel("latencies", "The same in microseconds", "On the wall; the greatest has the moments of others in it.",
                 head, rows)  # fmt: skip
