"""One validator of the Streamlet protocol, as a pure state machine: a message comes in, a `Step` comes out.

Source: Chan and Shi, "Streamlet: Textbook Streamlined Blockchains", AFT 2020, section 3. The rules are numbered R1
to R13; each handler names its rule. The machine knows no clock, no network and no chance: `now` is told by whoever
drives it, is stamped on facts and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from market_sim.core.consensus.blocks import Block, FinalBlock, Message, Proposal, Rules, Vote, make_block
from market_sim.core.consensus.bounds import Bounds
from market_sim.core.consensus.door import Door, epoch_not_after
from market_sim.core.consensus.durable import Durable, DurableRecord, Signed
from market_sim.core.consensus.finality import Conflict, FinalizedChain, Three
from market_sim.core.consensus.payloads import Chain, Payloads, Unknown
from market_sim.core.consensus.signing import Signer, Verifier
from market_sim.core.consensus.view import View
from market_sim.core.errors import InvariantBroken, ProtocolViolation
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    ConsensusEvent,
    EquivocationSeen,
    FloodDropped,
    MessageRefused,
    ProposalJudged,
    SafetyViolated,
    Triple,
    Verdict,
    VoteCast,
)
from market_sim.core.models.event import Numbers


class Step(msgspec.Struct, frozen=True, gc=False):
    """What follows from one input: messages for everyone, what must be durable before they leave, journal events."""

    send: tuple[Message, ...] = ()
    persist: tuple[Durable, ...] = ()
    facts: tuple[ConsensusEvent, ...] = ()


NOTHING = Step()


class Validator:
    """An honest participant: it sees, judges, signs at most once per epoch, and finalizes."""

    def __init__(
        self, index: int, rules: Rules, genesis: Block, signer: Signer, verifier: Verifier, payloads: Payloads
    ) -> None:
        self.index = index
        self.rules = rules
        self.now = 0
        self.epoch = 0
        self.signed_epoch = 0
        self.lock = 0
        self.view = View(genesis, rules.quorum)
        self.bounds = Bounds()
        self.finalized = FinalizedChain(genesis)
        self._genesis = genesis.hash
        self._signer = signer
        self._door = Door(rules, self.view, self.bounds, verifier)
        self._payloads = payloads
        self._pinned: Proposal | None = None
        self._waits_for: str | None = None  # the reason code, "" before the first judgement, None when it is over
        self._send: list[Message] = []
        self._persist: list[Durable] = []
        self._facts: list[ConsensusEvent] = []

    @classmethod
    def restored(
        cls,
        record: DurableRecord,
        index: int,
        rules: Rules,
        genesis: Block,
        signer: Signer,
        verifier: Verifier,
        payloads: Payloads,
    ) -> Validator:
        """The validator after a restart: it remembers what it signed, its lock and what is final, and nothing else."""
        validator = cls(index, rules, genesis, signer, verifier, payloads)
        validator.signed_epoch = record.signed_epoch
        validator.lock = record.lock
        validator.view.adopt(record.finalized)
        validator.finalized.adopt([validator.view.blocks[final.hash] for final in record.finalized])
        return validator

    # ---- inputs -------------------------------------------------------------------------------------------------

    def on_epoch(self, epoch: int) -> Step:
        """R1: a new epoch. A proposal that still waits expires, queued messages are read, the leader proposes (R5)."""
        if epoch <= self.epoch:
            raise InvariantBroken(f"epoch {epoch} started after epoch {self.epoch}: epochs never go down")
        if self._pinned is not None and self._waits_for is not None:
            _, reason, numbers = self._judge(self._pinned)
            self._judged(self._pinned.block, "expired", reason or self._waits_for, numbers)
        self.epoch = epoch
        self._pinned = self._waits_for = None
        for message in self.bounds.start(epoch):
            self._take_in(message)
        if self.rules.leader(epoch) == self.index:
            self._propose()
        return self._step()

    def on_message(self, message: Message) -> Step:
        """A message arrives: refused with a reason (R10), or new and passed on (R9), or here already."""
        try:
            if not self._door.admits(message, self.epoch):
                return NOTHING
            if (message.epoch if isinstance(message, Vote) else message.block.epoch) > self.epoch:
                self.bounds.queue(message)
                return Step((message,))
        except ProtocolViolation as violation:
            self._refuse(message, violation)
            return self._step()
        if not self._take_in(message):
            return self._step()
        if not self._facts:
            return Step((message,))
        # R9: the message itself goes first, so that what follows from it can be understood by the next one.
        self._send.insert(0, message)
        return self._step()

    def on_payload_news(self) -> Step:
        """R6: a trade arrived, so a waiting proposal is judged again."""
        if self._waits_for is None:
            return NOTHING
        self._judge_again()
        return self._step()

    def recall(self, above: int) -> list[Message]:
        """What this validator has seen beyond a final height: for a peer that restarted."""
        final = {block.hash for block in self.finalized.blocks[: above + 1]}
        places = [place for place in self.view.signatures if place[1] not in final]
        return [message for place in places for message in self._messages_about(*place)]

    def _messages_about(self, epoch: int, name: bytes) -> list[Message]:
        """The proposal, if it is here, and the votes for one block."""
        block, leader = self.view.blocks.get(name), self.rules.leader(epoch)
        signers = self.view.signatures.get((epoch, name), {})
        messages: list[Message] = [
            Vote(self._genesis, epoch, name, signer, signature)
            for signer, signature in signers.items()
            if block is None or signer != leader
        ]
        if block is not None and leader in signers:
            payload = self.view.payloads[name]
            messages.insert(0, Proposal(self._genesis, block, payload, leader, signers[leader]))
        return messages

    # ---- proposals ----------------------------------------------------------------------------------------------

    def _propose(self) -> None:
        """R5: the leader extends one of its longest notarized chains; its signature is its vote."""
        parent = self.choose_parent(self.view.tips)
        height = self.view.height[parent.hash]
        if self.signed_epoch >= self.epoch or height < self.lock:
            return  # after a restart: one proposal per epoch, and never on a chain shorter than the lock
        payload = self._payloads.payload_for(Chain(self.view, parent))
        block = make_block(parent.hash, self.epoch, payload)
        trades = self._payloads.count(payload)
        names = (block.hash.hex(), parent.hash.hex())
        self._facts.append(
            BlockProposed(self.now, self.epoch, *names, height + 1, self.index, block.payload_digest.hex(), trades)
        )
        signature = self._sign(block, height)
        proposal = Proposal(self._genesis, block, payload, self.index, signature)
        if self.rules.variant == "crash":
            self._send += self._chain_up_to(parent)
        self._pinned = proposal
        self._send.append(proposal)
        self.bounds.keep_unsupported(block)
        self.bounds.note_signature(self.epoch, self.index, block.hash)
        self.view.signatures.setdefault((block.epoch, block.hash), {})[self.index] = signature
        self._notarized(self.view.add_block(block, payload))

    def _chain_up_to(self, parent: Block) -> list[Message]:
        """Paper, section 5: against crashes the leader also sends the notarized parent chain (what is not final)."""
        path = []
        while self.view.height[parent.hash] > self.finalized.height:
            path.append(parent)
            parent = self.view.blocks[parent.parent]
        return [message for block in reversed(path) for message in self._messages_about(block.epoch, block.hash)]

    def choose_parent(self, tips: Sequence[Block]) -> Block:
        """R5: any longest notarized chain will do; the smallest hash makes the choice the same in every run."""
        return min(tips, key=lambda block: block.hash)

    def _learn(self, proposal: Proposal) -> None:
        """R6, R7, R11: keep the block, count its leader's signature, pin it if it is the first of this epoch."""
        block = proposal.block
        signers = self.view.signatures.setdefault((block.epoch, block.hash), {})
        self.bounds.check_block(block, signers)
        other = self.bounds.note_signature(block.epoch, proposal.proposer, block.hash)
        if other is not None:
            self._convict(block.epoch, proposal.proposer, (other, block.hash), proposal.signature)
        signers[proposal.proposer] = proposal.signature
        if len(signers) == 1:
            self.bounds.keep_unsupported(block)
        self._notarized(self.view.add_block(block, proposal.payload))
        if block.epoch < self.epoch:
            numbers: Numbers = {"of_epoch": block.epoch, "now_epoch": self.epoch}
            self._set_aside(proposal, "expired", "LATE_PROPOSAL", numbers)
        elif self._pinned is not None:
            numbers = {"of_epoch": block.epoch, "block": block.hash.hex()}
            self._set_aside(proposal, "refused", "SECOND_PROPOSAL", numbers)
        else:
            self._pinned = proposal
            self._waits_for = ""
        self._judge_again()

    # ---- voting -------------------------------------------------------------------------------------------------

    def _judge_again(self) -> None:
        """R6: judge the pinned proposal whenever the view changes, until it is voted for, refused or expired."""
        if self._pinned is None or self._waits_for is None:
            return
        block = self._pinned.block
        verdict, reason, numbers = self._judge(self._pinned)
        if verdict == "waiting":
            if reason != self._waits_for:
                self._judged(block, verdict, reason, numbers)
            self._waits_for = reason
            return
        self._waits_for = None
        if verdict == "refused":
            self._judged(block, "refused", reason, numbers)
            return
        signature = self._sign(block, self.view.height[block.parent])
        self._send.append(Vote(self._genesis, block.epoch, block.hash, self.index, signature))
        self.bounds.note_signature(block.epoch, self.index, block.hash)
        signers = self.view.signatures[(block.epoch, block.hash)]
        signers[self.index] = signature
        self.bounds.support(block.epoch, block.hash)
        if len(signers) == self.view.quorum:
            self._notarized(self.view.notarize_from(block))

    def _judge(self, proposal: Proposal) -> tuple[Verdict | None, str, Numbers]:
        """R6: what speaks against a vote now; None when nothing does. The longest length is that of this moment."""
        block, view = proposal.block, self.view
        if self.signed_epoch >= block.epoch:
            return "refused", "ALREADY_SIGNED", {"signed_epoch": self.signed_epoch, "of_epoch": block.epoch}
        parent = view.blocks.get(block.parent)
        height = None if parent is None else view.length_of(parent)
        if parent is None or height is None:
            return "waiting", "PARENT_UNKNOWN", {"parent": block.parent.hex()}
        if parent.epoch >= block.epoch:
            return "refused", "EPOCH_NOT_AFTER_PARENT", dict(epoch_not_after(block, parent).numbers)
        if block.hash in view.height:
            return "refused", "NOTARIZED_WITHOUT", {"block": block.hash.hex(), "quorum": view.quorum}
        if height < view.longest:
            return "refused", "PARENT_TOO_SHORT", {"parent_height": height, "longest": view.longest}
        if height < self.lock:
            return "refused", "PARENT_BELOW_LOCK", {"parent_height": height, "lock": self.lock}
        if block.parent not in view.height:
            return "waiting", "PARENT_NOT_NOTARIZED", self._numbers_of_wait(block)
        problem = self._payloads.payload_problem(Chain(view, parent), proposal.payload)
        if problem is None:
            return None, "", {}
        return "waiting" if isinstance(problem, Unknown) else "refused", problem.reason, problem.numbers

    def _numbers_of_wait(self, block: Block) -> Numbers:
        parent = self.view.blocks.get(block.parent)
        signatures = 0 if parent is None else len(self.view.signers(parent))
        return {"parent": block.parent.hex(), "signatures": signatures, "quorum": self.view.quorum}

    def _sign(self, block: Block, parent_height: int) -> bytes:
        """R6, R13: sign a block; the memory that forbids a second signature is durable before the first leaves."""
        self.signed_epoch = block.epoch
        self.lock = max(self.lock, parent_height)
        self._persist.append(Signed(block.epoch, block.hash, parent_height))
        signature = self._signer.sign(block.epoch, block.hash)
        self._facts.append(VoteCast(self.now, self.epoch, self.index, block.hash.hex(), signature.hex()))
        return signature

    def _count_vote(self, vote: Vote) -> None:
        """R7: a valid vote counts whenever it comes, before its block, after its epoch, in any order."""
        epoch, name, voter = vote.epoch, vote.block, vote.voter
        block = self.view.blocks.get(name)
        if block is not None and block.epoch != epoch:
            raise ProtocolViolation("WRONG_EPOCH", of_epoch=epoch, block=name.hex(), block_epoch=block.epoch)
        self.bounds.check_votes(epoch, voter)
        other = self.bounds.note_signature(epoch, voter, name)
        if other is not None:
            self._convict(epoch, voter, (other, name), vote.signature)
        signers = self.view.signatures.get((epoch, name))
        if signers is None:
            signers = self.view.signatures[(epoch, name)] = {}
        signers[voter] = vote.signature
        if block is None:
            return
        if len(signers) == 2:
            self.bounds.support(epoch, name)
        if len(signers) == self.view.quorum:
            self._notarized(self.view.notarize_from(block))
            self._judge_again()

    # ---- what follows from the view -----------------------------------------------------------------------------

    def _notarized(self, blocks: Sequence[Block]) -> None:
        """R7, R8: record blocks that are notarized now, and finalize where three in a row end with one of them."""
        for block in blocks:
            voters = tuple(sorted(self.view.signers(block)))
            height = self.view.height[block.hash]
            self._facts.append(BlockNotarized(self.now, self.epoch, self.index, block.hash.hex(), height, voters))
            three = self.finalized.three_that_end_with(block, self.view)
            if three is not None:
                self._finalize(three)

    def _finalize(self, three: Three) -> None:
        """R8, R12: the finalized chain grows, or a conflict with it is recorded and the first chain kept."""
        try:
            fresh = self.finalized.extend(three, self.view)
        except Conflict as conflict:
            kept, conflicting = _names(conflict.kept), _names(conflict.conflicting)
            self._facts.append(SafetyViolated(self.now, self.epoch, self.index, conflict.height, kept, conflicting))
            return
        for block in fresh:
            height = self.view.height[block.hash]
            payload = self.view.payloads[block.hash]
            self._persist.append(FinalBlock(height, block.epoch, block.hash, block.parent, payload))
            name = block.hash.hex()
            self._facts.append(BlockFinalized(self.now, self.epoch, self.index, name, height, _names(three)))

    # ---- refusals and evidence ----------------------------------------------------------------------------------

    def _take_in(self, message: Message) -> bool:
        """Let a checked message of a past or present epoch change the view; False when it is one too many."""
        try:
            if isinstance(message, Vote):
                self._count_vote(message)
            else:
                self._learn(message)
        except ProtocolViolation as violation:
            self._refuse(message, violation)
            return False
        return True

    def _convict(self, epoch: int, culprit: int, names: tuple[bytes, bytes], second: bytes) -> None:
        """Two signatures of one validator in one epoch convict it: record them once, as evidence."""
        blocks = (names[0].hex(), names[1].hex())
        signatures = (self.view.signatures[(epoch, names[0])][culprit].hex(), second.hex())
        self._facts.append(EquivocationSeen(self.now, self.epoch, self.index, culprit, epoch, blocks, signatures))

    def _refuse(self, message: Message, violation: ProtocolViolation) -> None:
        kind = self.bounds.record_of(violation.reason)
        sender = message.voter if isinstance(message, Vote) else message.proposer
        if kind == "last":
            self._stop_recording(sender, violation.reason)
        elif kind != "none":
            make = MessageRefused if kind == "refusal" else FloodDropped
            reason, numbers = violation.reason, dict(violation.numbers)
            self._facts.append(make(self.now, self.epoch, self.index, sender, reason, numbers))

    def _set_aside(self, proposal: Proposal, verdict: Verdict, reason: str, numbers: Numbers) -> None:
        """R6, R11: a proposal beside the pinned one; there may be many, so their records are bounded too."""
        kind = self.bounds.record_of(reason)
        if kind == "last":
            self._stop_recording(proposal.proposer, reason)
        elif kind != "none":
            self._judged(proposal.block, verdict, reason, numbers)

    def _stop_recording(self, sender: int, reason: str) -> None:
        """C11: one last record of an epoch says that there would be more."""
        reason, numbers = self.bounds.no_more_records(reason, self.epoch)
        self._facts.append(FloodDropped(self.now, self.epoch, self.index, sender, reason, numbers))

    def _judged(self, block: Block, verdict: Verdict, reason: str, numbers: Numbers) -> None:
        self._facts.append(ProposalJudged(self.now, self.epoch, self.index, block.hash.hex(), verdict, reason, numbers))

    def _step(self) -> Step:
        step = Step(tuple(self._send), tuple(self._persist), tuple(self._facts))
        self._send.clear()
        self._persist.clear()
        self._facts.clear()
        return step


def _names(triple: Three) -> Triple:
    return (triple[0].hash.hex(), triple[1].hash.hex(), triple[2].hash.hex())
