"""Margin accounts on the chain beside a pool that halts: time to answer a margin call before anything is sold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from market_sim.blockchain.debt_model import UNIT, up
from market_sim.blockchain.guarded_amm import GuardedAmm
from market_sim.blockchain.guarded_amm_model import HaltRule
from market_sim.blockchain.margin_vault import MarginVault
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import CallContract
from market_sim.core.models.run_events import RunStarted
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed, ContractReconciled
from market_sim.core.money import dollars, written
from market_sim.core.units import MILLION
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.margin_sides import MarginBroker, MarginBuyer
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.pool_users import Caller

VALUE, POOL, SHARES = dollars(100), 10_000, 20
MONEY, MORE, CAPITAL = dollars(1_030), dollars(400), dollars(10_000)
BUY_DAY, SALE_DAY, SALES = 4, 6, 3
BUYERS = ("ann", "ben")


@dataclass(frozen=True)
class MarginOnChain(Scenario):
    """A crash halts a pool: ann answers her margin call in the halt and keeps her shares, ben is sold after it."""

    name: ClassVar[str] = "margin-on-chain"
    epochs: ClassVar[int] = 18
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "A halt stops the rest of a large sale and every liquidation: the buyer that brings money keeps the shares, "
        "the one that does not is sold afterwards, and the broker loses nothing."
    )

    move_percent: int = bounded(10, least=1, most=100)
    halt_epochs: int = bounded(6, least=1, most=100)
    sale: int = bounded(3_000, least=1, most=100_000)
    """The shares that the seller wants to sell on each of three days; the pool begins with 10,000."""

    def build(self, world: World) -> None:
        """A pool with a guard, a broker, two buyers on margin, and a seller of many shares."""
        world.list(Stock("ACME"), value=VALUE, volatility_bps=2)
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": 1_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        chain = world.chain("eth-tester")
        rule = HaltRule(self.move_percent * 100, window=2, halt=self.halt_epochs)
        pool = chain.deploy(GuardedAmm("pool", rule=rule))
        vault = chain.deploy(MarginVault(pool, "broker"))
        world.join("provider", Caller(((1, CallContract(pool.name, "add", (POOL, POOL * VALUE))),)))
        world.join("broker", MarginBroker(vault.name, CAPITAL, BUYERS, vault.call_of, vault.shares_of))
        for name, more in zip(BUYERS, (MORE, 0), strict=True):
            buyer = MarginBuyer(vault.name, MONEY, SHARES, BUY_DAY, partial(vault.call_of, name), more)
            world.join(name, buyer)
            chain.give(name, "USD", MONEY + more)
        sale = CallContract(pool.name, "sell", (self.sale, 0))
        world.join("seller", Caller(tuple((1 + 1_000 * (SALE_DAY + day), sale) for day in range(SALES))))
        chain.give("provider", "ACME", POOL)
        chain.give("provider", "USD", POOL * VALUE)
        chain.give("broker", "USD", CAPITAL)
        chain.give("seller", "ACME", self.sale * SALES)

    def holds(self, journal: Journal) -> bool:
        """Whether the halt refused sales and liquidations, only ben was sold, and no debt was lost."""
        told = _told(journal)
        return (
            bool(told.halts)
            and {"sell", "liquidate"} <= {call.function for call in told.refused}
            and set(told.sold) == {"ben"}
            and not told.lost
        )

    def conclusion(self, journal: Journal) -> str:
        """The halts, what they refused, and what became of the accounts."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so there were no margin accounts."
        told, had = _told(journal), next(journal.of(RunStarted)).epochs
        short = ""
        if had < self.epochs and not told.sold:
            more = f"--epochs {self.epochs} shows the rest"
            short = f" The run had {had} of the {self.epochs} epochs that this takes: {more}."
        if not told.bought:
            return f"Nobody has bought on margin yet.{short}"
        begun = f"On margin ann and ben bought {SHARES} shares each."
        if told.halts:
            first, count = told.halts[0], len(told.refused)
            begun += (
                f" A sale moved the pool to {written(first // MILLION)} and halted it; {counted(count, 'call')} "
                f"{was(count)} refused in the halt."
            )
        answered = "In time ann answered her margin call" if told.answered else "No more money came from ann"
        each = ", ".join(f"{counted(told.sold[name], 'share')} of {name}" for name in BUYERS if name in told.sold)
        sold = f"the broker sold {each}" if each else "the broker sold nothing"
        return (
            f"{begun} {answered}, {sold}, and lost {written(told.lost)}; {written(told.owed)} is owed to it, and the "
            f"shares behind that are worth {written(told.worth)}.{short}"
        )


@dataclass
class _Told:
    """What happened at pool and vault."""

    bought: int
    halts: list[int]
    refused: list[CallExecuted]
    answered: bool
    sold: dict[str, int]
    lost: int
    owed: int
    worth: int


def _told(journal: Journal) -> _Told:
    calls = [*journal.of(CallExecuted)]
    made = [call for call in calls if call.succeeded]
    names = {call.numbers["owner"]: call.account for call in made if call.function == "buy"}
    forced = [call.numbers for call in made if call.function == "liquidate"]
    sold: dict[str, int] = {}
    for numbers in forced:
        name = names[numbers["owner"]]
        sold[name] = sold.get(name, 0) + int(numbers["shares"])
    seen = [event.numbers for event in journal.of(ContractReconciled) if event.contract == "margin"]
    now = {name: int(value) for name, value in seen[-1].items()} if seen else {}
    return _Told(
        bought=len(names),
        halts=[int(call.numbers["reached"]) for call in made if "reached" in call.numbers],
        refused=[call for call in calls if call.reason == "TradingHalted"],
        answered=sum(call.account == "ann" and call.function == "deposit" for call in made) > 1,
        sold=sold,
        lost=sum(int(numbers["lost"]) for numbers in forced),
        owed=up(now.get("totalUnits", 0) * now.get("index", 0), UNIT),
        worth=now.get("totalShares", 0) * now.get("price", 0) // MILLION,
    )
