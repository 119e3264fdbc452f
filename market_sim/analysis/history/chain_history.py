"""The history of the chain: the events of each block and vote, and the fate of each block.

The chain story has blocks, voters and finality; this module adds times, fates and missing votes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from market_sim.analysis.history.chain_story import BlockStory, ChainStory
from market_sim.analysis.words import entry_noun
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    ByzantineAct,
    EpochStarted,
    EquivocationSeen,
    FloodDropped,
    MessageRefused,
    MonitorHit,
    NetworkFault,
    ProposalJudged,
    SafetyViolated,
    VoteCast,
)
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated, RunEnded

Fate = Literal["finalized", "notarized", "orphaned", "proposed", "stray"]


@dataclass
class ChainHistory:
    """The consensus events of a run, in order."""

    committee: CommitteeSeated
    story: ChainStory = field(default_factory=ChainStory)
    epochs: dict[int, EpochStarted] = field(default_factory=dict)
    proposals: dict[str, BlockProposed] = field(default_factory=dict)
    """The first event of each block."""
    votes: list[VoteCast] = field(default_factory=list)
    notarized: dict[str, BlockNotarized] = field(default_factory=dict)
    """The first notarization of each block."""
    finalized: dict[str, BlockFinalized] = field(default_factory=dict)
    """The first finalization of each block."""
    judged: list[ProposalJudged] = field(default_factory=list)
    refused: list[MessageRefused | FloodDropped] = field(default_factory=list)
    faults: list[NetworkFault] = field(default_factory=list)
    acts: list[ByzantineAct] = field(default_factory=list)
    evidence: list[EquivocationSeen] = field(default_factory=list)
    alarms: list[SafetyViolated | MonitorHit] = field(default_factory=list)
    fates: dict[str, Fate] = field(default_factory=dict)
    main: frozenset[str] = frozenset()
    """The finalized chain and the best candidate for its continuation."""
    noun: tuple[str, str] = ("trade", "trades")
    """What a block holds: trades, or entries where transfers are among them."""

    @property
    def genesis(self) -> str:
        """The hash of the genesis block."""
        return self.committee.genesis

    def label(self, block: str) -> str:
        """A block's short name: its epoch, with a letter when the epoch has several."""
        if block == self.genesis:
            return "G"
        return self._labels[block]

    @property
    def final_tip(self) -> str:
        """The highest block that is final for a validator; genesis at first."""
        return max(self.finalized, key=lambda block: self.story.blocks[block].height, default=self.genesis)

    def voted(self) -> set[tuple[int, int]]:
        """The pairs (epoch, validator) with a vote."""
        return {(vote.epoch, vote.voter) for vote in self.votes}

    def equivocations(self) -> list[tuple[int, int]]:
        """The pairs (epoch, validator) of leaders with several blocks, and of proven double signatures."""
        found: dict[tuple[int, int], int] = {}
        for block in self.proposals.values():
            if self.leads(block):
                key = block.epoch, block.proposer
                found[key] = found.get(key, 0) + 1
        several = {key for key, count in found.items() if count > 1}
        return sorted(several | {(seen.signed_epoch, seen.culprit) for seen in self.evidence})

    def leads(self, block: BlockProposed) -> bool:
        """Whether the proposer was the leader of the epoch, as rule R2 demands."""
        started = self.epochs.get(block.epoch)
        return started is not None and started.leader == block.proposer

    def number(self, event: Event) -> int:
        """The number of one of these events in the journal."""
        return self._numbers[id(event)]

    def end_of(self, epoch: int) -> int | None:
        """The number of the event that ends an epoch; None while it lasts."""
        following = [number for number in self.epochs if number > epoch]
        return self.number(self.epochs[min(following)]) if following else self.ended

    def __post_init__(self) -> None:
        self._labels: dict[str, str] = {}
        # By identity, which is safe because this object keeps the events alive.
        self._numbers: dict[int, int] = {}
        self.ended: int | None = None
        """The number of the event that ends the run."""


