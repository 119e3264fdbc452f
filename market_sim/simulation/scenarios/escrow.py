"""Escrow: a second contract beside settlement, which holds a payer's money until one side lets the other have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.escrow import Escrow, outcome
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.escrow_sides import Payee, Payer
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise


@dataclass(frozen=True)
class EscrowScenario(Scenario):
    """A payer locks money for a payee in a contract: validators order its calls and the trades, one chain runs both."""

    name: ClassVar[str] = "escrow"

    deals: int = bounded(6, least=1, most=200)
    amount: int = bounded(100, least=1, most=1_000_000)
    refund_every: int = bounded(3, least=1, most=200)
    wallet: int = bounded(1_000, least=0, most=1_000_000_000)
    call_order: str = "arrival"

    def build(self, world: World) -> None:
        """A small market, and two participants that never trade and only call the contract."""
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=3)
        world.join("maker", MarketMaker(), cash=dollars(50_000), holdings={"ACME": 500})
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        payer = Payer("payee", dollars(self.amount), self.deals, self.refund_every)
        world.join("payer", payer, every_ms=600)
        world.join("payee", Payee(self.deals, self.refund_every), every_ms=600)
        world.validators(call_order=self.call_order)
        chain = world.chain("eth-tester")
        chain.deploy(Escrow(asset="USD"))
        if self.wallet:
            chain.give("payer", "USD", dollars(self.wallet))

    def conclusion(self, journal: Journal) -> str:
        """How much was locked, released, refunded and is still held."""
        order = "" if self.call_order == "arrival" else " Leaders put the calls of each block in reverse order."
        return outcome(journal, "escrow") + order
