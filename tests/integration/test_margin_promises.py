"""What may be opened may be kept, and no detour does what a new order may not: random worlds of accounts with margin.

An order that is accepted from an account in good order leaves every pool of it at or above maintenance while the
price stays; an amendment, and an order entered again, are refused wherever the same new order is. 200 cases of each;
2,000 with HYPOTHESIS_PROFILE=ci. Canaries say that the interesting cases were reached.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random

from market_sim.core.models.derivatives import Future, Option
from market_sim.core.models.intents import BUY, SELL, Amend, Cancel, PlaceOrder
from market_sim.core.models.market_events import OrderRejected
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.margin_status import EVERYTHING, Agreement
from market_sim.market.mechanisms.requirements import PortfolioMargin, StrategyMargin
from market_sim.pricing.perpetual import Tier
from tests.unit.market.mechanisms.brokerage import BTC, DAY, Market, check_promises

CASES = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 200
STEEP = StrategyMargin(leverage=25, tiers=(Tier(0, 100), Tier(200_000_00, 300)))
AGREEMENTS = (
    Agreement(),
    Agreement(PortfolioMargin()),
    Agreement(BTC, isolated=("PERP",)),
    Agreement(STEEP, isolated=("PERP", "FUT")),
    Agreement(STEEP),
)
SYMBOLS = ("ACME", "ACME", "PERP", "FUT", "CALL", "PUT")


def world(luck: Random, **terms: object) -> Market:
    """One customer with some cash, a share at any price from a dime to $300, and what is traded on it."""
    price = luck.choice([luck.randint(10, 12_00), luck.randint(10_00, 300_00)])
    market = Market({"ann": luck.choice(AGREEMENTS)}, price=price, **terms)
    for instrument in (
        Future("FUT", underlying="ACME", expiry=99 * DAY, multiplier=10),
        Option("CALL", underlying="ACME", strike=price, expiry=99 * DAY, multiplier=10),
        Option("PUT", underlying="ACME", strike=price, expiry=99 * DAY, right="put", multiplier=10),
    ):
        market.exchange.list(instrument)
    market.exchange.ledger.deposit("lender", "ACME", 1_000_000)
    market.exchange.ledger.deposit("mm", "ACME", 1_000_000)
    market.fund("ann", luck.randint(1, 40) * price * 10)
    market.later()
    return market


def wish(market: Market, luck: Random) -> PlaceOrder:
    """Some order near the mark, or far from it."""
    symbol = luck.choice(SYMBOLS)
    mark = market.margin.calculator.marks[symbol]
    spread = luck.choice([0, 2, 20]) * mark // 100
    limit = max(1, mark + luck.randint(-spread, spread))
    return PlaceOrder(symbol, luck.choice((1, -1)), luck.randint(1, 200), limit)


def meet(market: Market, intent: PlaceOrder, luck: Random) -> None:
    """Let the maker stand on the other side, for all of it or a part."""
    other = PlaceOrder(intent.symbol, -intent.side, luck.randint(1, intent.quantity), intent.limit)
    market.exchange.submit("mm", other)


def keeps(market: Market) -> list[str]:
    """The pools of the customer that are below maintenance."""
    calculator = market.margin.calculator
    pools = (EVERYTHING, *calculator.agreements["ann"].isolated)
    found = [calculator.status("ann", pool) for pool in pools]
    return [f"{each.pool}: {each.equity} of {each.requirement}" for each in found if each.in_breach]


def test_what_may_be_opened_may_be_kept_at_the_unchanged_price():
    seen: Counter[str] = Counter()
    for seed in range(CASES):
        luck = Random(seed)
        market = world(luck)
        for _ in range(12):
            intent, before = wish(market, luck), dict(market.margin.calculator.marks)
            held = market.margin.calculator.net("ann").get(intent.symbol, 0)
            if held * intent.side < 0 and intent.quantity <= abs(held):
                continue  # closing is allowed without any margin
            if luck.random() < 0.7:
                meet(market, intent, luck)
            answer = market.exchange.submit("ann", intent)
            if isinstance(answer, Order) and luck.random() < 0.5:
                meet(market, intent, luck)
            elif isinstance(answer, Order) and answer.status == "open" and luck.random() < 0.5:
                limit = max(1, answer.limit * luck.randint(80, 120) // 100)
                done = market.exchange.submit("ann", Amend(answer.id, intent.quantity + luck.randrange(99), limit))
                seen["amended"] += isinstance(done, Order)
            seen[answer.reason if isinstance(answer, OrderRejected) else answer.status] += 1
            if before != market.margin.calculator.marks:
                break
            assert not keeps(market), f"seed {seed}: {intent}: {keeps(market)}"
        check_promises(market)
    assert min(seen[each] for each in ("filled", "open", "amended", "INITIAL_MARGIN")) > CASES // 10, seen


def restricted(seed: int) -> tuple[Market, PlaceOrder, PlaceOrder]:
    """A share, in most cases after a fall of more than a tenth, with a bid; an order, and what it shall become."""
    luck = Random(seed)
    market = world(luck, uptick_rule=True)
    price = market.value.price
    market.buy("mm2", 1, price)
    market.fund("mm2", price)
    market.exchange.submit("mm2", PlaceOrder("ACME", 1, 1, price))
    if luck.random() < 0.5:
        market.buy("ann", 1 + luck.randrange(5), price)
    market.later(by=DAY)
    bid = max(1, price * luck.choice([85, 85, 97]) // 100)
    market.fund("mm2", bid)
    market.offer(bid, 1)
    market.exchange.submit("mm2", PlaceOrder("ACME", 1, 1, bid))
    market.bid(bid, luck.randint(1, 50))
    side = luck.choice([BUY, SELL, SELL])

    def some(most: int) -> PlaceOrder:
        below = max(1, bid - 1)
        limit = max(1, bid + luck.choice([0, 1, bid // 20, bid // 10])) if side == SELL else below
        return PlaceOrder("ACME", side, luck.randint(1, most), limit)

    return market, some(60), some(400)


def code(answer: object) -> str:
    return answer.reason if isinstance(answer, OrderRejected) else ""


def test_neither_an_amendment_nor_another_entry_does_what_a_new_order_may_not():
    seen: Counter[str] = Counter()
    for seed in range(CASES):
        answers = []
        for way in ("new", "again", "amended"):
            market, first, then = restricted(seed)
            order = market.exchange.submit("ann", first) if way != "new" else None
            if way != "new" and not (isinstance(order, Order) and order.status == "open" and not order.filled):
                answers.append(None)
                continue
            if way == "amended":
                done = market.exchange.submit("ann", Amend(order.id, then.quantity, then.limit))
            else:
                if order is not None:
                    market.exchange.submit("ann", Cancel(order.id))
                done = market.exchange.submit("ann", then)
            answers.append(code(done))
            check_promises(market)
        new, again, amended = answers
        smaller = then.limit == first.limit and then.quantity <= first.quantity
        seen[new] += 1
        if again is not None:
            seen["again"] += 1
            assert again == new, f"seed {seed}: {first}, then {then}: {answers}"
            assert amended == new or smaller, f"seed {seed}: {first}, then {then}: {answers}"
    assert min(seen[each] for each in ("again", "", "UPTICK_RULE", "INITIAL_MARGIN")) > CASES // 20, seen
