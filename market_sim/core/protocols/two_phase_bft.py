"""A small Byzantine agreement in two phases, prevote and precommit, one block after the other.

Buchman, Kwon and Milosevic, "The latest gossip on BFT consensus", 2018 (arXiv 1807.04938), Algorithm 1, whose lines are
named below. Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI 1999, call the phases prepare and commit.

Two things are simpler here. An epoch is a round: the clock ends it, so there are no nil votes and no timers. And an
epoch holds three messages one after the other, so delays up to a third of an epoch are tolerated, not up to Delta. A
quorum of prevotes seen later than two thirds into the epoch locks no validator: the next leader may not know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec

from market_sim.core.consensus.blocks import Block, make_block
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.consensus_events import BlockProposed, EquivocationSeen, MessageRefused
from market_sim.core.protocols.events import BallotCast, BlockLocked, Phase
from market_sim.core.protocols.participant import About, Reaction, Seat, StoredChain

_DOMAIN: Final = b"market-sim/two-phase-bft/"
NEVER: Final = 0
"""The round of a value without a lock or a quorum of prevotes; rounds count from 1."""


class Offer(msgspec.Struct, frozen=True, gc=False):
    """The leader's proposal for one height and round; `valid_round` names the round whose prevotes speak for it."""

    genesis: bytes
    height: int
    round: int
    block: Block
    payload: bytes
    valid_round: int
    proposer: int
    signature: bytes


class Ballot(msgspec.Struct, frozen=True, gc=False):
    """A signed prevote or precommit for one block in one round of one height."""

    genesis: bytes
    phase: Phase
    height: int
    round: int
    block: bytes
    voter: int
    signature: bytes


Message = Offer | Ballot
Turn = tuple[int, int]
"""A height and a round; a validator's turns only grow, and it signs once per turn and phase."""


def statement(kind: str, height: int, valid_round: int, block: bytes) -> bytes:
    """What is signed in place of a block's name: the phase and the height are part of it."""
    parts = height.to_bytes(8, "big") + valid_round.to_bytes(8, "big") + block
    return sha256(_DOMAIN + kind.encode() + b"/1/" + parts).digest()


@dataclass
class Decision:
    """A final block and why it is final: a leader's offer and a quorum of precommits of one round."""

    offer: Offer
    precommits: tuple[Ballot, ...]


@dataclass
class VoterRecord:
    """What a validator must not forget in a crash."""

    decisions: list[Decision] = field(default_factory=list)
    signed: dict[str, Turn] = field(default_factory=dict)
    """The last turn in which it signed, for "offer", "prevote" and "precommit"."""
    locked_round: int = NEVER
    locked: Offer | None = None


