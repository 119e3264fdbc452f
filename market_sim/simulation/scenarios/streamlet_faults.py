"""Scenarios with one fault of the committee each, over the quiet market of the Streamlet demonstration.

Until the fault begins, a run of these has the same events as the demonstration with the same seed.
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
    """A leader signs two blocks for one epoch: at most one becomes final, and the two signatures prove the fault."""

    name: ClassVar[str] = "equivocation"
    epochs: ClassVar[int] = 10

    traders: int = bounded(4, least=1, most=500)
    begins: int = bounded(3, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 3, which leads epochs 3 and 7 when there are four, sends two blocks whenever it leads."""
        quiet_market(world, self.traders)
        world.validators(byzantine=f"n3:equivocate@{self.begins}-{self.begins + 4}")

    def conclusion(self, journal: Journal) -> str:
        """The epochs with two blocks, and the validators that hold both signatures."""
        seen = [*journal.of(EquivocationSeen)]
        if not seen:
            return "No leader sent two blocks in this run."
        holders = listed(f"n{one}" for one in sorted({event.validator for event in seen}))
        epochs = sorted({event.signed_epoch for event in seen})
        return (
            f"Validator n{seen[0].culprit} signed two blocks in {counted(len(epochs), 'epoch')}; {holders} hold both "
            "signatures, which prove it to anyone who has its public key."
        )


@dataclass(frozen=True)
class Partition(Scenario):
    """A network partition in the middle of the run: trading goes on, finality waits until the partition heals."""

    name: ClassVar[str] = "partition"
    epochs: ClassVar[int] = 12

    traders: int = bounded(4, least=1, most=500)
    first: int = bounded(4, least=1, most=1_000)
    last: int = bounded(6, least=1, most=1_000)
    one_way: bool = False

    def build(self, world: World) -> None:
        """Cut the committee in halves; one way, only messages from the first half to the second are lost."""
        quiet_market(world, self.traders)
        world.network(partition=f"{self.first}-{max(self.first, self.last)}:{'0+1>2+3' if self.one_way else '0+1|2+3'}")

    def conclusion(self, journal: Journal) -> str:
        """The time to finality of trades matched during the partition, compared with earlier trades."""
        cut = next((event for event in journal.of(NetworkFault) if "partition" in event.kind), None)
        if cut is None:
            return "The network was never split in this run."
        clocks = clocks_of_trades(journal)
        meanwhile = [one for one in clocks if cut.time <= one.matched < cut.until]
        before = [one for one in clocks if one.finalized is not None and one.finalized < cut.time]
        final = [one for one in meanwhile if one.finalized is not None]
        if not final:
            return f"{counted(len(meanwhile), 'trade')} matched during the split and none final by the end of the run."
        slowest = max((one.finalized or 0) - one.matched for one in final) / SECOND
        usual = [((one.finalized or 0) - one.matched) / SECOND for one in before]
        compared = (
            f"where those final before it took {max(usual):.1f} s at most" if usual else "and none was final before it"
        )
        settled = sum(one.settled is not None for one in meanwhile)
        return (
            f"{counted(len(meanwhile), 'trade')} matched during the split: {len(final)} final and {settled} settled by "
            f"the end, after {slowest:.1f} s at most, {compared}."
        )


@dataclass(frozen=True)
class TwoOfFourLie(Scenario):
    """Two of four validators show different blocks to different peers: safety breaks, signatures prove who did it."""

    name: ClassVar[str] = "two-of-four-lie"
    epochs: ClassVar[int] = 9

    traders: int = bounded(4, least=1, most=500)

    def build(self, world: World) -> None:
        """Validators 1 and 2 lead the epochs 5 and 6 in a row; the rules tolerate one byzantine validator of four."""
        quiet_market(world, self.traders)
        world.validators(byzantine="n1:two-faced@5-6,n2:two-faced@5-6", beyond_the_bound=True)

    def conclusion(self, journal: Journal) -> str:
        """The two conflicting final blocks, the validators that signed both, and the assumption that failed."""
        fork = fork_of(journal)
        return fork.sentence if fork else "All honest validators agree: the byzantine ones led no two epochs in a row."


