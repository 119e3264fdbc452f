"""A stream of orders for measuring: half passive limit orders, an eighth that trade, the rest cancellations.

>>> stream = order_stream(1_000)
>>> len(stream), stream == order_stream(1_000)
(1000, True)
"""

from __future__ import annotations

from typing import Final, NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY, SELL
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.clock import Clock

SYMBOL: Final = "ACME"
ACCOUNTS: Final = {BUY: [f"buyer-{number}" for number in range(50)], SELL: [f"seller-{number}" for number in range(50)]}
"""Other accounts buy than sell, so that no account meets an order of its own."""
START: Final = 10_000
PASSIVE, MARKETABLE = 0.50, 0.13
DEEPEST: Final = 30
RICH: Final = 10**15


class Step(NamedTuple):
    """One step of the stream: an order, or (with quantity 0) the cancellation of an earlier one."""

    account: str
    number: int
    """That of the order, counted from 1 over the orders."""
    side: int
    limit: int
    quantity: int


def order_stream(count: int, seed: int = 1) -> list[Step]:
    """The same steps each time. A cancellation may come too late, as in a market."""
    luck = Randomness(seed).stream("order stream")
    middle, placed, found = START, [Step("", 0, BUY, START, 0)], list[Step]()
    waiting: list[Step] = []
    while len(found) < count:
        draw = luck.random()
        side = BUY if luck.random() < 0.5 else SELL
        account = ACCOUNTS[side][int(luck.random() * 50)]
        quantity = 1 + int(luck.random() * 100)
        if draw < PASSIVE or not waiting:
            away = 1 + int(luck.random() * DEEPEST)
            one = Step(account, len(placed), side, middle - side * away, quantity)
            waiting.append(one)
        elif draw < PASSIVE + MARKETABLE:
            one = Step(account, len(placed), side, middle + side * 5, quantity)
            middle += side if luck.random() < 0.3 else 0
        else:
            gone = waiting.pop(int(luck.random() * len(waiting)))
            found.append(gone._replace(quantity=0))
            continue
        placed.append(one)
        found.append(one)
    return found


def an_exchange(journal: Journal) -> Exchange:
    """An exchange with one stock, fees, and rich accounts."""
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock(SYMBOL), FeeSchedule(maker=bps(1), taker=bps(2)))
    for names in ACCOUNTS.values():
        for name in names:
            exchange.ledger.open_account(name)
            exchange.ledger.deposit(name, "USD", RICH)
            exchange.ledger.deposit(name, SYMBOL, RICH // 1_000)
    return exchange
