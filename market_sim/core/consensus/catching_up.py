"""Catching up: how a validator gets blocks and votes that it missed (a rule of this product, beside the paper's).

In the paper the network delivers every message to every validator, and a validator keeps all of them. Our validators
keep a bounded part of what one validator signs, and they crash and come back. Both may cost a validator a block or a
vote that the others counted, and without it the validator could never notarize the blocks that follow. So it asks its
peers, and they answer from what they hold.

A validator asks only for what an honest peer must have: a block that f + 1 validators signed, or the parent of the
proposal it has to judge. It asks once for each block and each height of its own finalized chain, so a byzantine
validator cannot make it ask without end. It answers each peer a bounded number of times in an epoch, with a bounded
number of blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from market_sim.core.consensus.block_tree import BlockTree
from market_sim.core.consensus.blocks import Block, Message, Proposal, Rules, Vote, block_of
from market_sim.core.consensus.finality import FinalizedChain

ANSWERS_PER_EPOCH: Final = 16
"""The number of answers that a validator gives to one peer in one epoch."""
BLOCKS_PER_ANSWER: Final = 64
"""The most blocks in one answer, those nearest to genesis first."""
ASKED_AGAIN: Final = 3
"""The number of further epochs in which a validator repeats a request without an answer."""


class Request(msgspec.Struct, frozen=True, gc=False):
    """One validator's request to its peers: this block, its signatures, and the chain that leads to it."""

    block: bytes
    above: int
    """The height of the asker's finalized chain: blocks up to it are not needed."""
    signers: tuple[int, ...] = ()
    """The validators whose signatures on the block the asker holds already."""


class CatchingUp:
    """The requests that one validator has made, and its answers to the requests of others."""

    def __init__(self, rules: Rules, view: BlockTree, finalized: FinalizedChain) -> None:
        self._rules = rules
        self._view = view
        self._finalized = finalized
        self._asked: dict[bytes, tuple[int, int, int]] = {}
        self._answered: dict[int, int] = {}

    # ---- asking -------------------------------------------------------------------------------------------------

    def ask(self, name: bytes, epoch: int, now_epoch: int) -> Request | None:
        """The request for a block of this epoch; None if it was made already and the finalized chain has not grown."""
        height = self._finalized.height
        known = self._asked.get(name)
        if known is not None and known[1] == height:
            return None
        self._asked[name] = (epoch, height, now_epoch)
        return self._request(name, epoch)

    def ask_again(self, now_epoch: int) -> list[Request]:
        """A new epoch: repeat the requests for what is still missing, for a while; forget the others."""
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
        """What this validator can add: the first blocks of the chain up to the requested one, with their votes."""
        block = self._view.blocks.get(request.block)
        if block is None or self._answered.get(asker, 0) >= ANSWERS_PER_EPOCH:
            return ()
        path = self._path(block, request.above)[:BLOCKS_PER_ANSWER]
        found = [message for one in path for message in self.messages_about(one.epoch, one.hash)]
        if not any(block_of(message) != request.block or _signer(message) not in request.signers for message in found):
            return ()
        self._answered[asker] = self._answered.get(asker, 0) + 1
        return tuple(found)

    def recall(self, above: int) -> list[Message]:
        """What a peer needs after a restart with a finalized chain of this height; it will ask for the rest."""
        view, final = self._view, self._finalized
        told = {block.hash for block in final.blocks[above + 1 : above + 1 + BLOCKS_PER_ANSWER]}
        left_out = {block.hash for block in final.blocks} - told
        return [
            message for epoch, name in view.signatures if name not in left_out
            for message in self.messages_about(epoch, name)
        ]  # fmt: skip

    def chain_up_to(self, parent: Block) -> list[Message]:
        """Paper, section 5: against crashes the leader also sends the part of its parent chain that is not final."""
        path = self._path(parent, self._finalized.height)
        return [message for block in path for message in self.messages_about(block.epoch, block.hash)]

    def messages_about(self, epoch: int, name: bytes) -> list[Message]:
        """The proposal of one block, if this validator has it, and the votes for it."""
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
        """The chain that ends with a block, without the blocks at or below this height."""
        return list(self._downwards(block, above))[::-1]

    def _downwards(self, block: Block, above: int) -> Iterator[Block]:
        heights, blocks = self._view.height, self._view.blocks
        while heights.get(block.hash, above + 1) > above:
            yield block
            parent = blocks.get(block.parent)
            if parent is None:
                return
            block = parent


def _signer(message: Message) -> int:
    return message.voter if isinstance(message, Vote) else message.proposer