@dataclass(frozen=True)
class CrashAndReturn(Scenario):
    """A validator crashes, restarts from its disk, and catches up; it never signs twice for one epoch."""

    name: ClassVar[str] = "crash-and-return"
    epochs: ClassVar[int] = 12

    traders: int = bounded(4, least=1, most=500)
    first: int = bounded(4, least=1, most=1_000)
    last: int = bounded(6, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 2 is down; by default it misses epoch 6, which it would lead."""
        quiet_market(world, self.traders)
        world.network(crash=f"n2@{self.first}-{max(self.first, self.last)}")

    def conclusion(self, journal: Journal) -> str:
        """The number of final blocks that it missed, and the time until it learned of one again."""
        crash = next((event for event in journal.of(NetworkFault) if event.kind == "crash"), None)
        if crash is None:
            return "No validator crashed in this run."
        [who] = crash.senders
        back = [event for event in journal.of(BlockFinalized) if event.validator == who and event.time >= crash.until]
        if not back and crash.until >= journal[-1].time:
            return f"Validator n{who} was down from epoch {crash.time // SECOND} until the end of the run."
        if not back:
            return f"Validator n{who} came back {crash.until / SECOND:g} s into the run and learned of no final block."
        others = (event for event in journal.of(BlockFinalized) if event.validator != who)
        missed = {event.height for event in others if crash.time <= event.time < crash.until}
        took = (back[0].time - crash.until) / SECOND
        blocks = counted(len(missed), "final block") if missed else "no final block"
        return (
            f"Validator n{who} missed {blocks} while it was down and learned of "
            f"{'the first' if missed else 'one'} {took:.2f} s after it came back."
        )


@dataclass(frozen=True)
class Flood(Scenario):
    """A validator floods the network with messages: limits drop the excess, and finality goes on."""

    name: ClassVar[str] = "flood"
    epochs: ClassVar[int] = 10

    traders: int = bounded(4, least=1, most=500)
    begins: int = bounded(3, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 1 floods for four epochs, and leads one of them."""
        quiet_market(world, self.traders)
        world.validators(byzantine=f"n1:flood@{self.begins}-{self.begins + 3}")

    def conclusion(self, journal: Journal) -> str:
        """The number of drops, and the number of blocks that became final."""
        records = [event.reason for event in journal.of(FloodDropped)]
        if not records:
            return "No validator sent more than the limits allow."
        # Of very many in one epoch the last record says that further ones have none.
        unrecorded = records.count("TOO_MANY_REFUSALS")
        dropped = counted(len(records) - unrecorded, "message") + (" or more" if unrecorded else "")
        final = {event.block for event in journal.of(BlockFinalized) if event.validator != 1}
        return (
            f"The limits dropped {dropped}, and {counted(len(final), 'block')} became "
            "final all the same: messages signed by a second validator are exempt from every limit."
        )


@dataclass(frozen=True)
class LateMessages(Scenario):
    """A validator sends all its messages late: late proposals get no votes, late votes still count."""

    name: ClassVar[str] = "late-messages"
    epochs: ClassVar[int] = 12

    traders: int = bounded(4, least=1, most=500)
    begins: int = bounded(3, least=1, most=1_000)

    def build(self, world: World) -> None:
        """Validator 1 delays its messages, by up to several epochs, in eight epochs; it leads two of them."""
        quiet_market(world, self.traders)
        world.validators(byzantine=f"n1:late@{self.begins}-{self.begins + 7}")

    def conclusion(self, journal: Journal) -> str:
        """The number of proposals that arrived after their epoch, and how many of them became final."""
        late = [event for event in journal.of(ProposalJudged) if event.reason == "LATE_PROPOSAL"]
        final = {event.block for event in journal.of(BlockFinalized) if event.validator != 1}
        blocks = {event.block for event in late}
        if not blocks:
            return f"No block arrived after its epoch, only votes, which count at any time; {len(final)} became final."
        in_all = f"{counted(len(final), 'block')} became final in all"
        if len(blocks) == 1:
            became = "became final all the same" if blocks & final else "did not become final"
            return f"1 block reached an honest validator after its epoch and {became}; {in_all}."
        return (
            f"{len(blocks)} blocks reached an honest validator after their epoch, and {len(blocks & final)} of them "
            f"became final; {in_all}."
        )
