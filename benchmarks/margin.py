"""What margin costs: L1 with every account on margin beside L1 without, and equity for many accounts.

    python -m benchmarks.margin

The core stream of `levels`, where a hundred accounts trade one stock. Ten microseconds pass from one operation to the
next, so that marks are taken and all accounts are looked at every 10,000 operations. Processor time; the two subjects
in turn, the median of the repetitions; the trades must be those of the stream in both. Prints one JSON object.
"""

from __future__ import annotations

import json
import time
from statistics import median

from benchmarks.core_stream import ADD, CoreStream, Operation, digest
from benchmarks.levels import NAMES, SHORT, TRADES, WITH_FEES, an_exchange
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Cancel, PlaceOrder
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.mechanisms.margin import CHECK_NS, MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.simulation.engine.clock import Clock

REPETITIONS = 5
STEP_NS = 10_000
ACCOUNTS, INSTRUMENTS = 1_000, 50


def operations_per_second(operations: list[Operation], on_margin: bool) -> float:
    """The stream once, through an exchange whose accounts all have margin or none."""
    journal = Journal()
    exchange = an_exchange(WITH_FEES, journal)
    clock, submit = exchange.clock, exchange.submit
    margin = MarginAccounts({name: Agreement() for name in (*NAMES[1], *NAMES[-1])}, MarginTerms())
    if on_margin:
        margin.attach(exchange, journal)
    begin = time.process_time()
    due = CHECK_NS
    for kind, number, side, price, quantity in operations:
        clock.now += STEP_NS
        if clock.now >= due:
            due += CHECK_NS
            if on_margin:
                margin.act(clock.now)
        name = NAMES[side][number % 50]
        submit(name, PlaceOrder("ACME", side, quantity, price) if kind == ADD else Cancel(number))
    took = time.process_time() - begin
    trades = [(trade.maker_order, trade.taker_order, trade.price, trade.quantity) for trade in journal.of(Trade)]
    if digest(trades) != TRADES[SHORT]:
        raise SystemExit(f"margin gave other trades than the stream has: {digest(trades)}")
    return len(operations) / took


def equity_milliseconds() -> float:
    """Equity of 1,000 accounts with 50 instruments each, added up from scratch."""
    journal = Journal()
    exchange = Exchange(Clock(), journal)
    names = [f"account-{number}" for number in range(ACCOUNTS)]
    symbols = [f"S{number}" for number in range(INSTRUMENTS)]
    for symbol in symbols:
        exchange.list(Stock(symbol)).last = 10_000
    for name in names:
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, "USD", 10**9)
        for symbol in symbols:
            exchange.ledger.deposit(name, symbol, 100)
    margin = MarginAccounts({name: Agreement() for name in names}, MarginTerms())
    margin.attach(exchange, journal)
    margin.act(0)
    taken = []
    for _ in range(REPETITIONS):
        begin = time.process_time()
        total = sum(margin.calculator.equity(name) for name in names)
        taken.append(1_000 * (time.process_time() - begin))
        if total != ACCOUNTS * (10**9 + INSTRUMENTS * 100 * 10_000):
            raise SystemExit(f"the equity of all accounts is {total}")
    return median(taken)


def figures() -> dict[str, float]:
    """All figures."""
    operations = list(CoreStream().operations(SHORT))
    if sum(kind == ADD for kind, *_ in operations) < SHORT // 2:
        raise SystemExit("the stream has too few orders to measure what an order costs")
    without, within = [], []
    for _ in range(REPETITIONS):
        without.append(operations_per_second(operations, False))
        within.append(operations_per_second(operations, True))
    return {
        "L1 without margin, operations/s": median(without),
        "L1 with margin, operations/s": median(within),
        "L1 with margin as a part of L1 without": median(within) / median(without),
        "equity of 1,000 accounts with 50 instruments, ms": equity_milliseconds(),
    }


if __name__ == "__main__":
    print(json.dumps(figures()))
