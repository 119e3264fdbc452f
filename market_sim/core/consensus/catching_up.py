"""Catching up: how a validator gets what it lacks and a quorum may know (a rule of this product, beside the paper's).

The paper's network delivers everything to everybody, and its validators keep everything. Ours keep a bounded part of
what one liar signs, crash, and come back; each of these may cost a validator a block or a vote that the others counted.
Without it the validator could never notarize what follows. So it asks its peers, and they answer from what they hold.

A validator asks only for what an honest peer must have: a block that f + 1 validators signed, or the parent of the
proposal it has to judge. It asks once for each name and state of its own chain, so a liar cannot make it ask without
end; and it answers each peer a bounded number of times in an epoch, with a bounded number of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from market_sim.core.consensus.blocks import Block, Message, Proposal, Rules, Vote
from market_sim.core.consensus.finality import FinalizedChain
from market_sim.core.consensus.view import View

ANSWERS_PER_EPOCH: Final = 16
"""How often a validator answers one peer in one epoch."""
BLOCKS_PER_ANSWER: Final = 64
"""How many blocks one answer holds at most, those nearest to genesis first."""
ASKED_AGAIN: Final = 3
"""In how many further epochs a validator asks again for what nobody has answered."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """One validator's question to its peers: this block, its signatures, and the chain that leads to it."""

    block: bytes
    above: int
    """The height of the asker's finalized chain: blocks up to it are not needed."""
    signers: tuple[int, ...] = ()
    """Whose signatures on the block the asker holds already."""


class CatchingUp:
    """What one validator lacks and has asked for, and what it can tell others."""

    def __init__(self, rules: Rules, view: View, finalized: FinalizedChain) -> None:
        self._rules = rules
        self._view = view
        self._finalized = finalized
        self._asked: dict[bytes, tuple[int, int, int]] = {}
        self._answered: dict[int, int] = {}

    # ---- asking -------------------------------------------------------------------------------------------------

    def ask(self, name: bytes, epoch: int, now_epoch: int) -> Request | None:
        """The request for a block of this epoch; None when it was asked for already and nothing has changed."""
        height = self._finalized.height
        known = self._asked.get(name)
        if known is not None and known[1] == height:
            return None
        self._asked[name] = (epoch, height, now_epoch)
        return self._request(name, epoch)

    def ask_again(self, now_epoch: int) -> list[Request]:
        """A new epoch: what is still missing is asked for again for a while, what has come is forgotten."""
        self._answered.clear()
        requests = []
        for name, (epoch, _, since) in list(self._asked.items()):
            if name in self._view.height or now_epoch - since > ASKED_AGAIN:
                del self._asked[name]
            else:
                requests.append(self._request(name, epoch))
        return requests

    def _request(self, name: bytes, epoch: int) -> Request:
        signers = tuple(sorted(self._view.signatures.get((epoch, name), ())))
        return Request(name, self._finalized.height, signers if name in self._view.blocks else ())

    # ---- answering ----------------------------------------------------------------------------------------------

    def answer(self, asker: int, request: Request) -> tuple[Message, ...]:
        """What this validator can add: the first blocks of the chain up to the one asked for, with their votes."""
        block = self._view.blocks.get(request.block)
        if block is None or self._answered.get(asker, 0) >= ANSWERS_PER_EPOCH:
            return ()
        path = self._path(block, request.above)[:BLOCKS_PER_ANSWER]
        found = [message for one in path for message in self.messages_about(one.epoch, one.hash)]
        if not any(_name(message) != request.block or _signer(message) not in request.signers for message in found):
            return ()
        self._answered[asker] = self._answered.get(asker, 0) + 1
        return tuple(found)

    def recall(self, above: int) -> list[Message]:
        """What a peer needs that restarted with a finalized chain of this height; for the rest it will ask."""
        view, final = self._view, self._finalized
        told = {block.hash for block in final.blocks[above + 1 : above + 1 + BLOCKS_PER_ANSWER]}
        left_out = {block.hash for block in final.blocks} - told
        return [
            message for epoch, name in view.signatures if name not in left_out
            for message in self.messages_about(epoch, name)
        ]  # fmt: skip

    def chain_up_to(self, parent: Block) -> list[Message]:
        """Paper, section 5: against crashes the leader also sends the notarized parent chain (what is not final)."""
        path = self._path(parent, self._finalized.height)
        return [message for block in path for message in self.messages_about(block.epoch, block.hash)]

    def messages_about(self, epoch: int, name: bytes) -> list[Message]:
        """The proposal, if it is here, and the votes for one block."""
        view, leader = self._view, self._rules.leader(epoch)
        genesis, block = view.genesis.hash, view.blocks.get(name)
        signers = view.signatures.get((epoch, name), {})
        messages: list[Message] = [
            Vote(genesis, epoch, name, signer, signature)
            for signer, signature in signers.items()
            if block is None or signer != leader
        ]
        if block is not None and leader in signers:
            messages.insert(0, Proposal(genesis, block, view.payloads[name], leader, signers[leader]))
        return messages

    def _path(self, block: Block, above: int) -> list[Block]:
        """The chain that ends with a block, without genesis and what lies at or below this height."""
        return list(self._downwards(block, above))[::-1]

    def _downwards(self, block: Block, above: int) -> Iterator[Block]:
        heights, blocks = self._view.height, self._view.blocks
        while heights.get(block.hash, above + 1) > above:
            yield block
            parent = blocks.get(block.parent)
            if parent is None:
                return
            block = parent


def _name(message: Message) -> bytes:
    return message.block if isinstance(message, Vote) else message.block.hash


def _signer(message: Message) -> int:
    return message.voter if isinstance(message, Vote) else message.proposer
