"""The leader's power: the order of the calls of a block can take money from those who trade with a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.amm import Amm
from market_sim.blockchain.call_orders import Arrange, FrontRun, Sandwich, as_heard
from market_sim.blockchain.extracted_value import POOL, Held, extracted
from market_sim.blockchain.waiting_calls import WaitingCalls
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, ProposalJudged
from market_sim.core.models.instruments import Stock
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.arbitrage.searcher import PoolShopper, Searcher
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.pool_users import LiquidityProvider

SEARCHER, SHOPPER = "searcher", "shopper"
ORDERS: dict[str, Arrange] = {
    "sandwich": Sandwich(SEARCHER), "front-run": FrontRun(SEARCHER), "honest": as_heard, "sealed": Sandwich(SEARCHER),
    "fair": Sandwich(SEARCHER),
}  # fmt: skip
"""How leaders order calls. Sealed: they would do a sandwich, but nobody can read a call before it is executed. Fair:
one leader would do it (`n1:greedy`), but the others vote only for the order in which a quorum has seen the calls."""
GREEDY = 1
"""The leader that helps the searcher where the others enforce the fair order."""


@dataclass(frozen=True)
class SandwichScenario(Scenario):
    """Leaders put a searcher's calls around the purchases of others: what that takes, and what cures it."""

    name: ClassVar[str] = "sandwich"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = "The order of the calls gives the searcher money that buyers at the pool lose."

    order: str = "sandwich"
    tolerance_bps: int = bounded(200, least=0, most=5_000)
    quantity: int = bounded(50, least=1, most=1_000)

    def build(self, world: World) -> None:
        """A pool, somebody who buys there with a limit, and a searcher that leaders help; a book beside it."""
        if self.order not in ORDERS:
            raise InputError(f"leaders order calls by {', '.join(ORDERS)}, found {self.order!r}")
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=1)
        world.join("maker", MarketMaker(), cash=dollars(500_000), holdings={"ACME": 5_000})
        world.join("noise", Noise(trade_probability=0.5), cash=dollars(20_000), holdings={"ACME": 100})
        is_fair = self.order == "fair"
        world.validators(
            call_order="arrival" if is_fair else ORDERS[self.order],
            fair_order=is_fair,
            byzantine=f"n{GREEDY}:greedy" if is_fair else "",
            greedy_order=ORDERS["sandwich"],
        )
        chain = world.chain("eth-tester")
        pool = chain.deploy(Amm())
        world.join("provider", LiquidityProvider(pool.name, 10_000, dollars(1_000_000)))
        shopper = PoolShopper(pool, self.quantity, self.tolerance_bps)
        world.join(SHOPPER, shopper, every_ms=1_000, from_epoch=3)
        calls = WaitingCalls(world.journal, sealed=self.order == "sealed")
        world.join(SEARCHER, Searcher(pool, calls, SEARCHER, at_once=self.order != "front-run"), every_ms=50)
        for name in ("provider", SHOPPER, SEARCHER):
            chain.give(name, "ACME", 20_000)
            chain.give(name, "USD", dollars(4_000_000))

    def holds(self, journal: Journal) -> bool:
        """Whether it gained and they lost."""
        changed = extracted(journal, "amm")
        gain, loss = (changed.get(account, Held()) for account in (SEARCHER, SHOPPER))
        return gain.quote > 0 > loss.quote and not gain.base and not loss.base

    def conclusion(self, journal: Journal) -> str:
        """What each side has more or less than with the same calls in the order of their arrival."""
        changed = extracted(journal, "amm")
        if SHOPPER not in changed:
            return "Nobody bought at the pool, so there was no order to choose."
        calls = [call for call in journal.of(CallExecuted) if call.account == SHOPPER and call.succeeded]
        sides = (SEARCHER, SHOPPER, POOL)
        told = [f"{side} {_signed(changed[side])}" for side in sides if side in changed]
        total = Held(*(sum(amounts) for amounts in zip(*changed.values(), strict=True)))
        return (
            f"{counted(len(calls), 'purchase')} of the shopper at the pool; against the order of arrival the order of "
            f"the leaders gave, in USD, {', '.join(told)}, which sum to {_signed(total)}.{_refused(journal)}"
        )


def _refused(journal: Journal) -> str:
    """The blocks that got no quorum because of the order of their calls."""
    unfair = {one.block for one in journal.of(ProposalJudged) if one.reason == "PAYLOAD_UNFAIR_ORDER"}
    final = {one.block for one in journal.of(BlockFinalized)}
    if not unfair:
        return ""
    return (
        f" {counted(len(unfair), 'block')} with another order than the one that a quorum had seen got no vote of the "
        f"others, and {len(unfair & final) or 'none'} of them became final."
    )


def _signed(amount: Held) -> str:
    """An amount of money, and of shares if it has any."""
    shares = f" and {counted(amount.base, 'share')}" if amount.base else ""
    return ("+" if amount.quote > 0 else "") + written(amount.quote) + shares
