"""What the rules of a market cost: the exchange with and without the checks of `classroom`, on the core stream.

    python -m benchmarks.rules

Both run in turn in one process, and the ratio of their medians is the figure, so that the machine's speed drops out.
Every number is that of the profile, but the position limit, as each of the hundred accounts holds a fortune. The stream
breaches nothing: every check is made and every order passes, so both have to give the trades of the stream.
"""

from __future__ import annotations

import dataclasses
import json
import time
from statistics import median

from benchmarks.core_stream import ADD, CoreStream, Operation, digest
from benchmarks.levels import FREE, SHORT, TRADES, an_exchange, of_accounts
from market_sim.core.data.journal import Journal
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.core.models.market_events import Trade
from market_sim.market.compliance.market_rules import MarketRules
from market_sim.market.compliance.profile import Profile
from market_sim.market.compliance.profiles import CLASSROOM
from market_sim.simulation.engine.clock import MILLISECOND

REPETITIONS = 5
ENOUGH = 10**17


def of_the_rich() -> Profile:
    """The profile `classroom` with a position limit for accounts that hold as much as those of the stream."""
    assert CLASSROOM.position_limit is not None
    return dataclasses.replace(CLASSROOM, position_limit=dataclasses.replace(CLASSROOM.position_limit, most=ENOUGH))


def seconds(operations: list[Operation], profile: Profile | None) -> float:
    """The processor time of all operations, a millisecond of the simulation's clock apart."""
    journal = Journal()
    exchange = an_exchange(FREE, journal)
    if profile is not None:
        MarketRules(profile).attach(exchange, journal)
    ready, submit, clock = list(of_accounts(operations)), exchange.submit, exchange.clock
    begin = time.process_time()
    for name, kind, number, side, price, quantity in ready:
        clock.now += MILLISECOND  # type: ignore[misc]
        if kind == ADD:
            submit(name, PlaceOrder("ACME", side, quantity, price))
        else:
            submit(name, Cancel(number))
    took = time.process_time() - begin
    trades = [(trade.maker_order, trade.taker_order, trade.price, trade.quantity) for trade in journal.of(Trade)]
    if digest(trades) != TRADES[len(operations)]:
        raise SystemExit("the rules changed the trades of the stream")
    return took


def figures() -> dict[str, float]:
    """Microseconds for each operation with and without rules, in turn."""
    operations = list(CoreStream().operations(SHORT))
    profiles = {"none": None, "classroom": of_the_rich()}
    took: dict[str, list[float]] = {name: [] for name in profiles}
    for _ in range(REPETITIONS):
        for name, profile in profiles.items():
            took[name].append(seconds(operations, profile))
    base, full = median(took["none"]), median(took["classroom"])
    return {
        "microseconds for each operation without rules": 1e6 * base / SHORT,
        "microseconds for each operation with classroom": 1e6 * full / SHORT,
        "cost of the checks, % of the exchange": 100 * (full / base - 1),
    }


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
