"""Options on the chain: two series on one price, and an oracle to which somebody lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from market_sim.blockchain.option_models import OptionTerms
from market_sim.blockchain.option_series import OptionSeries
from market_sim.blockchain.oracle import Oracle
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Numbers
from market_sim.core.models.instruments import Stock
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_sides import Claimant, FalseProposer, OptionWriter, PriceWatcher

VALUE, STRIKE, CALL_CAP = dollars(100), dollars(98), dollars(20)
EXPIRY = 3
CALL, PUT = "call-98", "put-98"
HOLDERS = ((CALL, "ann"), (PUT, "bob"))


@dataclass(frozen=True)
class OptionOnChain(Scenario):
    """A call and a put on the chain: the put's holder lies to the oracle, a dispute corrects it and costs the bond."""

    name: ClassVar[str] = "option-on-chain"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "The call is exercised, the put lapses, and the false price is disputed and costs its proposer the bond."
    )

    units: int = bounded(50, least=1, most=10_000)
    lie_percent: int = bounded(-10, least=-90, most=100)
    bond: int = bounded(500, least=1, most=1_000_000)
    window: int = bounded(4, least=1, most=100)

    def build(self, world: World) -> None:
        """A quiet market, a writer of both series with their holders, and a watcher of the oracle."""
        world.list(Stock("ACME"), value=VALUE, volatility_bps=2)
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": 1_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        chain = world.chain("eth-tester")
        oracle = chain.deploy(Oracle(bond=dollars(self.bond), window=self.window))
        for name, cap, is_put in ((CALL, CALL_CAP, False), (PUT, STRIKE, True)):
            chain.deploy(OptionSeries(name, oracle, OptionTerms(STRIKE, cap, EXPIRY, is_put)))
        is_final = partial(oracle.is_final, EXPIRY)
        world.join("writer", OptionWriter(HOLDERS, self.units, is_final))
        world.join("ann", Claimant(CALL, is_final))
        bob = FalseProposer(PUT, is_final, epoch=EXPIRY, percent=self.lie_percent)
        world.join("bob", bob if self.lie_percent else Claimant(PUT, is_final))
        world.join("watcher", PriceWatcher(oracle.name, EXPIRY, oracle.reading, oracle.events))
        chain.give("writer", "USD", self.units * (CALL_CAP + STRIKE))
        for name in ("bob", "watcher"):
            chain.give(name, "USD", dollars(self.bond))

    def holds(self, journal: Journal) -> bool:
        """Whether the dispute was decided against the proposer, one series paid, and the other one did not."""
        calls = _made(journal)
        lie, decided = calls.get(("oracle", "propose")), calls.get(("oracle", "decide"))
        if lie is None or decided is None or decided["winner"] == lie["proposer"]:
            return False
        call, put = (calls.get((series, "expire")) for series, _ in HOLDERS)
        return call is not None and put is not None and "payoff" in call and "payoff" not in put

    def conclusion(self, journal: Journal) -> str:
        """What was proposed and decided, and what each series paid."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so there were no options to write."
        calls = _made(journal)
        told = [self._price(calls), *(self._series(journal, calls, *pair) for pair in HOLDERS)]
        return " ".join(told)

    def _price(self, calls: dict[tuple[str, str], Numbers]) -> str:
        proposed, disputed = calls.get(("oracle", "propose")), calls.get(("oracle", "dispute"))
        decided, stood = calls.get(("oracle", "decide")), calls.get(("oracle", "finish"))
        if proposed is None:
            return f"Nobody proposed a price of ACME for epoch {EXPIRY}."
        begun = f"For epoch {EXPIRY} {written(int(proposed['price']))} was proposed as the price of ACME"
        if stood is not None:
            return f"{begun}, nobody disputed it, and it stood."
        if disputed is None:
            return f"{begun}."
        if decided is None:
            return f"{begun} and disputed, and no decision is final yet."
        loser = "proposer" if decided["winner"] == disputed["disputer"] else "disputer"
        bond = written(int(decided["amount"]) // 2)
        return (
            f"{begun} and disputed; the validators signed {written(int(decided['price']))}, and the {loser} lost the "
            f"bond of {bond}."
        )

    def _series(self, journal: Journal, calls: dict[tuple[str, str], Numbers], series: str, holder: str) -> str:
        expired = calls.get((series, "expire"))
        if expired is None:
            return f"{series} has not expired yet."
        payoff = int(expired.get("payoff", 0))
        ended = f"was exercised at {written(payoff)} a unit" if payoff else "lapsed"
        paid = {
            call.account: int(call.numbers["amount"])
            for call in journal.of(CallExecuted)
            if call.succeeded and (call.contract, call.function) == (series, "claim")
        }
        parts = [f"{who} claimed {written(paid[who])}" for who in (holder, "writer") if who in paid]
        return f"{series} {ended}; {' and '.join(parts) or 'nobody has claimed anything yet'}."


def _made(journal: Journal) -> dict[tuple[str, str], Numbers]:
    """The numbers of the first successful call of each function of each contract."""
    made: dict[tuple[str, str], Numbers] = {}
    for call in journal.of(CallExecuted):
        if call.succeeded:
            made.setdefault((call.contract, call.function), call.numbers)
    return made
