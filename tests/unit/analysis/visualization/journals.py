"""Journals written by hand: a chain told epoch by epoch, with exactly the votes that a test needs."""

from __future__ import annotations

from hashlib import sha256

from market_sim.analysis.results.result import Result
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EpochStarted,
    ProposalJudged,
    VoteCast,
)
from market_sim.core.models.run_events import CommitteeSeated, RunEnded
from market_sim.core.models.settlement_events import BlockSettled, SettlementOpened

SECOND = 1_000_000_000
GENESIS = sha256(b"genesis").hexdigest()


class Chain:
    """Writes what four validators do; blocks have names of the test's choice."""

    def __init__(self, validators: int = 4, byzantine: tuple[int, ...] = ()) -> None:
        self.journal = Journal()
        self.validators = validators
        self.epoch = 0
        self.heights = {"G": 0}
        self.time = 0
        self.record(CommitteeSeated(0, validators, 1, 3, "round-robin", GENESIS, byzantine))

    def record(self, event) -> None:
        self.journal.record(event)

    @staticmethod
    def hash(name: str) -> str:
        return GENESIS if name == "G" else sha256(name.encode()).hexdigest()

    def start(self, epoch: int, leader: int | None = None) -> None:
        """An epoch begins; it lasts a second."""
        self.epoch, self.time = epoch, epoch * SECOND
        self.record(EpochStarted(self.time, epoch, epoch % self.validators if leader is None else leader))

    def propose(self, name: str, parent: str, proposer: int | None = None, trades: int = 1) -> None:
        """A block, which is its proposer's vote as well."""
        proposer = self.epoch % self.validators if proposer is None else proposer
        self.heights[name] = self.heights[parent] + 1
        names = self.hash(name), self.hash(parent)
        self.record(BlockProposed(self.time, self.epoch, *names, self.heights[name], proposer, "", trades))
        self.vote(name, proposer)

    def vote(self, name: str, *voters: int) -> None:
        for voter in voters:
            self.record(VoteCast(self.time, self.epoch, voter, self.hash(name), f"{voter:02x}" * 64))

    def notarize(self, name: str, *validators: int) -> None:
        for validator in validators or range(self.validators):
            height = self.heights[name]
            self.record(BlockNotarized(self.time, self.epoch, validator, self.hash(name), height, (0, 1, 2)))

    def finalize(self, name: str, because: tuple[str, str, str]) -> None:
        three = tuple(map(self.hash, because))
        for validator in range(self.validators):
            self.record(BlockFinalized(self.time, self.epoch, validator, self.hash(name), self.heights[name], three))

    def judge(self, validator: int, name: str, verdict: str, reason: str, numbers: dict) -> None:
        self.record(ProposalJudged(self.time, self.epoch, validator, self.hash(name), verdict, reason, numbers))

    def ordinary(self, epoch: int, name: str, parent: str, *voters: int) -> None:
        """An epoch in which these validators and the leader sign its only block, and all see it notarized."""
        self.start(epoch)
        self.propose(name, parent)
        self.vote(name, *(voter for voter in voters or range(self.validators) if voter != epoch % self.validators))
        self.time += SECOND // 20
        self.notarize(name)

    def open_settlement(self) -> None:
        self.record(SettlementOpened(0, "in memory", 1, "0x00", ("USD",), ("",), ("",) * 4, 3, 0, 0))

    def settle(self, first: int, last: int, transaction: str, trades: int, gas: int = 0, refused: int = 0) -> None:
        self.record(BlockSettled(self.time, first, last, self.epoch, transaction, gas, trades, refused, 4, 0, "", ""))

    def end(self) -> Result:
        self.time = (self.epoch + 1) * SECOND
        self.record(RunEnded(self.time, True))
        return Result("by-hand", 1, self.epoch, {}, self.journal)


def eventful() -> Chain:
    """Blocks 1, 2 and 4 to 6 make the chain; 3 gets two votes, 5 is twofold, nobody hears of validator 0 in epoch 4."""
    chain = Chain(byzantine=(1,))
    chain.ordinary(1, "one", "G")
    chain.ordinary(2, "two", "one")
    chain.finalize("one", ("G", "one", "two"))
    chain.start(3)
    chain.propose("three", "two")
    chain.vote("three", 2)
    chain.start(4, leader=1)
    chain.propose("four", "two", proposer=1)
    chain.vote("four", 2, 3)
    chain.judge(
        0, "four", "waiting", "PARENT_NOT_NOTARIZED", {"parent": Chain.hash("two"), "signatures": 2, "quorum": 3}
    )
    chain.notarize("four")
    chain.start(5, leader=1)
    chain.propose("five", "four", proposer=1)
    chain.propose("lie", "four", proposer=1)
    chain.vote("five", 0, 2)
    chain.vote("lie", 3)
    chain.notarize("five")
    chain.ordinary(6, "six", "five")
    for name in ("two", "four", "five"):
        chain.finalize(name, ("four", "five", "six"))
    return chain
