"""Wallet and vault: CREDITS come from wallets into the vault, change hands, and go back to wallets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Spot
from market_sim.core.models.market_events import Withdrawn
from market_sim.core.models.settlement_events import DepositTaken, Reconciled, VaultShort, WithdrawalClaimed
from market_sim.core.money import dollars
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.depositor import Depositor
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

CREDITS = "CREDITS/USD"
COMES_AND_GOES = {"ann": (0, 5.0, 8.0), "bob": (2, 7.5, 10.5), "cid": (3, 9.0, 99.0)}
"""The epoch in which each depositor arrives, and the times at which it withdraws and claims; cid claims too late."""


@dataclass(frozen=True)
class WalletAndVault(Scenario):
    """Three depositors bring CREDITS from their wallets, trade with them, and take them home; the vault keeps count."""

    name: ClassVar[str] = "wallet-and-vault"
    epochs: ClassVar[int] = 14

    brings: int = bounded(2_000, least=1, most=1_000_000)
    sells: int = bounded(40, least=0, most=10_000)

    def build(self, world: World) -> None:
        """A market in CREDITS for dollars, and three depositors who have CREDITS in their wallets only."""
        world.list(Spot(CREDITS), value=100, volatility_bps=5)
        world.join(
            "maker",
            MarketMaker(CREDITS, size=100, max_position=20_000),
            cash=dollars(20_000),
            holdings={CREDITS: 3_000},
        )
        for number in range(3):
            noise = Noise(CREDITS, trade_probability=0.4, max_size=40)
            world.join(f"noise-{number}", noise, cash=dollars(2_000), holdings={CREDITS: 500})
        chain = world.chain("eth-tester")
        for name, (arrives, leaves_s, claims_s) in COMES_AND_GOES.items():
            depositor = Depositor(CREDITS, self.brings, self.sells, leaves_s, claims_s)
            world.join(name, depositor, every_ms=500, from_epoch=arrives)
            chain.give(name, CREDITS, self.brings)

    def conclusion(self, journal: Journal) -> str:
        """What came and what went home, and whether the vault held what it owed."""
        brought = [event.amount for event in journal.of(DepositTaken) if event.from_wallet]
        home = [event.amount for event in journal.of(WithdrawalClaimed)]
        left = sum(event.amount for event in journal.of(Withdrawn)) - sum(home)
        unclaimed = f", and {left:,} of withdrawals were not claimed" if left else ""
        times = len(list(journal.of(Reconciled)))
        held = "less than it owed" if any(journal.of(VaultShort)) else "at least what it owed each time"
        compared = f"the vault was compared {counted(times, 'time')}, and held {held}"
        return (
            f"{counted(len(brought), 'deposit')} brought {sum(brought):,} CREDITS from wallets to the vault, "
            f"{counted(len(home), 'claim')} took {sum(home):,} home{unclaimed}; "
            f"{compared if times else 'this run settled on no chain, so there is no vault'}."
        )
