"""A bench for protocols: seats with name tags for signatures, whole plays in one call, and everything that was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from market_sim.core.consensus.behaviours import parse_behaviours, parse_outages
from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.network import Conditions, Network, parse_partitions
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.protocols.events import BlockFinal
from market_sim.core.protocols.harness import Harness
from market_sim.core.protocols.longest_chain import LongestChain
from market_sim.core.protocols.participant import ConsensusProtocol, Seat
from market_sim.core.protocols.streamlet_adapter import Streamlet
from market_sim.core.protocols.two_phase_bft import TwoPhaseBft
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import SECOND, Clock
from tests.unit.core.consensus.table import Anything, NameTags, Numbers


def streamlet(randomness: Randomness, validators: int) -> ConsensusProtocol:
    return Streamlet()


def bft(randomness: Randomness, validators: int) -> ConsensusProtocol:
    return TwoPhaseBft()


def longest(randomness: Randomness, validators: int) -> ConsensusProtocol:
    return LongestChain(randomness, validators, 3)


ALL = [streamlet, bft, longest]


def seat(index: int = 0, validators: int = 4, seed: int = 7) -> Seat:
    """One seat of a committee that nobody else sits in."""
    rules, scheme = Rules(validators=validators), NameTags(validators)
    genesis = rules.genesis(scheme.public_keys)
    verifier = scheme.verifiers(1, genesis.hash, "each")[index]
    return Seat(index, rules, genesis, scheme.signer(index, 1, genesis.hash), verifier, Numbers())


class Watched(Harness):
    """A harness that shows everything that is sent and delivered to somebody else."""

    tap: Callable[[str, int, Any], object] = staticmethod(lambda what, who, message: None)

    def _carry_out(self, index, reaction):
        for letter in reaction.letters:
            self.tap("sent", index, letter.message)
        super()._carry_out(index, reaction)
        self.tap("stepped", index, None)

    def _hear(self, index, message):
        self.tap("heard", index, message)
        super()._hear(index, message)


class Played:
    """A harness after its run, with its journal."""

    def __init__(
        self,
        make: Callable[[Randomness, int], ConsensusProtocol],
        validators: int = 4,
        epochs: int = 12,
        seed: int = 7,
        byzantine: str = "",
        partition: str = "",
        crash: str = "",
        tap: Callable[[Harness], Callable[[str, int, Any], object]] | None = None,
        real: bool = False,
        anything: bool = False,
        **weather: int,
    ) -> None:
        self.rules = Rules(validators=validators, beyond_the_bound=True)
        randomness, clock, self.journal = Randomness(seed), Clock(), Journal()
        conditions = Conditions(
            byzantine=parse_behaviours(byzantine, validators),
            partitions=parse_partitions(partition, validators),
            outages=parse_outages(crash, validators),
            **weather,
        )
        self.payloads = [Anything() if anything else Numbers() for _ in range(validators)]
        self.harness = Watched(
            make(randomness, validators), self.rules, randomness, Network(self.rules, randomness, conditions), clock,
            self.journal.record, self.payloads, None if real else NameTags(validators),
        )  # fmt: skip
        if tap is not None:
            self.harness.tap = tap(self.harness)
        for number in range(epochs * 3):
            clock.plan(SECOND + number * SECOND // 3, self.harness.publish, [number])
        self.harness.start(SECOND, epochs)
        clock.run(until=(epochs + 1) * SECOND)

    def of(self, kind: type[Event]) -> list[Any]:
        return list(self.journal.of(kind))

    def final_epochs(self) -> list[int]:
        """The epochs in which a block became final for somebody honest."""
        return sorted({event.epoch for event in self.of(BlockFinal)})

    def heights(self) -> list[int]:
        return [self.harness.participants[index].final_height for index in self.harness.honest]

    def final_chains(self) -> list[list[bytes]]:
        """The final chains of the honest, shortest first."""
        parts = [self.harness.participants[index] for index in self.harness.honest]
        return sorted((list(part.chain[: part.final_height]) for part in parts), key=len)

    def agree(self) -> bool:
        """Whether the final chains of the honest are prefixes of the longest."""
        chains = self.final_chains()
        return all(chain == chains[-1][: len(chain)] for chain in chains)
