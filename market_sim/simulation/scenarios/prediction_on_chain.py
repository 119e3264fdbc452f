"""One question asked twice, on the exchange and on the chain, and an oracle to which somebody lies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.oracle import Oracle
from market_sim.blockchain.prediction_market import ChainPredictionMarket
from market_sim.blockchain.prediction_model import QuestionTerms
from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Transferred
from market_sim.core.models.mechanism_events import Resolved
from market_sim.core.models.settlement_events import CallExecuted, ContractDeployed
from market_sim.core.money import dollars, written
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.prediction import PredictionMarket
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_sides import PriceWatcher
from market_sim.strategies.traditional.question_sides import Judge, NoHolder, PairSplitter

VALUE, STRIKE = dollars(100), dollars(98)
EXPIRY, PATIENCE, PAYOUT = 3, 4, 100
HOLDERS = ("ann", "bob")
QUESTION = f"Is the last price of ACME up to epoch {EXPIRY} at least {written(STRIKE)}?"


@dataclass(frozen=True)
class PredictionOnChain(Scenario):
    """A question on the exchange and on the chain: both pay each holder the same, and a lie to the oracle is caught."""

    name: ClassVar[str] = "prediction-on-chain"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "The exchange and the chain pay each holder the same, and a lie about the price costs its proposer the bond."
    )

    pairs: int = bounded(50, least=1, most=10_000)
    spare: int = bounded(10, least=0, most=10_000)
    lie_percent: int = bounded(-10, least=-90, most=100)
    bond: int = bounded(500, least=1, most=1_000_000)
    window: int = bounded(4, least=1, most=100)

    def build(self, world: World) -> None:
        """A quiet market, a question about its price with a yes and a no holder, a watcher of the oracle, a judge."""
        world.list(Stock("ACME"), value=VALUE, volatility_bps=2)
        for symbol in ("YES", "NO"):
            world.list(PredictionContract(symbol, question=QUESTION, payout=PAYOUT))
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": 1_000})
        for number in range(4):
            noise = Noise(trade_probability=0.5)
            world.join(f"noise-{number}", noise, cash=dollars(9_000), holdings={"ACME": 50})
        chain = world.chain("eth-tester")
        oracle = chain.deploy(Oracle(bond=dollars(self.bond), window=self.window))
        terms = QuestionTerms(STRIKE, PAYOUT, EXPIRY, PATIENCE)
        market = chain.deploy(ChainPredictionMarket("question", oracle, terms))
        money = self.pairs * PAYOUT

        def is_decided() -> bool:
            return oracle.is_final(EXPIRY) or bool(market.outcome)

        whole = money + self.spare * PAYOUT
        until = EXPIRY + PATIENCE
        splitter = PairSplitter(market.name, is_decided, pairs=self.pairs, spare=self.spare, until=until)
        world.join("ann", splitter, cash=whole)
        liar = NoHolder(market.name, is_decided, epoch=EXPIRY, percent=self.lie_percent, pairs=self.pairs)
        world.join("bob", liar, cash=money)
        world.join("watcher", PriceWatcher(oracle.name, EXPIRY, oracle.reading, oracle.events))
        world.join("judge", Judge("YES", lambda: market.outcome))
        house = ClearingHouse(capital=0)
        world.attach(house)
        world.attach(PredictionMarket(house, "YES", "NO", oracle="judge"))
        chain.give("ann", "USD", whole)
        for name in ("bob", "watcher"):
            chain.give(name, "USD", dollars(self.bond))

    def holds(self, journal: Journal) -> bool:
        """Whether both paid each holder the same, all that was locked, and the false price lost its bond."""
        exchange, chain = _paid_by_the_exchange(journal), _paid_by_the_chain(journal)
        made = {call.function: call for call in journal.of(CallExecuted) if call.succeeded}
        if not chain or "propose" not in made or "decide" not in made:
            return False
        is_caught = made["decide"].numbers["winner"] != made["propose"].numbers["proposer"]
        return is_caught and exchange == chain and chain.total() == self.pairs * PAYOUT

    def conclusion(self, journal: Journal) -> str:
        """What was proposed and decided, the answer, and what each holder got in both places."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so no oracle answered the question."
        resolved = next(journal.of(Resolved), None)
        merged = _told_of_merging(journal)
        if resolved is None:
            return f"{merged}{_told_of_the_price(journal)} The question is not answered on the exchange yet."
        exchange, chain = _paid_by_the_exchange(journal), _paid_by_the_chain(journal)
        each = "; ".join(
            f"{who} got {written(exchange[who])} on the exchange and {written(chain[who])} on the chain"
            for who in HOLDERS
        )
        return f"{merged}{_told_of_the_price(journal)} The answer is {resolved.outcome}: {each}."


def _paid_by_the_exchange(journal: Journal) -> Counter[str]:
    paid: Counter[str] = Counter()
    for event in journal.of(Transferred):
        if event.reason == "RESOLVED" and event.asset == "USD":
            paid[event.target] += event.amount
    return paid


def _paid_by_the_chain(journal: Journal) -> Counter[str]:
    paid: Counter[str] = Counter()
    for call in journal.of(CallExecuted):
        if call.succeeded and call.function == "redeem":
            paid[call.account] += int(call.numbers["amount"])
    return paid


def _told_of_merging(journal: Journal) -> str:
    """The pairs that were merged back before the answer, on the exchange and on the chain."""
    here: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for event in journal.of(Transferred):
        if event.reason == "MERGED" and event.asset == "USD":
            here[event.target] += event.amount
    for call in journal.of(CallExecuted):
        if call.succeeded and call.function == "merge":
            there[call.account] += int(call.numbers["collateral"])
    told = [
        f"{who} merged spare pairs into {written(here[who])} on the exchange and {written(there[who])} on the chain."
        for who in HOLDERS
        if here[who] or there[who]
    ]
    return "".join(f"{one} " for one in told)


def _told_of_the_price(journal: Journal) -> str:
    """What happened at the oracle."""
    made = {call.function: call.numbers for call in journal.of(CallExecuted) if call.succeeded}
    proposed = made.get("propose")
    if proposed is None:
        return f"Nobody proposed a price of ACME for epoch {EXPIRY}."
    begun = f"For epoch {EXPIRY} {written(int(proposed['price']))} was proposed as the price of ACME"
    decided = made.get("decide")
    if decided is None:
        return f"{begun}, and {'it stood' if 'finish' in made else 'no price is final yet'}."
    loser = "disputer" if decided["winner"] == proposed["proposer"] else "proposer"
    return f"{begun}; the validators signed {written(int(decided['price']))}, and the {loser} lost its bond."