class Voter:
    """An honest validator: it signs each phase once per round, and it keeps its lock."""

    def __init__(self, seat: Seat, record: VoterRecord) -> None:
        self.now = 0
        self._seat = seat
        self._record = record
        self._round = 0
        self._lock_until = 0
        self._blocks: dict[bytes, Block] = {seat.genesis.hash: seat.genesis}
        self._payloads: dict[bytes, bytes] = {}
        self.chain: list[bytes] = []
        for decision in record.decisions:
            self._append(decision.offer)
        # All below is learned again from the peers after a crash.
        self._offers: dict[Turn, list[Offer]] = {}
        self._votes: dict[tuple[int, Phase, int, bytes], dict[int, Ballot]] = {}
        self._first: dict[tuple[int, Phase, int, int], Ballot] = {}
        self._valid_round, self._valid = NEVER, record.locked
        if record.locked is not None:
            self._valid_round = record.locked_round
        self._reaction = Reaction()

    @property
    def final_height(self) -> int:
        """Everything on the chain is final: a block is appended only after a quorum has precommitted it."""
        return len(self.chain)

    @property
    def height(self) -> int:
        """The height that is being decided."""
        return len(self.chain) + 1

    @property
    def _tip(self) -> Block:
        return self._blocks[self.chain[-1]] if self.chain else self._seat.genesis

    # ---- inputs -------------------------------------------------------------------------------------------------

    def on_tick(self, epoch: int, slot: int) -> Reaction:
        """Lines 11 to 21: a new round; its leader offers the valid value if it has one, or a new block."""
        self._round = epoch
        self._lock_until = self.now + 2 * self._seat.rules.epoch_ns // 3
        if self._seat.rules.leader(epoch) == self._seat.index and self._may_sign("offer"):
            self._offer()
        self._progress()
        return self._react()

    def on_message(self, message: Message) -> Reaction:
        """Check, keep and relay a message that is new: the gossip that the paper assumes (section 2.1)."""
        if message.height < self.height or self._has(message):
            return Reaction()
        try:
            self._check(message)
        except ProtocolViolation as violation:
            author = self.about(message).author
            refused = (self._seat.index, author, violation.reason, dict(violation.numbers))
            return Reaction(facts=[MessageRefused(self.now, self._round, *refused)])
        self._reaction.broadcast(message)
        self._keep(message)
        self._progress()
        return self._react()

    def on_payload_news(self) -> Reaction:
        """Validate an offer again whose trades were unknown."""
        self._progress()
        return self._react()

    def recall(self, above: int) -> list[Message]:
        """The decisions above this height with their precommits, and everything about the height in progress."""
        told: list[Message] = []
        for decision in self._record.decisions[above:]:
            told += [decision.offer, *decision.precommits]
        told += [offer for offers in self._offers.values() for offer in offers]
        return told + [ballot for ballots in self._votes.values() for ballot in ballots.values()]

    def about(self, message: Message) -> About:
        """What a message is about."""
        if isinstance(message, Ballot):
            return About(message.voter, message.block)
        return About(message.proposer, message.block.hash, message.block.parent)

    # ---- the rules ----------------------------------------------------------------------------------------------

    def _progress(self) -> None:
        """Apply the rules until none applies; a decision opens the next height, of which messages may wait already."""
        while self._decide():
            pass
        self._lock()
        self._prevote()
        self._lock()
        while self._decide():
            pass

    def _offer(self) -> None:
        """Lines 14 to 19: the value that a quorum has prevoted goes first, since a validator may be locked on it."""
        seat, height = self._seat, self.height
        if self._valid is not None:
            block, payload = self._valid.block, self._valid.payload
        else:
            payload = seat.payloads.payload_for(self._on_tip())
            block = make_block(self._tip.hash, self._round, payload)
            names = (block.hash.hex(), block.parent.hex())
            digest, trades = block.payload_digest.hex(), seat.payloads.count(payload)
            proposed = BlockProposed(self.now, self._round, *names, height, seat.index, digest, trades)
            self._reaction.facts.append(proposed)
        signature = self._sign("offer", self._valid_round, block)
        offer = Offer(seat.genesis.hash, height, self._round, block, payload, self._valid_round, seat.index, signature)
        self._reaction.broadcast(offer)
        self._keep(offer)

    def _prevote(self) -> None:
        """Lines 22 and 28: prevote for the round's offer unless locked on another block; a later quorum unlocks."""
        offers = self._offers.get((self.height, self._round))
        if not offers or not self._may_sign("prevote"):
            return
        offer, record = offers[0], self._record
        if offer.valid_round != NEVER and (offer.valid_round, offer.block.hash) not in self._with_quorum("prevote"):
            return  # line 28 waits for the prevotes that the offer names
        is_free = record.locked is None or record.locked_round <= offer.valid_round
        is_locked_on_it = record.locked is not None and record.locked.block == offer.block
        if (is_free or is_locked_on_it) and self._may_follow(offer):
            self._vote("prevote", offer.block)

    def _may_follow(self, offer: Offer) -> bool:
        """Whether the offer's block may stand on the final chain: right parent, later epoch, valid payload."""
        block = offer.block
        if block.parent != self._tip.hash or not self._tip.epoch < block.epoch <= offer.round:
            return False
        return self._seat.payloads.payload_problem(self._on_tip(), offer.payload) is None

    def _lock(self) -> None:
        """Lines 36 to 43: a quorum of prevotes makes a block valid; in its own round and in time it locks."""
        for round_, block in self._with_quorum("prevote"):
            offer = self._offer_of(block)
            if offer is None or round_ < self._valid_round:
                continue
            self._valid_round, self._valid = round_, offer
            if round_ == self._round and self.now <= self._lock_until and self._may_sign("precommit"):
                self._record.locked_round, self._record.locked = round_, offer
                locked = (self._seat.index, block.hex(), self.height)
                self._reaction.facts.append(BlockLocked(self.now, self._round, *locked))
                self._vote("precommit", offer.block)

    def _decide(self) -> bool:
        """Lines 49 to 54: a quorum of precommits of one round, however late, makes the block final for good."""
        for round_, block in self._with_quorum("precommit"):
            offer = self._offer_of(block)
            if offer is not None and offer.block.parent == self._tip.hash:
                ballots = tuple(self._votes[self.height, "precommit", round_, block].values())
                self._record.decisions.append(Decision(offer, ballots))
                self._record.locked_round, self._record.locked = NEVER, None
                self._valid_round, self._valid = NEVER, None
                self._append(offer)
                self._forget_below(self.height)
                return True
        return False

    # ---- signing and counting -----------------------------------------------------------------------------------

    def _may_sign(self, kind: str) -> bool:
        return self._record.signed.get(kind, (0, 0)) < (self.height, self._round)

    def _sign(self, kind: str, valid_round: int, block: Block) -> bytes:
        """Each phase is signed once per turn; the memory of it is written before the signature leaves."""
        self._record.signed[kind] = (self.height, self._round)
        return self._seat.signer.sign(self._round, statement(kind, self.height, valid_round, block.hash))

    def _vote(self, phase: Phase, block: Block) -> None:
        seat, signature = self._seat, self._sign(phase, NEVER, block)
        ballot = Ballot(seat.genesis.hash, phase, self.height, self._round, block.hash, seat.index, signature)
        cast = (seat.index, phase, block.hash.hex(), signature.hex())
        self._reaction.facts.append(BallotCast(self.now, self._round, *cast))
        self._reaction.broadcast(ballot)
        self._keep(ballot)

    def _with_quorum(self, phase: Phase) -> list[tuple[int, bytes]]:
        """The rounds and blocks of this height for which a quorum has voted, earliest round first.

        Ballots are kept by voter, so a validator counts once.
        """
        turn, quorum = (self.height, phase), self._seat.rules.quorum
        return sorted(
            place[2:] for place, ballots in self._votes.items() if len(ballots) >= quorum and place[:2] == turn
        )

    def _offer_of(self, block: bytes) -> Offer | None:
        offers = (one for turn, some in self._offers.items() if turn[0] == self.height for one in some)
        return next((one for one in offers if one.block.hash == block), None)

    # ---- keeping ------------------------------------------------------------------------------------------------

    def _check(self, message: Message) -> None:
        """A message is from this chain, from a validator, from the leader if it is an offer, and validly signed."""
        seat, author = self._seat, self.about(message).author
        if message.genesis != seat.genesis.hash:
            raise ProtocolViolation("WRONG_GENESIS", found=message.genesis.hex(), expected=seat.genesis.hash.hex())
        if not 0 <= author < seat.rules.validators:
            raise ProtocolViolation("UNKNOWN_VALIDATOR", sender=author, last=seat.rules.validators - 1)
        if isinstance(message, Offer):
            leader, block = seat.rules.leader(message.round), message.block
            if author != leader:
                raise ProtocolViolation("NOT_LEADER", sender=author, of_epoch=message.round, leader=leader)
            if block != make_block(block.parent, block.epoch, message.payload) or message.valid_round >= message.round:
                raise ProtocolViolation("ILL_FORMED", part="block", of_epoch=message.round)
            signed, name = statement("offer", message.height, message.valid_round, block.hash), block.hash
        else:
            signed, name = statement(message.phase, message.height, NEVER, message.block), message.block
        if not seat.verifier.is_valid(author, message.round, signed, message.signature):
            raise ProtocolViolation("BAD_SIGNATURE", sender=author, block=name.hex(), of_epoch=message.round)

    def _has(self, message: Message) -> bool:
        if isinstance(message, Offer):
            return message in self._offers.get((message.height, message.round), ())
        place = (message.height, message.phase, message.round, message.block)
        return message.voter in self._votes.get(place, ())

    def _keep(self, message: Message) -> None:
        """Of a leader's offers the first counts; of two ballots of one voter in one turn both are kept, as evidence."""
        if isinstance(message, Offer):
            self._offers.setdefault((message.height, message.round), []).append(message)
            return
        self._votes.setdefault((message.height, message.phase, message.round, message.block), {})[message.voter] = (
            message
        )
        first = self._first.setdefault((message.height, message.phase, message.round, message.voter), message)
        if first.block != message.block:
            blocks, signatures = (first.block.hex(), message.block.hex()), (first.signature, message.signature)
            proof = (self._seat.index, message.voter, message.round, blocks, (signatures[0].hex(), signatures[1].hex()))
            self._reaction.facts.append(EquivocationSeen(self.now, self._round, *proof))

    def _append(self, offer: Offer) -> None:
        self._blocks[offer.block.hash], self._payloads[offer.block.hash] = offer.block, offer.payload
        self.chain.append(offer.block.hash)

    def _forget_below(self, height: int) -> None:
        """Drop the messages about decided heights: the record has the decisions."""
        self._offers = {turn: offers for turn, offers in self._offers.items() if turn[0] >= height}
        self._votes = {place: ballots for place, ballots in self._votes.items() if place[0] >= height}
        self._first = {place: ballot for place, ballot in self._first.items() if place[0] >= height}

    def _on_tip(self) -> StoredChain:
        return StoredChain(self._blocks, self._payloads, self._tip)

    def _react(self) -> Reaction:
        reaction, self._reaction = self._reaction, Reaction()
        return reaction


class TwoPhaseBft:
    """The protocol for the harness."""

    name = "two-phase BFT"
    slots = 1
    meaningless: Mapping[str, str] = {}

    def memory(self) -> VoterRecord:
        """An empty record."""
        return VoterRecord()

    def seat(self, seat: Seat, memory: VoterRecord) -> Voter:
        """A validator that starts from its record."""
        return Voter(seat, memory)
