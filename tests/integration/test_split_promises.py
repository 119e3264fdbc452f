"""A split, a reverse split, a stock or a special dividend leaves everybody as rich as before, whatever is held.

Random mixes of all instruments, in cash accounts and in margin accounts of every kind, with open orders, loans, short
positions and pledges. Value, margin and open interest are compared to the cent just before and just after. 80 cases;
600 with HYPOTHESIS_PROFILE=ci. Where fractions of shares are left, they are paid in cash and round down to a cent.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import ClassVar

import pytest

from market_sim.core.models.derivatives import Future, Note, Option, Perpetual, PredictionContract, Warrant
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import CancelAll, Conditions, PlaceOrder, Split
from market_sim.core.models.market_events import OrderRejected, Transferred
from market_sim.core.models.mechanism_events import CorporateActionTaken, TermsAdjusted, share_ratio
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, TradeRefused
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.invariants import check
from market_sim.market.exchange.order import Order
from market_sim.market.mechanisms.clearing_house import ClearingHouse, positions
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.futures import Futures
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.margin_status import EVERYTHING, Agreement
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.notes import Notes
from market_sim.market.mechanisms.options import OptionsClearing
from market_sim.market.mechanisms.perpetuals import Perpetuals
from market_sim.market.mechanisms.prediction import PredictionMarket
from market_sim.market.mechanisms.requirements import PortfolioMargin
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.market.mechanisms.warrants import Warrants
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.run import Options as RunOptions
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder, OptionHolder
from market_sim.strategies.traditional.option_maker import OptionMaker
from tests.integration.conformance import movement_breaches
from tests.unit.market.mechanisms.brokerage import BTC, DAY, Market, check_promises

CASES = 600 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 80
ACTIONS = (
    ("split", 2), ("split", 3), ("split", 10), ("reverse split", 2), ("reverse split", 5),
    ("stock dividend", 500), ("stock dividend", 5_000), ("special dividend", 3_00),
)  # fmt: skip
CUSTOMERS = {
    "ann": Agreement(),
    "pat": Agreement(PortfolioMargin()),
    "leo": Agreement(BTC),
    "ida": Agreement(BTC, isolated=("PERP", "FUT")),
}
CASH = ("cid", "cat")


class Town(Market):
    """A market with everything in it, whose company is about to act."""

    def __init__(self, seed: int) -> None:
        luck = self.luck = Random(seed)
        action, amount = luck.choice(ACTIONS)
        self.new, self.old = share_ratio(action, amount)
        base = luck.randint(-(-20_00 // min(self.new, self.old)), 90_00)
        super().__init__(CUSTOMERS, price=base * self.new, uptick_rule=luck.random() < 0.3, clearing="variation")
        exchange, price = self.exchange, self.value.price
        terms = {"underlying": "ACME", "multiplier": 10 * self.old}
        at = {"strike": price + luck.choice([-5, 0, 5]) * price // 100, "expiry": 99 * DAY}
        for instrument in (
            Option("CALL", delivery="physical", **terms, **at),
            Option("PUT", right="put", delivery=luck.choice(["cash", "physical"]), **terms, **at),
            Future("FUT", expiry=99 * DAY, delivery=luck.choice(["cash", "physical"]), **terms),
            Perpetual("COIN", underlying="ACME", funding_every=99 * DAY, multiplier=luck.choice([1, 7])),
            Warrant("WARRANT", underlying="ACME", issuer="company", ratio=self.old, **at),
            Note("NOTE", underlying="ACME", issuer="bank", protected=1_000_00, strike=price, maturity=99 * DAY),
            PredictionContract("YES", question="Will it rain?"),
            PredictionContract("NO", question="Will it rain?"),
        ):
            exchange.list(instrument)
        for name in ("company", "bank", "oracle", *CASH):
            exchange.ledger.open_account(name)
            self.fund(name, 50_000_000_00)
        exchange.ledger.deposit("company", "ACME", 10_000_000)
        exchange.ledger.deposit("lender", "ACME", 100_000)
        for name in (*CUSTOMERS, *CASH):
            self.fund(name, luck.randint(10_000_00, 900_000_00))
            for symbol in ("ACME", "WARRANT", "NOTE"):
                if luck.random() < 0.5:
                    exchange.ledger.deposit(name, symbol, luck.randint(1, 300))
        self.marks = Marks({"ACME": self.value})
        prices, house = SettlementPrices(self.marks), ClearingHouse(1_000_000_00)
        self.options = OptionsClearing(house, prices, Randomness(seed))
        acts = [CorporateAction(5 * DAY, action, amount)]
        self.company = CorporateActions(house, "ACME", "company", acts, self.marks, self.options)
        for mechanism in (
            house, self.options, Futures(house, prices), Perpetuals(house, self.marks), Warrants(house, self.marks),
            Notes(house, prices), PredictionMarket(house, "YES", "NO", "oracle"), self.company,
        ):  # fmt: skip
            mechanism.attach(exchange, self.journal)
        self.later()

    def live(self, seen: Counter[str]) -> None:
        """Somebody trades with somebody, and orders of every kind wait."""
        luck, price = self.luck, self.value.price
        prices = {"ACME": price, "FUT": price, "COIN": price, "PERP": price, "CALL": price // 20, "PUT": price // 25,
                  "WARRANT": price // 10, "NOTE": 1_000_00}  # fmt: skip
        everybody = [*CUSTOMERS, *CASH, "mm"]
        for name in CASH:
            self.exchange.submit(name, Split("YES", luck.randint(1, 20)))
        for _ in range(60):
            symbol = luck.choice([*prices])
            buyer, seller = luck.sample(everybody, 2)
            limit, size = prices[symbol] * luck.randint(98, 102) // 100, luck.randint(1, 40)
            for name, side in ((seller, -1), (buyer, 1)):
                answer = self.exchange.submit(name, PlaceOrder(symbol, side, size, limit))
                seen[answer.reason if isinstance(answer, OrderRejected) else "accepted"] += 1
            if luck.random() < 0.2:
                stop = Conditions(stop=price * 2) if luck.random() < 0.5 else Conditions(peg="mid")
                waits = self.exchange.submit(buyer, PlaceOrder("ACME", 1, 1, price, conditions=stop))
                seen["stop or peg"] += isinstance(waits, Order)
        for name in (*CUSTOMERS, "mm"):
            self.margin.lending.return_idle(name)
        self.later()

    def worth(self) -> dict[str, int]:
        """What everybody is worth, the company's own shares left out."""
        calculator, marks = self.margin.calculator, dict(self.margin.calculator.marks)
        liabilities = Liabilities()
        liabilities.read(self.journal)
        found = {name: calculator.equity(name) for name in self.exchange.accounts}
        found["company"] -= self.exchange.accounts["company"].balance("ACME").total * marks["ACME"]
        for asset in ("ACME", "USD"):  # what is pledged still belongs to whoever pledged it
            for name, amount in self.options.pledges.owners(asset).items():
                each = amount * (marks["ACME"] if asset == "ACME" else 1)
                found[name] += each
                found["pledges"] -= each
        for owed in liabilities.borrowed.values():
            for lender, shares in owed.get("ACME", {}).items():
                found[lender] += shares * marks["ACME"]
        return found

    def margins(self) -> dict[tuple[str, str, bool], int]:
        """What every pool needs, to be kept and to be opened."""
        calculator = self.margin.calculator
        found = {}
        for name, agreement in calculator.agreements.items():
            for pool in (EVERYTHING, *agreement.isolated):
                found[name, pool, False] = calculator.status(name, pool).requirement
            held = calculator.net(name)
            found[name, EVERYTHING, True] = agreement.profile.requirement(
                held, calculator.marks, calculator.instruments, initial=True
            )
        return found

    def open_interest(self) -> dict[str, dict[str, int]]:
        """All positions in everything but the share and the cash."""
        return {symbol: positions(self.exchange, symbol) for symbol in self.exchange.listings if symbol != "ACME"}

    def orders(self) -> list[tuple[int, int, int]]:
        """The open orders on everything but the share."""
        return [
            (each.id, each.limit, each.remaining) for each in self.exchange.orders.values() if each.symbol != "ACME"
        ]


