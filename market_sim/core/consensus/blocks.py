"""Blocks, proposals and votes, and the rules of one chain (R1 to R4).

Source of the rules R1 to R13: Chan and Shi, "Streamlet: Textbook Streamlined Blockchains", AFT 2020, section 3.

>>> Rules(validators=4).quorum, Rules(validators=5).quorum, Rules(validators=7).quorum
(3, 4, 5)
>>> [Rules(validators=4).leader(epoch) for epoch in (1, 2, 3, 4)]
[1, 2, 3, 0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.units import MILLISECOND

_BLOCK_DOMAIN = b"market-sim/streamlet/block/1"
_GENESIS_DOMAIN = b"market-sim/streamlet/genesis/1"
_LEADER_DOMAIN = b"market-sim/streamlet/leader/1"

LeaderRule = Literal["round-robin", "hash", "shuffled"]
Variant = Literal["byzantine", "crash"]
LEADER_RULES: tuple[LeaderRule, ...] = ("round-robin", "hash", "shuffled")
"""In turn; drawn for each epoch; each validator once in n epochs, in an order that is drawn anew for each turn."""


class Block(msgspec.Struct, frozen=True, gc=False):
    """A place in the chain: its parent, its epoch and the digest of what it orders (R3)."""

    epoch: int
    parent: bytes
    payload_digest: bytes
    hash: bytes

    @property
    def names(self) -> tuple[bytes, bytes, bytes]:
        """The three hashes in it."""
        return self.parent, self.payload_digest, self.hash


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """A block with its payload, signed by the leader of its epoch; the signature is the leader's vote (R5)."""

    genesis: bytes
    block: Block
    payload: bytes
    proposer: int
    signature: bytes


class Vote(msgspec.Struct, frozen=True, gc=False):
    """A validator's signature on a block (R6)."""

    genesis: bytes
    epoch: int
    block: bytes
    voter: int
    signature: bytes


Message = Proposal | Vote


def block_of(message: Message) -> bytes:
    """The hash of the block that a message proposes or votes for."""
    return message.block if isinstance(message, Vote) else message.block.hash


class FinalBlock(msgspec.Struct, frozen=True, gc=False):
    """A block that is final, with its height (genesis has height 0 and is never reported) and its payload."""

    height: int
    epoch: int
    hash: bytes
    parent: bytes
    payload: bytes


def block_hash(parent: bytes, epoch: int, payload_digest: bytes) -> bytes:
    """R3: the hash commits to the parent, hence to the whole prefix, to the epoch and to the payload."""
    return sha256(_BLOCK_DOMAIN + parent + epoch.to_bytes(8, "big") + payload_digest).digest()


def make_block(parent: bytes, epoch: int, payload: bytes) -> Block:
    """The block of this epoch that puts this payload after this parent."""
    digest = sha256(payload).digest()
    return Block(epoch, parent, digest, block_hash(parent, epoch, digest))


def leader_rule(name: str) -> LeaderRule:
    """The rule of this name."""
    for rule in LEADER_RULES:
        if rule == name:
            return rule
    raise InputError(f"the leaders are chosen {', '.join(LEADER_RULES[:-1])} or {LEADER_RULES[-1]}, found {name!r}")


def _drawn(chain_id: int, *numbers: int) -> bytes:
    return sha256(_LEADER_DOMAIN + b"".join(one.to_bytes(8, "big") for one in (chain_id, *numbers))).digest()


@lru_cache(maxsize=256)
def _order(chain_id: int, validators: int, turn: int) -> tuple[int, ...]:
    """The leaders of one turn when they are shuffled: each validator once, in an order that a hash draws."""
    return tuple(sorted(range(validators), key=lambda validator: _drawn(chain_id, turn, validator)))


@dataclass(frozen=True)
class Rules:
    """The rules of one chain: the number of validators, the leader rule, the quorum and the length of an epoch."""

    validators: int = 4
    variant: Variant = "byzantine"
    leader_rule: LeaderRule = "round-robin"
    delta_ns: int = 500 * MILLISECOND
    chain_id: int = 1
    declared_faults: int | None = None
    beyond_the_bound: bool = False

    def __post_init__(self) -> None:
        if self.validators < 1:
            raise InputError(f"a committee needs at least 1 validator, not {self.validators}")
        if self.delta_ns < 2 * MILLISECOND:
            raise InputError(f"Delta is at least 2 ms, not {self.delta_ns} ns")
        declared = self.declared_faults
        if declared is not None and declared > self.faults and not self.beyond_the_bound:
            raise InputError(
                f"of {self.validators} validators {self.faults} may be faulty, not {declared}; "
                "--beyond-the-bound (a scenario: beyond_the_bound=True) seats more"
            )

    @property
    def faults(self) -> int:
        """The number f of faulty validators that safety tolerates: under n/3 byzantine, or under n/2 that crash."""
        return (self.validators - 1) // (3 if self.variant == "byzantine" else 2)

    @property
    def quorum(self) -> int:
        """The number of signatures that notarizes a block: any two quorums share an honest validator."""
        if self.variant == "crash":
            return self.validators // 2 + 1
        return -(-2 * self.validators // 3)

    @property
    def epoch_ns(self) -> int:
        """R1: an epoch lasts twice Delta, so that a proposal and the votes for it arrive within it."""
        return 2 * self.delta_ns

    def leader(self, epoch: int) -> int:
        """R2: the only validator that may propose in this epoch."""
        if self.leader_rule == "hash":
            return int.from_bytes(_drawn(self.chain_id, epoch), "big") % self.validators
        if self.leader_rule == "shuffled":
            turn, place = divmod(epoch, self.validators)
            return _order(self.chain_id, self.validators, turn)[place]
        return epoch % self.validators

    def genesis(self, public_keys: Sequence[bytes]) -> Block:
        """R4: the block of epoch 0. Its hash commits to every rule, so different rules make a different chain."""
        quorum_rule = "ceil(2n/3)" if self.variant == "byzantine" else "n//2+1"
        terms = (self.chain_id, self.variant, self.leader_rule, quorum_rule, self.delta_ns, self.validators)
        text = "\n".join((*map(str, terms), *(key.hex() for key in public_keys)))
        return Block(0, b"", b"", sha256(_GENESIS_DOMAIN + text.encode()).digest())
