"""One validator of the Streamlet protocol, as a pure state machine: a message comes in, a `Step` comes out.

Source: Chan and Shi, "Streamlet: Textbook Streamlined Blockchains", AFT 2020, section 3: its Propose is R5 here, its
Vote R6, its Finalize R8. The same section has epochs and leaders (R1, R2), blocks and valid chains (R3, R4),
notarization (R7) and the implicit echo (R9), and footnote 3 lets early messages wait (R10). R11 to R13 settle what the
paper leaves open; docs/rulebook.md has all of them. Each handler names its rule. The machine knows no clock, no network
and no chance: the caller sets `now`, which only stamps facts and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.consensus.admission import Admission, epoch_not_after
from market_sim.core.consensus.block_tree import BlockTree
from market_sim.core.consensus.blocks import Block, FinalBlock, Message, Proposal, Rules, Vote, make_block
from market_sim.core.consensus.bounds import Bounds
from market_sim.core.consensus.catching_up import CatchingUp, Request
from market_sim.core.consensus.durable import Durable, DurableRecord, Signed
from market_sim.core.consensus.finality import Conflict, FinalizedChain, Three
from market_sim.core.consensus.payloads import Chain, Payloads, Unknown
from market_sim.core.consensus.signing import Signer, Verifier
from market_sim.core.consensus.step import NOTHING, Step
from market_sim.core.errors import InvariantBroken, ProtocolViolation
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    BlockRequested,
    CallsOrdered,
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


class Validator:
    """An honest validator: it receives, judges proposals, signs at most once per epoch, and finalizes."""

    def __init__(
        self, index: int, rules: Rules, genesis: Block, signer: Signer, verifier: Verifier, payloads: Payloads
    ) -> None:
        self.index = index
        self.rules = rules
        self.now = 0
        self.epoch = 0
        self.signed_epoch = 0
        self.lock = 0
        self.view = BlockTree(genesis, rules.quorum)
        self.bounds = Bounds(rules.faults)
        self.finalized = FinalizedChain(genesis)
        self.peers = CatchingUp(rules, self.view, self.finalized)
        self._genesis = genesis.hash
        self._signer = signer
        self._admission = Admission(rules, self.view, self.bounds, verifier)
        self._payloads = payloads
        self._pinned: Proposal | None = None
        self._waits_for: str | None = None  # the reason code; "" before the first verdict, None after the last
        self._send: list[Message] = []
        self._persist: list[Durable] = []
        self._facts: list[ConsensusEvent] = []
        self._ask: list[Request] = []

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
        """The validator after a restart: it knows what it signed, its lock and its finalized chain, nothing else."""
        validator = cls(index, rules, genesis, signer, verifier, payloads)
        validator.signed_epoch = record.signed_epoch
        validator.lock = record.lock
        validator.view.adopt(record.finalized)
        validator.finalized.adopt([validator.view.blocks[final.hash] for final in record.finalized])
        return validator

    # ---- inputs -------------------------------------------------------------------------------------------------

    def on_epoch(self, epoch: int) -> Step:
        """R1: a new epoch. A waiting proposal expires, queued messages are read, and the leader proposes (R5)."""
        if epoch <= self.epoch:
            raise InvariantBroken(f"epoch {epoch} started after epoch {self.epoch}: epochs never go down")
        if self._pinned is not None and self._waits_for is not None:
            _, reason, numbers = self._judge(self._pinned)
            self._judged(self._pinned.block, "expired", reason or self._waits_for, numbers)
        self.epoch = epoch
        self._pinned = self._waits_for = None
        self._ask += self.peers.ask_again(epoch)
        for message in self.bounds.start(epoch):
            self._take_in(message)
        if self.rules.leader(epoch) == self.index:
            self._propose()
        return self._step()

    def on_message(self, message: Message) -> Step:
        """A message arrives: it is refused with a reason (R10), or new and passed on (R9), or a copy."""
        try:
            if not self._admission.accepts(message, self.epoch):
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
        # R9: the message itself goes first, so that the receivers understand the messages that follow from it.
        self._send.insert(0, message)
        return self._step()

    def on_payload_news(self) -> Step:
        """R6: a trade arrived, so a waiting proposal is judged again."""
        if self._waits_for is None:
            return NOTHING
        self._judge_again()
        return self._step()

    def on_answer(self, messages: Sequence[Message]) -> Step:
        """A peer's answer: processed like any message, but not passed on, since the peer did that at first sight."""
        for message in messages:
            try:
                if not self.knows(message) and self._admission.accepts(message, self.epoch):
                    self._take_in(message)
            except ProtocolViolation as violation:
                self._refuse(message, violation)
        return self._step()

    def knows(self, message: Message) -> bool:
        """Whether this statement is in the view already."""
        if isinstance(message, Vote):
            return message.voter in self.view.signatures.get((message.epoch, message.block), ())
        return message.block.hash in self.view.blocks

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
        calls, reports = self._payloads.calls(payload), self._payloads.reports(payload)
        if calls or reports:
            self._facts.append(CallsOrdered(self.now, self.epoch, names[0], calls, reports))
        signature = self._sign(block, height)
        proposal = Proposal(self._genesis, block, payload, self.index, signature)
        if self.rules.variant == "crash":
            self._send += self.peers.chain_up_to(parent)
        self._pinned = proposal
        self._send.append(proposal)
        self.bounds.keep_unsupported(block)
        self.bounds.note_signature(self.epoch, self.index, block.hash, signature)
        self.view.signatures.setdefault((block.epoch, block.hash), {})[self.index] = signature
        self._notarized(self.view.add_block(block, payload))

    def choose_parent(self, tips: Sequence[Block]) -> Block:
        """R5: any longest notarized chain is allowed; the smallest hash makes the choice deterministic."""
        return min(tips, key=lambda block: block.hash)

    def _learn(self, proposal: Proposal) -> None:
        """R6, R7, R11: keep the block, count its leader's signature, pin it if it is the first of this epoch."""
        block = proposal.block
        self._note_signature(block.epoch, proposal.proposer, block.hash, proposal.signature)
        place = (block.epoch, block.hash)
        self.bounds.check_block(block, self.view.signatures.get(place, {}))
        signers = self.view.signatures.setdefault(place, {})
        signers[proposal.proposer] = proposal.signature
        if len(signers) == 1:
            self.bounds.keep_unsupported(block)
        self._notarized(self.view.add_block(block, proposal.payload))
        self._ask_for_votes(block, len(signers))
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
            if reason in ("PARENT_UNKNOWN", "PARENT_NOT_NOTARIZED"):
                self._ask_for(self.view.blocks.get(block.parent), block.parent)
            return
        self._waits_for = None
        if verdict == "refused":
            self._judged(block, "refused", reason, numbers)
            return
        signature = self._sign(block, self.view.height[block.parent])
        self._send.append(Vote(self._genesis, block.epoch, block.hash, self.index, signature))
        self.bounds.note_signature(block.epoch, self.index, block.hash, signature)
        signers = self.view.signatures[(block.epoch, block.hash)]
        signers[self.index] = signature
        self.bounds.support(block.epoch, block.hash)
        if len(signers) == self.view.quorum:
            self._notarized(self.view.notarize_from(block))

    def _judge(self, proposal: Proposal) -> tuple[Verdict | None, str, Numbers]:
        """R6: the reason against a vote now, or no verdict if there is none; the longest length is the present one."""
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
        """R6, R13: sign a block; the record that forbids a second signature is durable before the first leaves."""
        self.signed_epoch = block.epoch
        self.lock = max(self.lock, parent_height)
        self._persist.append(Signed(block.epoch, block.hash, parent_height))
        signature = self._signer.sign(block.epoch, block.hash)
        self._facts.append(VoteCast(self.now, self.epoch, self.index, block.hash.hex(), signature.hex()))
        return signature

    def _count_vote(self, vote: Vote) -> None:
        """R7: a valid vote counts whenever it arrives: before its block, after its epoch, in any order."""
        epoch, name, voter = vote.epoch, vote.block, vote.voter
        block = self.view.blocks.get(name)
        if block is not None and block.epoch != epoch:
            raise ProtocolViolation("WRONG_EPOCH", of_epoch=epoch, block=name.hex(), block_epoch=block.epoch)
        self._note_signature(epoch, voter, name, vote.signature)
        signers = self.view.signatures.get((epoch, name))
        self.bounds.check_votes(epoch, voter, 0 if signers is None else len(signers))
        if signers is None:
            signers = self.view.signatures[(epoch, name)] = {}
        signers[voter] = vote.signature
        if block is None:
            if len(signers) == self.rules.faults + 1:
                self._ask_for(None, name, epoch)
            return
        if len(signers) == 2:
            self.bounds.support(epoch, name)
        if len(signers) == self.view.quorum:
            self._notarized(self.view.notarize_from(block))
            self._judge_again()
        else:
            self._ask_for_votes(block, len(signers))

    # ---- what follows from the view -----------------------------------------------------------------------------

    def _notarized(self, blocks: Sequence[Block]) -> None:
        """R7, R8: record newly notarized blocks, and finalize where three in a row end with one of them."""
        for block in blocks:
            voters = tuple(sorted(self.view.signers(block)))
            height = self.view.height[block.hash]
            self._facts.append(BlockNotarized(self.now, self.epoch, self.index, block.hash.hex(), height, voters))
            three = self.finalized.three_that_end_with(block, self.view)
            if three is not None:
                self._finalize(three)

    def _finalize(self, three: Three) -> None:
        """R8, R12: the finalized chain grows; or a conflict is recorded and the first chain kept."""
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
        if fresh and self.bounds.close(fresh[-1].epoch):
            self.view.forget(self.bounds.closed, self.rules.faults)

    # ---- catching up --------------------------------------------------------------------------------------------

    def _ask_for_votes(self, block: Block, signers: int) -> None:
        """If something of its epoch was dropped, the block may lack votes that notarized it at other validators."""
        if block.epoch in self.bounds.dropped and self.rules.faults < signers < self.view.quorum:
            self._ask_for(block, block.hash)

    def _ask_for(self, block: Block | None, name: bytes, epoch: int = 0) -> None:
        """Ask the peers for a block, or for the missing signatures on a known one."""
        request = self.peers.ask(name, block.epoch if block else epoch, self.epoch)
        if request is not None:
            self._ask.append(request)
            self._facts.append(BlockRequested(self.now, self.epoch, self.index, name.hex(), len(request.signers)))

    # ---- refusals and evidence ----------------------------------------------------------------------------------

    def _take_in(self, message: Message) -> bool:
        """Apply an accepted message of a past or present epoch to the view; False if a bound refuses it."""
        try:
            if isinstance(message, Vote):
                self._count_vote(message)
            else:
                self._learn(message)
        except ProtocolViolation as violation:
            self._refuse(message, violation)
            return False
        return True

    def _note_signature(self, epoch: int, signer: int, name: bytes, signature: bytes) -> None:
        """Two signatures of one validator in one epoch prove equivocation: record them once, as evidence."""
        first = self.bounds.note_signature(epoch, signer, name, signature)
        if first is not None:
            blocks, signatures = (first[0].hex(), name.hex()), (first[1].hex(), signature.hex())
            self._facts.append(EquivocationSeen(self.now, self.epoch, self.index, signer, epoch, blocks, signatures))

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
        """R6, R11: record a proposal that is not the pinned one; there may be many, so these records are bounded."""
        kind = self.bounds.record_of(reason)
        if kind == "last":
            self._stop_recording(proposal.proposer, reason)
        elif kind != "none":
            self._judged(proposal.block, verdict, reason, numbers)

    def _stop_recording(self, sender: int, reason: str) -> None:
        """C11: the last record of an epoch says that further ones are left out."""
        reason, numbers = self.bounds.no_more_records(reason, self.epoch)
        self._facts.append(FloodDropped(self.now, self.epoch, self.index, sender, reason, numbers))

    def _judged(self, block: Block, verdict: Verdict, reason: str, numbers: Numbers) -> None:
        self._facts.append(ProposalJudged(self.now, self.epoch, self.index, block.hash.hex(), verdict, reason, numbers))

    def _step(self) -> Step:
        step = Step(tuple(self._send), tuple(self._persist), tuple(self._facts), tuple(self._ask))
        self._send.clear()
        self._persist.clear()
        self._facts.clear()
        self._ask.clear()
        return step


def _names(triple: Three) -> Triple:
    return (triple[0].hash.hex(), triple[1].hash.hex(), triple[2].hash.hex())