@pytest.mark.thorough
def test_nobody_gains_or_loses_by_a_corporate_action():
    seen: Counter[str] = Counter()
    for seed in range(CASES):
        town = Town(seed)
        town.live(seen)
        exact = town.luck.random() < 0.8
        if exact:  # everybody holds whole new shares: the rest goes to the maker
            level(town)
        before, margins, interest = town.worth(), town.margins(), town.open_interest()
        orders = town.orders()
        town.clock.now = 5 * DAY
        town.company.act(5 * DAY)
        town.margin.follow()
        after, taken = town.worth(), [*town.journal.of(CorporateActionTaken)][-1]
        told = f"seed {seed}: {taken}"
        changed = {name: after[name] - value for name, value in before.items() if after[name] != value}
        special, spent = taken.action == "special dividend", -changed.pop("company", 0)
        if special:
            assert (spent, changed) == (taken.amount * taken.entitled, {}), told
        elif exact:
            assert (spent, changed) == (0, {}), told
            cents = {pool: town.margins()[pool] - needed for pool, needed in margins.items()}
            # A portfolio's is a float that is rounded down, and may fall on the other side of a cent.
            assert all(abs(cent) <= (pool[0] == "pat") for pool, cent in cents.items()), f"{told}: {cents}"
        else:  # the company pays for the fractions that it does not hand out, less than a share to each
            assert 0 <= spent < len(before) * town.margin.calculator.marks["ACME"], told
            assert all(abs(change) <= 10 for change in changed.values()), f"{told}: {changed}"
        assert town.open_interest() == interest, told
        assert town.orders() == orders, told
        assert not any(order.symbol == "ACME" for order in town.exchange.orders.values())
        check_promises(town)
        assert not check(town.exchange), told
        seen[taken.action] += 1
        seen["exact"] += exact
        seen["pledged"] += bool(town.options.pledges.contracts)
        seen["borrowed"] += any(town.owed(name) for name in CUSTOMERS)
        seen["orders"] += bool(orders)
        for symbol, held in interest.items():
            seen[symbol] += bool(held)
        if seed % 20 == 0:
            assert not [*movement_breaches(town.journal)], told
    wanted = ("split", "reverse split", "stock dividend", "special dividend", "pledged", "borrowed", "orders",
              "stop or peg", "CALL", "PUT", "FUT", "COIN", "PERP", "WARRANT", "NOTE", "YES")  # fmt: skip
    assert min(seen[each] for each in wanted) > CASES // 20, seen


