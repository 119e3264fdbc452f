"""Random lives of accounts with margin: whatever they try and wherever the price goes, the promises hold.

After every step cash, shares and contracts are conserved, no balance on the chain is negative, the journal adds up to
the accounts; and of every liquidation the exposure only fell, nobody healthy was touched, and no cent of a deficit is
missing. Canaries say that the interesting cases were reached.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from market_sim.core.models.intents import Amend, Buy, Cancel, Sell
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.models.mechanism_events import (
    DeficitCovered,
    LiquidationEnded,
    LiquidationStarted,
    MarginCalled,
    MarksTaken,
    PositionReduced,
    PositionSold,
)
from market_sim.market.mechanisms.liquidation import MOST_ROUNDS
from market_sim.market.mechanisms.margin_status import Agreement
from tests.unit.market.mechanisms.brokerage import BTC, DAY, Market, check_promises

ONCE_BROKEN = (1374, 1673, 2794)
"""Lives in which shares were given back that an order counted on, and an account was restored before its turn."""
ISOLATED = Agreement(BTC, isolated=("PERP",))


def life(seed: int, steps: int = 90) -> Market:
    """One random life; the promises are looked at after every step."""
    luck = Random(seed)
    customers = {"ann": Agreement(), "sid": Agreement(), "leo": Agreement(BTC), "ida": ISOLATED, "lou": Agreement(BTC)}
    market = Market(
        customers,
        insurance=luck.choice([0, 500_00, 50_000_00]),
        grace=luck.choice([0, DAY]),
        borrow_fees_bps={"ACME": 3_000},
        uptick_rule=luck.random() < 0.5,
    )
    for name in customers:
        market.fund(name, luck.randint(1_000_00, 80_000_00))
    for _ in range(steps):
        step(market, luck, [*customers])
        check_promises(market)
    return market


def step(market: Market, luck: Random, customers: list[str]) -> None:
    """Somebody orders, the maker quotes, or time passes."""
    symbol, price = luck.choice(["ACME", "PERP"]), max(1, market.value.price)
    near = max(1, price + luck.randint(-price // 40, price // 40))
    name, size = luck.choice(customers), luck.randint(1, 300)
    choice = luck.random()
    account = market.exchange.accounts[name]
    if choice < 0.25:
        market.offer(near, luck.randint(1, 300), symbol)
        market.bid(max(1, near - price // 100 - 1), luck.randint(1, 300), symbol)
    elif choice < 0.65:
        market.exchange.submit(name, (Buy if luck.random() < 0.5 else Sell)(symbol, size, near))
    elif choice < 0.75 and account.open:
        order = luck.choice([*account.open])
        market.exchange.submit(
            name, luck.choice([Cancel(order), Amend(order, quantity=size), Amend(order, limit=near)])
        )
    else:
        jump = luck.choice([0, 0, 1, -1, 3, -3, 9, -9, 40, -40])
        market.later(max(0, price * (100 + jump) // 100), by=luck.choice([DAY // 10, DAY]))


def promises_of_liquidations(market: Market) -> Counter[str]:
    """Read the journal once; what was met is counted."""
    met: Counter[str] = Counter()
    liquidated, held = "", {}
    for event in market.journal:
        if isinstance(event, Trade):
            for name, change in (
                (event.taker, event.side * event.quantity),
                (event.maker, -event.side * event.quantity),
            ):
                before = held.get((name, event.symbol), 0)
                held[name, event.symbol] = before + change
                if name == liquidated:  # L4: never larger, never turned around
                    assert abs(before + change) == abs(before) - abs(change), event
        elif isinstance(event, PositionReduced):
            for name, change in ((event.account, event.change), (event.counterparty, -event.change)):
                before = held.get((name, event.symbol), 0)
                held[name, event.symbol] = before + change
                assert abs(before + change) == abs(before) - abs(change), event
            met["deleveraged"] += 1
        elif isinstance(event, LiquidationStarted):
            assert event.equity < event.requirement  # L5
            liquidated = event.account
            met["liquidated"] += 1
        elif isinstance(event, LiquidationEnded):
            liquidated = ""
            met[event.outcome] += 1
            if event.outcome != "waiting":  # L3
                assert event.equity >= event.requirement
        elif isinstance(event, MarksTaken):
            assert event.round <= MOST_ROUNDS  # L9
        elif isinstance(event, (PositionSold, MarginCalled)):
            met[type(event).__name__] += 1
        elif isinstance(event, DeficitCovered):
            met[f"covered by {event.payer}" if event.payer in ("insurance", "broker") else "covered by others"] += 1
        elif isinstance(event, OrderRejected):
            met[event.reason] += 1
    return met


@pytest.mark.thorough
def test_the_promises_hold_in_random_lives_and_the_interesting_cases_occur() -> None:
    met: Counter[str] = Counter()
    for seed in (*range(150), *ONCE_BROKEN):
        met += promises_of_liquidations(life(seed))
    wanted = (
        "liquidated", "restored", "flat", "waiting", "deleveraged", "MarginCalled", "PositionSold",
        "covered by insurance", "covered by broker", "covered by others", "INITIAL_MARGIN", "NO_LOCATE",
    )  # fmt: skip
    assert not [case for case in wanted if not met[case]], met


def test_the_same_life_twice_is_the_same_journal() -> None:
    assert [*life(4).journal] == [*life(4).journal]


def test_all_equity_together_is_what_was_brought_in() -> None:
    """L3 and L7: with every account of the house counted, no cent of gains, fees, loans or deficits is missing."""
    for seed in range(150, 170):
        market = life(seed)
        calculator, exchange = market.margin.calculator, market.exchange
        calculator.catch_up()
        total = sum(calculator.equity(name) for name in exchange.accounts)
        owed = sum(calculator.liabilities.loans.values())
        lent = sum(
            shares * calculator.marks["ACME"]
            for held in calculator.liabilities.borrowed.values()
            for lenders in held.values()
            for shares in lenders.values()
        )
        assets = sum(
            balance.total * (1 if asset == "USD" else calculator.marks["ACME"])
            for account in exchange.accounts.values()
            for asset, balance in account.balances.items()
            if asset in ("USD", "ACME")
        )
        assert total + owed + lent == assets
