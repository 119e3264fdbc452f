"""One fault of the committee each, in the quiet market of the Streamlet demonstration.

Until its fault begins, each of these runs is the demonstration's run of the same seed, event by event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.forks import fork_of
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    EquivocationSeen,
    FloodDropped,
    NetworkFault,
    ProposalJudged,
)
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.final_and_settled import clocks_of_trades
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.streamlet_demo import quiet_market


@dataclass(frozen=True)
class Equivocation(Scenario):
    """A leader signs two blocks of one epoch: at most one becomes final, and both signatures convict it."""

    name: ClassVar[str] = "equivocation"
    epochs: ClassVar[int] = 10

    traders: int = bounded(4, least=1, most=500)
    begins: int = bounded(3, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 3, which leads epochs 3 and 7 when there are four, sends two blocks whenever it leads."""
        quiet_market(world, self.traders)
        world.validators(byzantine=f"n3:equivocate@{self.begins}-{self.begins + 4}")

    def conclusion(self, journal: Journal) -> str:
        """Who holds both signatures."""
        seen = [*journal.of(EquivocationSeen)]
        if not seen:
            return "no leader sent two blocks in this run"
        holders = listed(f"n{one}" for one in sorted({event.validator for event in seen}))
        epochs = sorted({event.signed_epoch for event in seen})
        return (
            f"n{seen[0].culprit} signed two blocks in {counted(len(epochs), 'epoch')}; {holders} hold both signatures, "
            "which convict it before anybody who has its public key"
        )


@dataclass(frozen=True)
class Partition(Scenario):
    """The network splits in the middle of the run: trades go on, and wait for their finality until it heals."""

    name: ClassVar[str] = "partition"
    epochs: ClassVar[int] = 12

    traders: int = bounded(4, least=1, most=500)
    first: int = bounded(4, least=1, most=1_000)
    last: int = bounded(6, least=1, most=1_000)
    one_way: bool = False

    def build(self, world: World) -> None:
        """The halves do not hear each other; one way, the second half still hears nothing of the first."""
        quiet_market(world, self.traders)
        world.network(partition=f"{self.first}-{max(self.first, self.last)}:{'0+1>2+3' if self.one_way else '0+1|2+3'}")

    def conclusion(self, journal: Journal) -> str:
        """The three clocks of the trades that were made meanwhile, beside those made before."""
        cut = next((event for event in journal.of(NetworkFault) if "partition" in event.kind), None)
        if cut is None:
            return "the network was never split in this run"
        clocks = clocks_of_trades(journal)
        meanwhile = [one for one in clocks if cut.time <= one.matched < cut.until]
        before = [one for one in clocks if one.finalized is not None and one.finalized < cut.time]
        final = [one for one in meanwhile if one.finalized is not None]
        if not final:
            return f"{counted(len(meanwhile), 'trade')} matched during the split and none final by the end of the run"
        slowest = max((one.finalized or 0) - one.matched for one in final) / SECOND
        usual = max(((one.finalized or 0) - one.matched for one in before), default=0) / SECOND
        settled = sum(one.settled is not None for one in meanwhile)
        return (
            f"{counted(len(meanwhile), 'trade')} matched during the split: {len(final)} final and {settled} settled by "
            f"the end, after {slowest:.1f} s at most, where those final before it took {usual:.1f} s at most"
        )


@dataclass(frozen=True)
class TwoOfFourLie(Scenario):
    """Two of four validators show each other one its own chain: safety breaks, and the signatures say who did it."""

    name: ClassVar[str] = "two-of-four-lie"
    epochs: ClassVar[int] = 9

    traders: int = bounded(4, least=1, most=500)

    def build(self, world: World) -> None:
        """Validators 1 and 2 lead epochs 5 and 6, one after the other; the rules bear one liar of four."""
        quiet_market(world, self.traders)
        world.validators(byzantine="n1:two-faced@5-6,n2:two-faced@5-6", beyond_the_bound=True)

    def conclusion(self, journal: Journal) -> str:
        """The two final blocks, who signed both, and which assumption failed."""
        fork = fork_of(journal)
        return fork.sentence if fork else "all honest validators agree: these liars led no epochs one after the other"


@dataclass(frozen=True)
class CrashAndReturn(Scenario):
    """A validator stops, comes back with what its disk holds, and catches up; it never signs an epoch twice."""

    name: ClassVar[str] = "crash-and-return"
    epochs: ClassVar[int] = 12

    traders: int = bounded(4, least=1, most=500)
    first: int = bounded(4, least=1, most=1_000)
    last: int = bounded(6, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 2 is down, and is to lead epoch 6."""
        quiet_market(world, self.traders)
        world.network(crash=f"n2@{self.first}-{max(self.first, self.last)}")

    def conclusion(self, journal: Journal) -> str:
        """How far it was behind, and when it had caught up."""
        crash = next((event for event in journal.of(NetworkFault) if event.kind == "crash"), None)
        if crash is None:
            return "nobody crashed in this run"
        [who] = crash.senders
        back = [event for event in journal.of(BlockFinalized) if event.validator == who and event.time >= crash.until]
        if not back:
            return f"n{who} was down until the end, or learned of no final block any more"
        others = (event for event in journal.of(BlockFinalized) if event.validator != who)
        missed = {event.height for event in others if crash.time <= event.time < crash.until}
        took = (back[0].time - crash.until) / SECOND
        return (
            f"n{who} missed {counted(len(missed), 'final block')} while it was down and learned of the first "
            f"{took:.2f} s after it came back"
        )


@dataclass(frozen=True)
class Flood(Scenario):
    """A validator sends far more than anybody can use: bounds drop it, and finality goes on."""

    name: ClassVar[str] = "flood"
    epochs: ClassVar[int] = 10

    traders: int = bounded(4, least=1, most=500)
    begins: int = bounded(3, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 1 floods for four epochs, and leads one of them."""
        quiet_market(world, self.traders)
        world.validators(byzantine=f"n1:flood@{self.begins}-{self.begins + 3}")

    def conclusion(self, journal: Journal) -> str:
        """What was dropped, and what that did to finality."""
        dropped = sum(1 for _ in journal.of(FloodDropped))
        if not dropped:
            return "nobody sent more than the bounds let through"
        final = {event.block for event in journal.of(BlockFinalized) if event.validator != 1}
        return (
            f"the bounds recorded {counted(dropped, 'drop')}, and {counted(len(final), 'block')} became final all the "
            "same: what a second validator has signed is exempt from every bound"
        )


@dataclass(frozen=True)
class LateMessages(Scenario):
    """A validator sends everything late: late proposals are learned and never voted for, late votes still count."""

    name: ClassVar[str] = "late-messages"
    epochs: ClassVar[int] = 12

    traders: int = bounded(4, least=1, most=500)
    begins: int = bounded(3, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 1 is late by up to several epochs, in eight epochs, two of which it leads."""
        quiet_market(world, self.traders)
        world.validators(byzantine=f"n1:late@{self.begins}-{self.begins + 7}")

    def conclusion(self, journal: Journal) -> str:
        """How many proposals came after their epoch."""
        late = [event for event in journal.of(ProposalJudged) if event.reason == "LATE_PROPOSAL"]
        final = {event.block for event in journal.of(BlockFinalized) if event.validator != 1}
        blocks = {event.block for event in late}
        if not blocks:
            return (
                f"no block came after its epoch, only votes, which count whenever they come; {len(final)} became final"
            )
        return (
            f"{counted(len(blocks), 'block')} came to an honest validator after its epoch, and "
            f"{len(blocks & final)} of those became final; {counted(len(final), 'block')} became final in all"
        )
