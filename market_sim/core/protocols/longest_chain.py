"""A longest chain with proof of work, small enough to read next to its sources.

Nakamoto, "Bitcoin: A Peer-to-Peer Electronic Cash System", 2008 (the numbers are its sections); Garay, Kiayias and
Leonardos, "The Bitcoin Backbone Protocol", EUROCRYPT 2015, for what is promised: blocks that are k deep are common to
all honest validators except with a probability that falls with k, as long as blocks travel faster than they are found.

Work is a lottery: a hash of the seed decides for each validator and slot whether it finds a block, and everyone can
check the draw as everyone can check a proof of work. A win is good for one block, as a proof of work names its block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec

from market_sim.core.consensus.blocks import Block
from market_sim.core.consensus.payloads import Invalid
from market_sim.core.errors import InputError, ProtocolViolation
from market_sim.core.models.consensus_events import BlockProposed, MessageRefused
from market_sim.core.models.event import Numbers
from market_sim.core.protocols.participant import About, Letter, Reaction, Seat, StoredChain
from market_sim.core.randomness import Randomness

SLOTS: Final = 50
"""Draws per validator and epoch. All validators together find one block per epoch on average."""
BLOCKS_PER_ANSWER: Final = 64
_DOMAIN: Final = b"market-sim/longest-chain/block/1"


class Mined(msgspec.Struct, frozen=True, gc=False):
    """A block that a validator found, with its payload; `block.epoch` holds the number of the slot, from 1 on."""

    genesis: bytes
    block: Block
    payload: bytes
    miner: int
    signature: bytes


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """A request to the peers for this block and its ancestors."""

    asker: int
    block: bytes


class Lottery:
    """The draw that stands for work: independent for each validator and slot, and verifiable by all."""

    def __init__(self, randomness: Randomness, validators: int) -> None:
        self._randomness = randomness
        self._threshold = 2**256 // (SLOTS * validators)

    def wins(self, validator: int, slot: int) -> bool:
        """Section 4: whether this validator finds a block in this slot."""
        return int.from_bytes(self._randomness.secret(f"draw/{validator}/{slot}"), "big") < self._threshold


def mined_block(parent: bytes, slot: int, miner: int, payload: bytes) -> Block:
    """The block that this miner finds in this slot on top of this parent."""
    digest = sha256(payload).digest()
    name = _DOMAIN + parent + slot.to_bytes(8, "big") + miner.to_bytes(4, "big") + digest
    return Block(slot, parent, digest, sha256(name).digest())


@dataclass
class BlockStore:
    """What a miner keeps on disk: every valid block, a parent before its children."""

    blocks: list[Mined] = field(default_factory=list)


class Miner:
    """An honest miner: it extends the longest chain it knows."""

    def __init__(self, seat: Seat, store: BlockStore, lottery: Lottery, confirmations: int) -> None:
        self.now = 0
        self.chain: list[bytes] = []
        self._seat = seat
        self._store = store
        self._lottery = lottery
        self._confirmations = confirmations
        self._epoch = self._slot = 0
        self._blocks: dict[bytes, Block] = {seat.genesis.hash: seat.genesis}
        self._payloads: dict[bytes, bytes] = {}
        self._height: dict[bytes, int] = {seat.genesis.hash: 0}
        self._mined: dict[bytes, Mined] = {}
        self._orphans: dict[bytes, list[Mined]] = {}
        self._unjudged: list[Mined] = []
        self._seen: set[bytes] = set()
        self._reaction = Reaction()
        for mined in store.blocks:
            self._seen.add(mined.block.hash)
            self._keep(mined)

    @property
    def final_height(self) -> int:
        """Section 11: a block with k confirmations is final, its own being the first; the tip has one."""
        return max(0, len(self.chain) - self._confirmations + 1)

    # ---- inputs -------------------------------------------------------------------------------------------------

    def on_tick(self, epoch: int, slot: int) -> Reaction:
        """Section 5, steps 2 to 4: a miner that finds a block broadcasts it on top of the longest chain."""
        self._epoch, self._slot = epoch, (epoch - 1) * SLOTS + slot + 1
        if self._lottery.wins(self._seat.index, self._slot):
            self._mine()
        return self._react()

    def on_message(self, message: Mined | Wanted) -> Reaction:
        """Check and relay a new block (section 5, step 1); answer a request."""
        if isinstance(message, Wanted):
            self._reaction.letters += [Letter(mined, (message.asker,)) for mined in self._path(message.block)]
        elif message.block.hash not in self._seen:
            try:
                self._check(message)
            except ProtocolViolation as violation:
                self._refuse(message, violation)
                return self._react()
            self._seen.add(message.block.hash)
            self._reaction.broadcast(message)
            self._connect(message)
        return self._react()

    def on_payload_news(self) -> Reaction:
        """Validate the blocks again whose trades were unknown."""
        waiting, self._unjudged = self._unjudged, []
        for mined in waiting:
            self._connect(mined)
        return self._react()

    def recall(self, above: int) -> list[Mined]:
        """The blocks above this height, on every branch; the peer asks for what is still missing below."""
        return [mined for mined in self._store.blocks if self._height[mined.block.hash] > above]

    def about(self, message: Mined | Wanted) -> About | None:
        """What a message is about."""
        if isinstance(message, Wanted):
            return None
        return About(message.miner, message.block.hash, message.block.parent)

    # ---- mining -------------------------------------------------------------------------------------------------

    def _mine(self) -> None:
        seat, tip = self._seat, self._blocks[self.chain[-1]] if self.chain else self._seat.genesis
        payload = seat.payloads.payload_for(StoredChain(self._blocks, self._payloads, tip))
        block = mined_block(tip.hash, self._slot, seat.index, payload)
        mined = Mined(seat.genesis.hash, block, payload, seat.index, seat.signer.sign(self._slot, block.hash))
        names = (block.hash.hex(), tip.hash.hex())
        height, digest, trades = len(self.chain) + 1, block.payload_digest.hex(), seat.payloads.count(payload)
        proposed = BlockProposed(self.now, self._epoch, *names, height, seat.index, digest, trades)
        self._reaction.facts.append(proposed)
        self._reaction.broadcast(mined)
        self._seen.add(block.hash)
        self._store.blocks.append(mined)
        self._keep(mined)

    # ---- blocks of others ---------------------------------------------------------------------------------------

    def _check(self, mined: Mined) -> None:
        """Section 5, step 5: the work is valid, the hash is that of the block, and the slot has begun."""
        block, miner = mined.block, mined.miner
        if mined.genesis != self._seat.genesis.hash:
            raise ProtocolViolation("WRONG_GENESIS", found=mined.genesis.hex(), expected=self._seat.genesis.hash.hex())
        if not 0 <= miner < self._seat.rules.validators:
            raise ProtocolViolation("UNKNOWN_VALIDATOR", sender=miner, last=self._seat.rules.validators - 1)
        if block != mined_block(block.parent, block.epoch, miner, mined.payload):
            raise ProtocolViolation("ILL_FORMED", part="block", of_epoch=block.epoch)
        is_timely = 1 <= block.epoch <= self._slot
        if not is_timely or not self._lottery.wins(miner, block.epoch):
            raise ProtocolViolation("ILL_FORMED", part="proof of work", of_epoch=block.epoch)
        if not self._seat.verifier.is_valid(miner, block.epoch, block.hash, mined.signature):
            raise ProtocolViolation("BAD_SIGNATURE", sender=miner, block=block.hash.hex(), of_epoch=block.epoch)

    def _connect(self, mined: Mined) -> None:
        """Put a block on its parent, and then the blocks that waited for it."""
        block, waiting = mined.block, self._orphans
        parent = self._blocks.get(block.parent)
        if parent is None:
            if block.parent not in waiting:
                self._reaction.broadcast(Wanted(self._seat.index, block.parent))
            waiting.setdefault(block.parent, []).append(mined)
            return
        problem = self._seat.payloads.payload_problem(StoredChain(self._blocks, self._payloads, parent), mined.payload)
        if parent.epoch >= block.epoch:
            numbers: Numbers = {"block": block.hash.hex(), "of_epoch": block.epoch, "parent_epoch": parent.epoch}
            self._refuse(mined, ProtocolViolation("EPOCH_NOT_AFTER_PARENT", **numbers))
            return
        if isinstance(problem, Invalid):
            self._refuse(mined, ProtocolViolation(problem.reason, **problem.numbers))
            return
        if problem is not None:
            self._unjudged.append(mined)
            return
        self._store.blocks.append(mined)
        self._keep(mined)
        for child in waiting.pop(block.hash, []):
            self._connect(child)

    def _keep(self, mined: Mined) -> None:
        """Section 5: the longest chain counts, and of two equally long ones the first that was seen."""
        block = mined.block
        self._blocks[block.hash], self._payloads[block.hash] = block, mined.payload
        self._mined[block.hash] = mined
        height = self._height[block.hash] = self._height[block.parent] + 1
        if height > len(self.chain):
            self.chain = [one.block.hash for one in self._path(block.hash, height)]

    def _path(self, name: bytes, most: int = BLOCKS_PER_ANSWER) -> list[Mined]:
        """The chain that ends with a block, oldest first, cut off at its lower end."""
        path: list[Mined] = []
        while name in self._mined and len(path) < most:
            path.append(self._mined[name])
            name = path[-1].block.parent
        return path[::-1]

    def _refuse(self, mined: Mined, violation: ProtocolViolation) -> None:
        refused = (self._seat.index, mined.miner, violation.reason, dict(violation.numbers))
        self._reaction.facts.append(MessageRefused(self.now, self._epoch, *refused))

    def _react(self) -> Reaction:
        reaction, self._reaction = self._reaction, Reaction()
        return reaction


class LongestChain:
    """The protocol for the harness: miners that share one lottery and one number of confirmations."""

    name = "longest chain"
    slots = SLOTS
    meaningless: Mapping[str, str] = {"two-faced": "a proof of work names its block, so one win makes one block"}

    def __init__(self, randomness: Randomness, validators: int, confirmations: int) -> None:
        if not 1 <= confirmations <= 100:
            raise InputError(f"a block is final with 1 to 100 confirmations, found {confirmations}")
        self.confirmations = confirmations
        self._lottery = Lottery(randomness, validators)

    def memory(self) -> BlockStore:
        """An empty disk."""
        return BlockStore()

    def seat(self, seat: Seat, memory: BlockStore) -> Miner:
        """A miner that starts from its disk."""
        return Miner(seat, memory, self._lottery, self.confirmations)