def chain_history(journal: Journal) -> ChainHistory | None:
    """The chain of a run; None when no validators were seated."""
    committee = next(journal.of(CommitteeSeated), None)
    if committee is None:
        return None
    history = ChainHistory(committee, noun=entry_noun(journal))
    for number, event in enumerate(journal):
        if event.area != "consensus":  # nearly all events of a run are orders
            history.ended = number if type(event) is RunEnded else history.ended
            continue
        kind = type(event)
        history._numbers[id(event)] = number
        if kind in (EpochStarted, BlockProposed, VoteCast, BlockNotarized, BlockFinalized):
            history.story.read(event)
        if isinstance(event, EpochStarted):
            history.epochs[event.epoch] = event
        elif isinstance(event, BlockProposed):
            history.proposals.setdefault(event.block, event)
        elif isinstance(event, VoteCast):
            history.votes.append(event)
        elif isinstance(event, BlockNotarized):
            history.notarized.setdefault(event.block, event)
        elif isinstance(event, BlockFinalized):
            history.finalized.setdefault(event.block, event)
        else:
            _note(history, event)
    _decide_fates(history)
    _name_blocks(history)
    return history


def _note(history: ChainHistory, event: object) -> None:
    if isinstance(event, ProposalJudged):
        history.judged.append(event)
    elif isinstance(event, (MessageRefused, FloodDropped)):
        history.refused.append(event)
    elif isinstance(event, NetworkFault):
        history.faults.append(event)
    elif isinstance(event, ByzantineAct):
        history.acts.append(event)
    elif isinstance(event, EquivocationSeen):
        history.evidence.append(event)
    elif isinstance(event, (SafetyViolated, MonitorHit)):
        history.alarms.append(event)


def _name_blocks(history: ChainHistory) -> None:
    """Label blocks by their epoch: 10, or 10a and 10b when the leader proposed twice; strays 10·1, 10·2."""
    by_epoch: dict[tuple[int, bool], list[str]] = {}
    for name, block in history.proposals.items():
        by_epoch.setdefault((block.epoch, history.fates[name] == "stray"), []).append(name)
    for (epoch, stray), names in by_epoch.items():
        for place, name in enumerate(names):
            suffix = f"·{place + 1}" if stray else "" if len(names) == 1 else _letters(place)
            history._labels[name] = f"{epoch}{suffix}"


def _letters(place: int) -> str:
    """a, b, ... z, aa, ab, ...: a flood can have more than 26 blocks."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("a") + last)


def _decide_fates(history: ChainHistory) -> None:
    """Give each block its fate: finalized, stray, notarized, proposed or orphaned.

    A stray was proposed out of turn, so no honest validator signs it. An orphan is any other block that is neither
    final nor a descendant of the last final block: no honest validator will ever finalize it. With more byzantine
    validators than the protocol tolerates there can be two finalized branches; both keep their fate.
    """
    blocks = history.story.blocks
    tip = history.final_tip
    alive = {tip}
    for name, block in blocks.items():
        if name in history.finalized:
            history.fates[name] = "finalized"
        elif not block.notarized_by and not history.leads(history.proposals[name]):
            history.fates[name] = "stray"
        elif block.parent in alive:
            alive.add(name)
            history.fates[name] = "notarized" if block.notarized_by else "proposed"
        else:
            history.fates[name] = "orphaned"
    candidates = [block for name, block in blocks.items() if name in alive and name != tip]
    best = max(candidates, key=_promise, default=None)
    main = set(history.finalized)
    last = best.block if best else tip
    while best is not None and best.block not in main:
        main.add(best.block)
        best = blocks.get(best.parent)
    # A single proposal on top continues the chain; of two conflicting ones neither does.
    children = [block.block for block in candidates if block.parent == last]
    if len(children) == 1:
        main.add(children[0])
    history.main = frozenset(main)


def _promise(block: BlockStory) -> tuple[bool, int, int, int]:
    """The sort key of candidates: notarized, longer chain, more voters, later epoch."""
    return bool(block.notarized_by), block.height, len(block.voters), block.epoch
