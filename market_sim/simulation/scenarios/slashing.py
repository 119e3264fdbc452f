"""Slashing: a validator signs two results of a block for the settlement, and loses its bond."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.bond_model import BondTerms
from market_sim.blockchain.bonds import Bonds
from market_sim.blockchain.signed_on import after_conviction, signed_after
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.settlement_events import (
    BlockSettled,
    CallExecuted,
    ContractDeployed,
    DoubleSigned,
    SettlementOpened,
)
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.bond_sides import BondOwner, EvidenceReporter, FalseAccuser
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder

HONEST, LIAR = 0, 3
LEAVES = 2
"""The epoch after which the owner of an honest bond gives notice."""


@dataclass(frozen=True)
class Slashing(Scenario):
    """A validator signs two results of a block: it is settled once, and the two signatures cost the bond."""

    name: ClassVar[str] = "slashing"
    epochs: ClassVar[int] = 12
    claim_settlement: ClassVar[str] = "memory"
    claim: ClassVar[str] = (
        "Each block is settled once, the validator that signs two results loses its bond, an honest one gets it back."
    )

    bond: int = bounded(1_000, least=1, most=1_000_000)
    share_percent: int = bounded(25, least=0, most=99)
    window: int = bounded(3, least=1, most=100)
    beyond: int = bounded(1, least=1, most=100)  # how many epochs the notice is longer than the window
    begins: int = bounded(4, least=1, most=1_000)

    def build(self, world: World) -> None:
        """A quiet market; validator 3 signs twice for two epochs, and its owner gives notice just before."""
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=3)
        world.join("maker", MarketMaker(), cash=dollars(100_000), holdings={"ACME": 1_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.5), cash=dollars(9_000), holdings={"ACME": 50})
        world.validators(byzantine=f"n{LIAR}:double-sign@{self.begins}-{self.begins + 1}")
        chain = world.chain("eth-tester")
        terms = BondTerms(dollars(self.bond), 100 * self.share_percent, self.window, self.window + self.beyond)
        bonds = chain.deploy(Bonds(terms, "treasury"))
        leaves = {HONEST: LEAVES, LIAR: self.begins - 1}
        for number in range(4):
            world.join(f"owner-{number}", BondOwner(number, leaves.get(number, 0)))
            chain.give(f"owner-{number}", "USD", dollars(self.bond))
        world.join("watcher", EvidenceReporter(bonds.convicted))
        world.join("accuser", FalseAccuser(HONEST))
        world.join("treasury", Holder())

    def holds(self, journal: Journal) -> bool:
        """Whether the liar alone lost its bond, once, an honest owner got it back, and no block was settled twice."""
        slashed, back = _made(journal, "report"), _made(journal, "withdraw")
        settled = Counter(event.first for event in journal.of(BlockSettled))
        taken = [call for call in slashed if call.numbers["validator"] == _validators(journal)[LIAR]]
        return len(slashed) == len(taken) == 1 and len(back) == 1 and set(settled.values()) == {1}

    def conclusion(self, journal: Journal) -> str:
        """What was signed, settled, taken and given back, and the reports that proved nothing."""
        if not any(journal.of(ContractDeployed)):
            return "This run settles on no chain, so nobody signed a result and there were no bonds."
        told = [self._signed(journal), self._taken(journal), self._back(journal), self._refused(journal)]
        return " ".join(filter(None, told))

    def _signed(self, journal: Journal) -> str:
        pairs = [*journal.of(DoubleSigned)]
        if not pairs:
            return "No validator signed two results."
        blocks, times = {pair.first for pair in pairs}, Counter(event.first for event in journal.of(BlockSettled))
        once = sum(times[block] == 1 for block in blocks)
        settled = "each was" if once == len(blocks) else f"{once} of them {was(once)}"
        liars = sorted({pair.validator for pair in pairs})
        validators = "Validator" if len(liars) == 1 else "Validators"
        who = listed(f"n{one}" for one in liars)
        return f"{validators} {who} signed two results of {counted(len(blocks), 'block')}, and {settled} settled once."

    def _taken(self, journal: Journal) -> str:
        made = _made(journal, "report")
        if not made:
            return "No bond was taken."
        told, signed_on = [], after_conviction(journal)
        for call in made:
            place = _validators(journal).index(str(call.numbers["validator"]))
            reward, rest = (written(int(call.numbers[name])) for name in ("reward", "rest"))
            told.append(f"The bond of n{place} was taken: {reward} for {call.account} and {rest} for the treasury.")
            told.append(f"The signature of n{place} is {signed_on[place].words}.")
        return " ".join(told)

    def _back(self, journal: Journal) -> str:
        given = {call.numbers["validator"]: call.numbers for call in _made(journal, "give_notice")}
        told = []
        for call in _made(journal, "withdraw"):
            epochs = int(call.numbers["settled"]) - int(given[call.numbers["validator"]]["settled"])
            amount = written(int(call.numbers["amount"]))
            place = _validators(journal).index(str(call.numbers["validator"]))
            told.append(
                f"{call.account} got {amount} back {counted(epochs, 'epoch')} after the notice. The signature of "
                f"n{place}, now without a bond, is {signed_after(journal, call, place).words}."
            )
        return " ".join(told) or "No owner got a bond back."

    def _refused(self, journal: Journal) -> str:
        refused = [call for call in journal.of(CallExecuted) if not call.succeeded and call.contract == "bonds"]
        told = dict.fromkeys(f"{call.function} of {call.account} ({call.reason})" for call in refused)
        return f"Refused: {listed(told)}." if told else ""


def _made(journal: Journal, function: str) -> list[CallExecuted]:
    """The calls of a function of the bonds that were carried out."""
    calls = journal.of(CallExecuted)
    return [call for call in calls if call.succeeded and (call.contract, call.function) == ("bonds", function)]


def _validators(journal: Journal) -> tuple[str, ...]:
    """The addresses of the validators."""
    return next(journal.of(SettlementOpened)).validators
