"""Admission: the checks that a message must pass before a validator may count it (R2, R3, R4, R10, R13).

A refused message raises a `ProtocolViolation` with a reason code and the numbers behind it.
"""

from __future__ import annotations

from hashlib import sha256

from market_sim.core.consensus.block_tree import BlockTree
from market_sim.core.consensus.blocks import Block, Message, Proposal, Rules, Vote, block_hash
from market_sim.core.consensus.bounds import Bounds
from market_sim.core.consensus.signing import Verifier
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.event import Numbers


class Admission:
    """Accepts messages that are new and genuine; it reads the view and changes nothing."""

    def __init__(self, rules: Rules, view: BlockTree, bounds: Bounds, verifier: Verifier) -> None:
        self._rules = rules
        self._validators = rules.validators
        self._genesis = view.genesis.hash
        self._view = view
        self._bounds = bounds
        self._verifier = verifier

    def accepts(self, message: Message, now_epoch: int) -> bool:
        """True for a new message, False for a copy (R9); raises the reason for an invalid one (R10).

        Copies are ordinary: the echo sends each message several times, and after a partition they come late. A copy
        from a replaying validator looks the same and changes as little.
        """
        if isinstance(message, Vote):
            return self._check_vote(message, now_epoch)
        return self._check_proposal(message, now_epoch)

    def _check_vote(self, vote: Vote, now_epoch: int) -> bool:
        """R9, R10, R13: True for a new vote, False for a copy; raises the reason for an invalid one."""
        epoch, name, voter = vote.epoch, vote.block, vote.voter
        if not (vote.genesis == self._genesis and 0 <= voter < self._validators and 0 < epoch <= now_epoch):
            self._check_origin(vote.genesis, voter, epoch, now_epoch)
        known = self._view.signatures.get((epoch, name))
        if known is not None and known.get(voter) == vote.signature:
            return False
        if epoch > now_epoch and self._bounds.is_queued(vote):
            return False
        self._bounds.check_sizes(vote)
        if not self._verifier.is_valid(voter, epoch, name, vote.signature):
            raise _bad_signature(voter, epoch, name)
        if known is not None and voter in known:
            raise ProtocolViolation("DUPLICATE_VOTE", sender=voter, block=name.hex(), of_epoch=epoch)
        return True

    def _check_proposal(self, proposal: Proposal, now_epoch: int) -> bool:
        """R2, R3, R4, R9, R10, R13: True for a new proposal, False for a copy; raises the reason for an invalid one."""
        block, proposer = proposal.block, proposal.proposer
        self._check_origin(proposal.genesis, proposer, block.epoch, now_epoch)
        leader = self._rules.leader(block.epoch)
        if proposer != leader:
            raise ProtocolViolation("NOT_LEADER", sender=proposer, of_epoch=block.epoch, leader=leader)
        if self._view.blocks.get(block.hash) == block and self._view.payloads[block.hash] == proposal.payload:
            return False
        if block.epoch > now_epoch and self._bounds.is_queued(proposal):
            return False
        self._bounds.check_sizes(proposal)
        if block.hash != block_hash(block.parent, block.epoch, block.payload_digest):
            raise ProtocolViolation("ILL_FORMED", part="block hash", of_epoch=block.epoch)
        if block.payload_digest != sha256(proposal.payload).digest():
            raise ProtocolViolation("ILL_FORMED", part="payload", of_epoch=block.epoch)
        parent = self._view.blocks.get(block.parent)
        if parent is not None and parent.epoch >= block.epoch:
            raise epoch_not_after(block, parent)
        if not self._verifier.is_valid(proposer, block.epoch, block.hash, proposal.signature):
            raise _bad_signature(proposer, block.epoch, block.hash)
        return True

    def _check_origin(self, genesis: bytes, sender: int, epoch: int, now_epoch: int) -> None:
        """R10, R13: the message is for this chain, from one of its validators, of an epoch within the bounds."""
        if genesis != self._genesis:
            self._bounds.check_name(genesis)
            names = {"found": genesis.hex(), "expected": self._genesis.hex()}
            raise ProtocolViolation("WRONG_GENESIS", **names)
        if not 0 <= sender < self._validators:
            raise ProtocolViolation("UNKNOWN_VALIDATOR", sender=sender, last=self._validators - 1)
        if epoch < 1:
            raise ProtocolViolation("ILL_FORMED", part="epoch", of_epoch=epoch)
        self._bounds.check_epoch(epoch, now_epoch)


def _bad_signature(sender: int, epoch: int, block: bytes) -> ProtocolViolation:
    return ProtocolViolation("BAD_SIGNATURE", sender=sender, of_epoch=epoch, block=block.hex())


def epoch_not_after(block: Block, parent: Block) -> ProtocolViolation:
    """The violation of a block whose epoch is not after its parent's: it is part of no valid chain (R4)."""
    numbers: Numbers = {"block": block.hash.hex(), "of_epoch": block.epoch, "parent_epoch": parent.epoch}
    return ProtocolViolation("EPOCH_NOT_AFTER_PARENT", **numbers)
