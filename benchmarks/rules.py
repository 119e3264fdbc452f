"""What the rules of a market cost: the exchange with and without the checks of `classroom`, on the core stream.

    python -m benchmarks.rules

Both run in turn in one process, part by part, and of each part the fastest of several runs counts, so that the speed of
the machine and its other work drop out; the ratio of the sums is the figure.
Every number is that of the profile, but the position limit, as each of the hundred accounts holds a fortune. The stream
breaches nothing: every check is made and every order passes, so both have to give the trades of the stream.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import math
import time
from collections.abc import Sequence

from benchmarks.core_stream import ADD, CoreStream, digest
from benchmarks.levels import FREE, SHORT, TRADES, an_exchange, of_accounts
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.core.models.market_events import Trade
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.profile import Profile
from market_sim.market.compliance.profiles import CLASSROOM
from market_sim.market.exchange.exchange import Exchange
from market_sim.simulation.engine.clock import MILLISECOND

REPETITIONS, PART = 8, 4_000
ENOUGH = 10**17


def of_the_rich() -> Profile:
    """The profile `classroom` with a position limit for accounts that hold as much as those of the stream."""
    assert CLASSROOM.position_limit is not None
    return dataclasses.replace(CLASSROOM, position_limit=dataclasses.replace(CLASSROOM.position_limit, most=ENOUGH))


def exchange_with(profile: Profile | None) -> tuple[Exchange, Journal]:
    """An exchange of rich accounts, with these rules or none."""
    journal = Journal()
    exchange = an_exchange(FREE, journal)
    if profile is not None:
        MarketRules(profile).attach(exchange, journal)
    return exchange, journal


def seconds(exchange: Exchange, part: Sequence[tuple[str, int, int, int, int, int]]) -> float:
    """The processor time of these operations, a millisecond of the simulation's clock apart."""
    submit, clock = exchange.submit, exchange.clock
    begin = time.process_time()
    for name, kind, number, side, price, quantity in part:
        clock.now += MILLISECOND
        if kind == ADD:
            submit(name, PlaceOrder("ACME", side, quantity, price))
        else:
            submit(name, Cancel(number))
    return time.process_time() - begin


def run(parts: Sequence[list[tuple[str, int, int, int, int, int]]], best: dict[str, list[float]]) -> None:
    """One run of both, part by part in turn; the least time of each part so far goes to `best`."""
    both = {"none": exchange_with(None), "classroom": exchange_with(of_the_rich())}
    gc.collect()
    for number, part in enumerate(parts):
        for name in sorted(both, reverse=bool(number % 2)):
            best[name][number] = min(best[name][number], seconds(both[name][0], part))
    for _, journal in both.values():
        trades = [(trade.maker_order, trade.taker_order, trade.price, trade.quantity) for trade in journal.of(Trade)]
        if digest(trades) != TRADES[SHORT]:
            raise SystemExit("the rules changed the trades of the stream")


def figures() -> dict[str, float]:
    """Microseconds for each operation with and without rules."""
    operations = list(of_accounts(CoreStream().operations(SHORT)))
    parts = [operations[first : first + PART] for first in range(0, SHORT, PART)]
    best = {name: [math.inf] * len(parts) for name in ("none", "classroom")}
    for _ in range(REPETITIONS):
        run(parts, best)
    base, full = sum(best["none"]), sum(best["classroom"])
    return {
        "microseconds for each operation without rules": 1e6 * base / SHORT,
        "microseconds for each operation with classroom": 1e6 * full / SHORT,
        "cost of the checks, % of the exchange": 100 * (full / base - 1),
    }


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