def level(town: Town) -> None:
    """Move shares to the maker, or have them lent by it, until all holdings and debts are multiples of `old`."""
    exchange, old = town.exchange, town.old
    for name in exchange.accounts:
        exchange.cancel_all(name, CancelAll("ACME"))
    for name in (*CUSTOMERS, "mm"):
        town.margin.lending.return_idle(name)
    town.margin.calculator.catch_up()
    for name in exchange.accounts:
        for lender, shares in [*town.margin.calculator.liabilities.borrowed.get(name, {}).get("ACME", {}).items()]:
            if shares % old:
                exchange.ledger.deposit(name, "ACME", shares % old)
                exchange.ledger.transfer(name, lender, "ACME", shares % old, "RETURNED", "ACME")
    for name in [*exchange.accounts]:
        missing = -exchange.accounts[name].balance("ACME").total % old
        if missing:
            exchange.ledger.deposit(name, "ACME", missing)
    town.margin.follow()


@dataclass(frozen=True)
class SplitsAndTrades(Scenario):
    """A share with options on it, whose company splits it, takes half of it back, and pays in shares and in cash."""

    name: ClassVar[str] = "splits-and-trades"

    def build(self, world: World) -> None:
        option = Option("CALL", underlying="ACME", strike=90_00, expiry=11 * SECOND, delivery="physical", multiplier=20)
        for instrument in (Stock("ACME"), option):
            world.list(instrument, value=100_00 if instrument.symbol == "ACME" else None, volatility_bps=20)
        world.join("maker", MarketMaker(spread_bps=10), cash=100_000_000, holdings={"ACME": 2_001})
        for number in range(3):
            world.join(f"noise-{number}", Noise(trade_probability=0.4), cash=5_000_000, holdings={"ACME": 53})
        world.join("writer", OptionMaker((option,)), cash=9_000_000, holdings={"ACME": 203})
        world.join("holder", OptionHolder(option, 4), cash=5_000_000)
        world.join("company", Holder(), cash=10_000_000, holdings={"ACME": 20_000})
        house, marks = ClearingHouse(1_000_000), Marks(world.values)
        world.attach(house)
        options = OptionsClearing(house, SettlementPrices(marks), world.randomness)
        world.attach(options)
        actions = [
            CorporateAction(2 * SECOND, "split", 2),
            CorporateAction(4 * SECOND, "reverse split", 4),
            CorporateAction(6 * SECOND, "stock dividend", 5_000),
            CorporateAction(8 * SECOND, "special dividend", 5_00),
        ]
        world.attach(CorporateActions(house, "ACME", "company", actions, marks, options))


@pytest.mark.thorough
def test_all_of_it_folds_travels_in_blocks_and_settles():
    once = simulate(SplitsAndTrades(), RunOptions(epochs=14, paranoid=True))
    again = simulate(SplitsAndTrades(), RunOptions(epochs=14, settlement="none"))
    assert once.digest("market") == again.digest("market")
    journal = once.journal
    assert len([*journal.of(CorporateActionTaken)]) == len([*journal.of(TermsAdjusted)]) == 4
    assert {event.reason for event in journal.of(Transferred)} >= {"SPLIT", "CASH_IN_LIEU", "DIVIDEND", "DELIVERED"}
    settled = [*journal.of(BlockSettled)]
    assert sum(event.trades for event in settled) > 0
    assert not [*journal.of(TradeRefused)]
    assert [*journal.of(Reconciled)][-1].last == settled[-1].last
