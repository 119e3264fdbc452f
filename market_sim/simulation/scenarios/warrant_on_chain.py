"""Warrants on the chain: a company that lies so that they lapse, a holder that exercises, and one that does not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.warrant import ChainWarrant
from market_sim.blockchain.warrant_model import WarrantTerms
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
from market_sim.strategies.traditional.option_holder import Holder
from market_sim.strategies.traditional.option_sides import PriceWatcher
from market_sim.strategies.traditional.warrant_sides import WarrantHolder, WarrantIssuer

VALUE, STRIKE = dollars(100), dollars(60)
SHARES, EXPIRY, RATIO = 4_000, 3, 1


@dataclass(frozen=True)
class WarrantOnChain(Scenario):
    """Warrants on the chain: the company lies so that they lapse, a holder exercises all the same and dilutes it."""

    name: ClassVar[str] = "warrant-on-chain"
    epochs: ClassVar[int] = 14
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "A company's false price is corrected and costs its bond, its warrants are exercised, and each new share it "
        "issues takes a part of the old ones."
    )

    warrants: int = bounded(1_000, least=10, most=100_000)
    lie_percent: int = bounded(-50, least=-90, most=100)
    bond: int = bounded(500, least=1, most=1_000_000)
    exercise_epochs: int = bounded(1, least=1, most=100)

    def build(self, world: World) -> None:
        """A company of 4,000 shares, ann with four of five warrants, bob with the rest, and a watcher of the oracle."""
        world.list(Stock("ACME"), value=VALUE, volatility_bps=2)
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": SHARES - 200})
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        chain = world.chain("eth-tester")
        oracle = chain.deploy(Oracle(bond=dollars(self.bond), window=4))
        terms = WarrantTerms(STRIKE, RATIO, EXPIRY, self.exercise_epochs, SHARES)
        warrant = chain.deploy(ChainWarrant("warrant", oracle, "company", terms))
        is_final, used = partial(oracle.is_final, EXPIRY), self.warrants * 4 // 5
        company = WarrantIssuer(
            warrant.name, is_final, epoch=EXPIRY, percent=self.lie_percent, is_over=warrant.is_over,
            holders=(("ann", used), ("bob", self.warrants - used)),
        )  # fmt: skip
        world.join("company", company)
        world.join("ann", WarrantHolder(warrant.name, is_final, quantity=used))
        world.join("bob", Holder())
        world.join("watcher", PriceWatcher(oracle.name, EXPIRY, oracle.reading, oracle.events))
        chain.give("company", "ACME", self.warrants * RATIO)
        chain.give("ann", "USD", used * RATIO * STRIKE)
        for name in ("company", "watcher"):
            chain.give(name, "USD", dollars(self.bond))

    def holds(self, journal: Journal) -> bool:
        """Whether the company lost its bond, and new shares dilute the old ones by the rule of lesson 12."""
        made = _made(journal)
        if not {"propose", "decide", "exercise"} <= made.keys():
            return False
        done, price = made["exercise"], int(made["open"]["price"])
        is_caught = made["decide"]["winner"] != made["propose"]["proposer"]
        value = SHARES * price + int(done["cash"])
        is_diluted = STRIKE < int(done["diluted"]) == value // int(done["outstanding"]) < price
        return is_caught and is_diluted and done["outstanding"] == SHARES + int(done["shares"])

    def conclusion(self, journal: Journal) -> str:
        """What was proposed and decided, and what the exercise did to company, holder and old shares."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so there were no warrants to issue."
        made = _made(journal)
        proposed, decided, opened = made.get("propose"), made.get("decide"), made.get("open")
        if proposed is None:
            return f"Nobody proposed a price of ACME for epoch {EXPIRY}, so no warrant is open."
        told = f"For epoch {EXPIRY} {written(int(proposed['price']))} was proposed as the price of ACME"
        if decided is not None:
            loser = "disputer" if decided["winner"] == proposed["proposer"] else "proposer"
            told += f"; the validators signed {written(int(decided['price']))}, and the {loser} lost its bond"
        if opened is None:
            return f"{told}. No price is final yet."
        if "until" not in opened:
            return f"{told}. That is not above the strike of {written(STRIKE)}, so every warrant lapsed."
        return f"{told}. {_exercised(made)}"


def _exercised(made: dict[str, Numbers]) -> str:
    """The effect of the exercise on the shares outstanding, the company and the holder."""
    done, back = made.get("exercise"), made.get("reclaim")
    if done is None:
        return f"The warrants opened above the strike of {written(STRIKE)}, and nobody exercised any."
    price, diluted, now = int(made["open"]["price"]), int(done["diluted"]), int(done["outstanding"])
    returned = f"the company took {int(back['shares']):,} shares back" if back else "the rest can still be exercised"
    return (
        f"{int(done['quantity']):,} warrants were exercised: the company got {written(int(done['cash']))}, the shares "
        f"outstanding rose from {SHARES:,} to {now:,}, and a share at {written(price)} is computed to be worth "
        f"{written(diluted)}, so a warrant gained {written(diluted - STRIKE)} and not {written(price - STRIKE)}; "
        f"{returned}."
    )


def _made(journal: Journal) -> dict[str, Numbers]:
    """The numbers of the first successful call of each function."""
    made: dict[str, Numbers] = {}
    for call in journal.of(CallExecuted):
        if call.succeeded:
            made.setdefault(call.function, call.numbers)
    return made
