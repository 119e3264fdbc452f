"""Messages that byzantine validators make up: each is well typed, and wrong in the one way that its function names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from market_sim.core.consensus.blocks import Block, Message, Proposal, Vote, make_block
from market_sim.core.consensus.bounds import (
    EPOCHS_AHEAD,
    KEPT_PER_EPOCH,
    LARGEST_NAME,
    LARGEST_PAYLOAD,
    LARGEST_SIGNATURE,
)
from market_sim.core.consensus.signing import Signer
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.randomness import Stream


def another_payload(payload: bytes, epoch: int) -> bytes:
    """A different payload: the empty one, which is always legal, or one that only opaque payloads accept."""
    return b"" if payload else b"another payload of epoch %d" % epoch


def false_vote(liar: Validator, signer: Signer, others: Sequence[int], chance: Stream) -> Vote:
    """A vote for a longest block in another validator's name, in an unknown name, or in its own for a wrong epoch."""
    block = chance.choice(liar.view.tips)
    name = chance.choice([*others, liar.rules.validators, liar.index])
    epoch = max(1, liar.epoch - 1 if name == liar.index else block.epoch)
    return Vote(liar.view.genesis.hash, epoch, block.hash, name, signer.sign(epoch, block.hash))


def mutated(message: Message, chance: Stream) -> Message:
    """A real message with one field changed (small-scope mutation, ByzzFuzz, OOPSLA 2023)."""
    if isinstance(message, Vote):
        changed: list[Message] = [
            replace(message, epoch=message.epoch + chance.choice((-1, 1))),
            replace(message, block=_flip(message.block, chance)),
            replace(message, voter=message.voter + 1),
            replace(message, signature=_flip(message.signature, chance)),
            replace(message, genesis=_flip(message.genesis, chance)),
        ]
    else:
        block = message.block
        changed = [
            replace(message, payload=message.payload + b"!"),
            replace(message, block=replace(block, epoch=block.epoch + chance.choice((-1, 1)))),
            replace(message, block=replace(block, parent=_flip(block.parent, chance))),
            replace(message, block=replace(block, hash=_flip(block.hash, chance))),
            replace(message, signature=_flip(message.signature, chance)),
            replace(message, proposer=message.proposer + 1),
            replace(message, genesis=_flip(message.genesis, chance)),
        ]
    return chance.choice(changed)


def foreign_vote(old: Message, liar: int, foreign_signer: Signer, chance: Stream) -> Vote:
    """A vote that is valid on another chain: sent under that chain's name, or relabelled as one of this chain."""
    epoch, block = (old.epoch, old.block) if isinstance(old, Vote) else (old.block.epoch, old.block.hash)
    epoch = max(1, epoch)
    genesis = old.genesis if chance.random() < 0.5 else _flip(old.genesis, chance)
    return Vote(genesis, epoch, block, liar, foreign_signer.sign(epoch, block))


def usurped_block(liar: Validator, chance: Stream) -> tuple[Block, bytes]:
    """A block without a right to votes: wrong leader, epoch not after the parent's, future epoch, wrong parent."""
    now, rules, view = liar.epoch, liar.rules, liar.view
    ahead = [epoch for epoch in range(now + 1, now + EPOCHS_AHEAD + 2) if rules.leader(epoch) == liar.index]
    past = [epoch for epoch in range(1, now) if rules.leader(epoch) == liar.index]
    tip = view.tips[0]
    payload = b"" if chance.random() < 0.5 else b"usurped in epoch %d" % now
    kinds = [
        (tip.hash, now),
        (chance.randbytes(32), now),
        (view.genesis.hash, now),
        (tip.hash, ahead[0] if ahead else now + EPOCHS_AHEAD + 1),
        (tip.hash, past[-1] if past else now),
    ]
    parent, epoch = chance.choice(kinds)
    return make_block(parent, epoch, payload), payload


def flood(liar: Validator, signer: Signer) -> Iterator[Message]:
    """More blocks (from the leader) or votes for unknown blocks than a validator keeps, and oversized messages."""
    genesis, parent, epoch = liar.view.genesis.hash, liar.view.tips[0], liar.epoch
    for number in range(KEPT_PER_EPOCH + 6):
        payload = b"flood %d of validator %d" % (number, liar.index)
        block = make_block(parent.hash, epoch, payload)
        signature = signer.sign(epoch, block.hash)
        if liar.rules.leader(epoch) == liar.index:
            yield Proposal(genesis, block, payload, liar.index, signature)
        else:
            yield Vote(genesis, epoch, block.hash, liar.index, signature)
    yield Vote(genesis, epoch, b"n" * (LARGEST_NAME + 1), liar.index, b"x")
    yield Vote(genesis, epoch, parent.hash, liar.index, b"s" * (LARGEST_SIGNATURE + 1))
    if liar.rules.leader(epoch) == liar.index:
        payload = b"p" * (LARGEST_PAYLOAD + 1)
        yield Proposal(genesis, make_block(parent.hash, epoch, payload), payload, liar.index, b"x")


def _flip(data: bytes, chance: Stream) -> bytes:
    """The same bytes with one bit flipped."""
    place = chance.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[place // 8] ^= 1 << (place % 8)
    return bytes(changed)
