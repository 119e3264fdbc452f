"""Protocols side by side: Streamlet, a two-phase BFT and a longest chain order the same trades in the same network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from market_sim.blockchain.payload import TradeRecords
from market_sim.blockchain.register import Register
from market_sim.blockchain.trade_pool import TradePool
from market_sim.core.consensus.behaviours import Behaviour, parse_behaviours, parse_outages
from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.network import Conditions, Network, parse_partitions
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.protocols.byzantine_seat import WAYS
from market_sim.core.protocols.harness import Harness
from market_sim.core.protocols.longest_chain import LongestChain
from market_sim.core.protocols.participant import ConsensusProtocol
from market_sim.core.protocols.play import Play
from market_sim.core.protocols.streamlet_adapter import Streamlet
from market_sim.core.protocols.two_phase_bft import TwoPhaseBft
from market_sim.core.randomness import Randomness
from market_sim.simulation.announcements import announcements
from market_sim.simulation.engine.clock import Clock
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

MOST_EPOCHS: Final = 300
MOST_VALIDATORS: Final = 16


@dataclass(frozen=True)
class Question:
    """What is compared: the same for every protocol."""

    seed: int = 7
    epochs: int = 30
    validators: int = 4
    partition: str = ""
    crash: str = ""
    byzantine: str = ""
    confirmations: int = 3
    beyond_the_bound: bool = False

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("the seed", self.seed, 0, 2**63),
            ("the number of epochs", self.epochs, 3, MOST_EPOCHS),
            ("the number of validators", self.validators, 4, MOST_VALIDATORS),
            ("the number of confirmations", self.confirmations, 1, 100),
        ):
            if not least <= value <= most:
                raise InputError(f"{name} is from {least:,} to {most:,}, found {value:,}")
        for one in self.behaviours:
            if one.name not in WAYS:
                raise InputError(f"the protocols are compared under {', '.join(WAYS)}, found {one.name!r}")
        _ = self.rules, self.conditions  # what was typed is read now, and not when the first protocol has been played

    @property
    def behaviours(self) -> tuple[Behaviour, ...]:
        """Who lies, and how."""
        return parse_behaviours(self.byzantine, self.validators)

    @property
    def rules(self) -> Rules:
        """The rules that all share: validators, epochs, leaders and the quorum of those that count signatures."""
        liars = len({one.validator for one in self.behaviours})
        return Rules(validators=self.validators, declared_faults=liars, beyond_the_bound=self.beyond_the_bound)

    @property
    def conditions(self) -> Conditions:
        """What the network does to each of them."""
        return Conditions(
            byzantine=self.behaviours,
            partitions=parse_partitions(self.partition, self.validators),
            outages=parse_outages(self.crash, self.validators),
        )


def side_by_side(asked: Question) -> tuple[Play, ...]:
    """Play every protocol over the trades of one market."""
    rules = asked.rules
    market = simulate(StreamletDemo(), Options(seed=asked.seed, epochs=asked.epochs, settlement="none")).journal
    register = Register.of(event for event in market if event.time == 0)
    news = list(announcements(market, (asked.epochs + 1) * rules.epoch_ns))
    kinds: tuple[Callable[[Randomness], ConsensusProtocol], ...] = (
        lambda randomness: Streamlet(),
        lambda randomness: TwoPhaseBft(),
        lambda randomness: LongestChain(randomness, asked.validators, asked.confirmations),
    )
    plays: list[Play] = []
    for kind in kinds:
        randomness, clock, journal = Randomness(asked.seed), Clock(), Journal()
        protocol, conditions = kind(randomness), asked.conditions
        records = TradeRecords(register)
        pools = [TradePool(records) for _ in range(rules.validators)]
        network = Network(rules, randomness, conditions)
        harness = Harness(protocol, rules, randomness, network, clock, journal.record, pools)
        for time, entries in news:
            clock.plan(time, harness.publish, entries)
        harness.start(rules.epoch_ns, asked.epochs)
        clock.run(until=(asked.epochs + 1) * rules.epoch_ns)
        counts = (harness.messages, harness.bytes_sent, harness.signatures)
        depth = protocol.confirmations if isinstance(protocol, LongestChain) else None
        place = (rules, conditions, rules.epoch_ns, asked.epochs, journal, tuple(harness.honest))
        plays.append(Play(protocol.name, *place, *counts, depth, _meaningless(protocol, asked.behaviours)))
    return tuple(plays)


def _meaningless(protocol: ConsensusProtocol, behaviours: tuple[Behaviour, ...]) -> tuple[str, ...]:
    """What was asked for and cannot be done in this protocol, with the reason."""
    why = protocol.meaningless
    return tuple(
        f"In the {protocol.name} n{one.validator} cannot be {one.name}: {why[one.name]}. There it follows the rules."
        for one in behaviours
        if one.name in why
    )
