"""Money for one transaction: two pools, a lender, and a trader that closes the gap between them with a flash loan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.debt_model import UNIT
from market_sim.blockchain.flash_arbitrage import FlashArbitrage
from market_sim.blockchain.lending import LendingPool
from market_sim.blockchain.lending_model import FLASH_FEE_BPS, VIRTUAL
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import CallContract
from market_sim.core.models.settlement_events import CallExecuted, ContractReconciled
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.arbitrage.borrowed_money import FlashTrader, Liquidator
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.pool_users import Caller, LiquidityProvider

VALUE = dollars(100)
LENDING, FLASH = "lending", "flash"
Wallet = dict[str, int]


@dataclass(frozen=True)
class FlashLoan(Scenario):
    """A trader with an empty wallet closes the gap between two pools: it borrows, trades and repays at once."""

    name: ClassVar[str] = "flash-loan"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "With borrowed money alone the pools end less than half as far apart as they began, and loans that would not "
        "pay leave no trace."
    )

    gap_percent: int = bounded(4, least=0, most=100)
    crash_percent: int = bounded(45, least=0, most=90)
    flash: bool = True

    def build(self, world: World) -> None:
        """Two pools, a lender, two borrowers, one of whom borrows all that it may, and a crash that liquidates it."""
        world.list(Stock("ACME"), value=VALUE, volatility_bps=1)
        world.join("maker", MarketMaker(), cash=dollars(500_000), holdings={"ACME": 5_000})
        world.join("noise", Noise(trade_probability=0.5), cash=dollars(20_000), holdings={"ACME": 100})
        first, second = Amm(name="pool-a"), Amm(name="pool-b")
        lending = LendingPool(first, name=LENDING)
        chain = world.chain("eth-tester")
        for contract in (first, second, lending, FlashArbitrage(lending, first, second, name=FLASH)):
            chain.deploy(contract)
        shares = 10_000
        for pool, percent in ((first, 100), (second, 100 + self.gap_percent)):
            money = shares * VALUE * percent // 100
            world.join(f"provider-{pool.name[-1]}", LiquidityProvider(pool.name, shares, money))
            chain.give(f"provider-{pool.name[-1]}", "ACME", shares)
            chain.give(f"provider-{pool.name[-1]}", "USD", money)
        self._lend(world)
        if self.crash_percent:
            self._crash(world, shares)
        world.join("liquidator", Liquidator(lending))
        chain.give("liquidator", "USD", dollars(200_000))
        if self.flash:
            world.join("trader", FlashTrader(first, second, FLASH, FLASH_FEE_BPS))
            world.join("reckless", FlashTrader(first, second, FLASH, FLASH_FEE_BPS, reckless=50), from_epoch=4)

    def _lend(self, world: World) -> None:
        """A lender, a borrower that borrows as much as it may, and one that borrows little and repays it."""
        _planned(
            world, "lender", {"USD": dollars(400_000)}, (0, "supply", dollars(400_000)), (8_200, "withdraw", 1_000)
        )
        _planned(world, "bold", {"ACME": 1_000}, (0, "pledge", 1_000), (2_600, "borrow", 1_000 * VALUE * 48 // 100))
        steps = (0, "pledge", 1_000), (2_600, "borrow", dollars(20_000)), (5_200, "repay", dollars(5_000))
        _planned(world, "careful", {"ACME": 1_000}, *steps, (6_200, "release", 100))

    def _crash(self, world: World, shares: int) -> None:
        """The share falls, and someone who knows it sells to both pools until they are there, too."""
        world.at(epoch=3, shock=PriceShock("ACME", percent=-float(self.crash_percent)))
        # Selling q to x shares divides the price by (1 + q / x)^2.
        root = (1 - self.crash_percent / 100) ** -0.5
        calls = [
            (3_200, CallContract(pool, "sell", (int(part * shares * (root - 1)), 1)))
            for pool, part in (("pool-a", 1.0), ("pool-b", 0.95))
            if int(part * shares * (root - 1))
        ]
        world.join("seller", Caller(tuple(calls)))
        world.chain_plan.give("seller", "ACME", 2 * 10 * shares)

    def holds(self, journal: Journal) -> bool:
        """Whether the gap halved, and every loan that failed is in no balance: the contract keeps nothing."""
        gaps = _gaps(journal)
        runs = [call for call in journal.of(CallExecuted) if call.contract == FLASH]
        kept = [event.numbers for event in journal.of(ContractReconciled) if event.contract == FLASH]
        clean = bool(kept) and not any(kept[-1].values())
        return clean and any(call.succeeded for call in runs) and 2 * gaps[-1] < gaps[0]

    def conclusion(self, journal: Journal) -> str:
        """What the flash loans did, who was liquidated, and what the lender earned."""
        gaps = _gaps(journal)
        if not gaps:
            return "No liquidity reached the pools, so there was nothing to borrow for."
        return f"{_loans(journal, gaps)} {_liquidations(journal)} {_interest(journal)}"


def _planned(world: World, name: str, wallet: Wallet, *steps: tuple[int, str, int]) -> None:
    """A participant that calls the lending pool at planned times."""
    calls = tuple((time, CallContract(LENDING, function, (amount,))) for time, function, amount in steps)
    world.join(name, Caller(calls))
    for asset, amount in wallet.items():
        world.chain_plan.give(name, asset, amount)


def _gaps(journal: Journal) -> list[float]:
    """How far the dearer pool is above the cheaper one, in percent, after each block in which both had a price."""
    prices: dict[str, float] = {}
    found = []
    for event in journal.of(ContractReconciled):
        if event.numbers.get("baseReserve"):
            prices[event.contract] = int(event.numbers["quoteReserve"]) / int(event.numbers["baseReserve"])
        if event.contract == "pool-b" and len(prices) == 2:
            found.append((max(prices.values()) / min(prices.values()) - 1) * 100)
    return found


def _loans(journal: Journal, gaps: list[float]) -> str:
    runs = [call for call in journal.of(CallExecuted) if call.contract == FLASH]
    paid = [call.numbers for call in runs if call.succeeded]
    refused = len(runs) - len(paid)
    lent, gain = (sum(int(each[name]) for each in paid) for name in ("loan", "gain"))
    return (
        f"{counted(len(paid), 'flash loan')} of {written(lent)} in all gained {written(gain)} for traders with empty "
        f"wallets; the pools began {gaps[0]:.2f} % apart and ended {gaps[-1]:.2f} % apart. "
        f"{counted(refused, 'loan')} that would not have paid {was(refused)} undone without a trace."
    )


def _liquidations(journal: Journal) -> str:
    done = [call.numbers for call in journal.of(CallExecuted) if call.function == "liquidate" and call.succeeded]
    if not done:
        return "Nobody was liquidated."
    repaid, shares = (sum(int(each[name]) for each in done) for name in ("amount", "collateral"))
    return f"A liquidator repaid {written(repaid)} and got {shares:,} shares for it."


def _interest(journal: Journal) -> str:
    numbers = [event.numbers for event in journal.of(ContractReconciled) if event.contract == LENDING][-1]
    assets = int(numbers["cash"]) + int(numbers["totalUnits"]) * int(numbers["index"]) // UNIT
    claims = int(numbers["totalClaims"])
    if not claims:
        return "Nobody lent anything."
    worth = dollars(10_000) * (assets + VIRTUAL) // (claims + VIRTUAL)
    return f"What a lender supplied as 10,000.00 is worth {written(worth)} at the end."
