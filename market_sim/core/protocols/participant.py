"""The interface between a consensus protocol and the harness: what a protocol must offer to be compared.

A participant is one validator as a pure state machine. It is told about ticks, messages and news of trades, and answers
with a `Reaction`: letters for the network and facts for the journal. It names the chain that it would extend and how
much of it is final. What it must not forget in a crash it writes into its memory before it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from market_sim.core.consensus.blocks import Block, Rules
from market_sim.core.consensus.payloads import Chain, Payloads
from market_sim.core.consensus.signing import Signer, Verifier
from market_sim.core.models.consensus_events import ConsensusEvent


class Letter(msgspec.Struct, frozen=True, gc=False):
    """A message with its receivers (None is everyone) and a delay before it is handed to the network."""

    message: Any
    receivers: tuple[int, ...] | None = None
    delay_ns: int = 0


@dataclass
class Reaction:
    """What follows from one input: letters to send, in this order, and facts for the journal."""

    letters: list[Letter] = field(default_factory=list)
    facts: list[ConsensusEvent] = field(default_factory=list)

    def broadcast(self, *messages: object) -> None:
        """Send messages to everyone."""
        self.letters += map(Letter, messages)


class About(NamedTuple):
    """The subject of a message: its author, the block, and the parent when the message carries the block."""

    author: int
    block: bytes
    parent: bytes | None = None


class Participant(Protocol):
    """One validator of some protocol."""

    now: int

    @property
    def chain(self) -> Sequence[bytes]:
        """The chain that it would extend now, as hashes from height 1 on; genesis is left out."""

    @property
    def final_height(self) -> int:
        """How many blocks at the start of that chain are final."""

    def on_tick(self, epoch: int, slot: int) -> Reaction:
        """A slot of an epoch begins; slot 0 is the start of the epoch."""

    def on_message(self, message: Any) -> Reaction:
        """A message arrives."""

    def on_payload_news(self) -> Reaction:
        """New trades are known: blocks that waited for them may be validated again."""

    def recall(self, above: int) -> Sequence[Any]:
        """The messages for a peer that has just come back with a final chain of this height."""

    def about(self, message: Any) -> About | None:
        """What one of this protocol's messages is about; None for questions and answers between peers."""


@dataclass(frozen=True)
class Seat:
    """What a participant is given: its place in the committee, its key and its knowledge of trades."""

    index: int
    rules: Rules
    genesis: Block
    signer: Signer
    verifier: Verifier
    payloads: Payloads


class ConsensusProtocol(Protocol):
    """A protocol that the harness can seat."""

    @property
    def name(self) -> str:
        """Its name, as tables and commands show it."""

    @property
    def slots(self) -> int:
        """How many ticks an epoch has; 1 when a protocol acts at the start of an epoch only."""

    @property
    def meaningless(self) -> Mapping[str, str]:
        """The byzantine behaviours that mean nothing in this protocol, each with the reason."""

    def memory(self) -> Any:
        """An empty memory: what survives a crash."""

    def seat(self, seat: Seat, memory: Any) -> Participant:
        """A participant that starts from this memory."""


class StoredChain(Chain):
    """One chain among the blocks that a participant holds, from its tip down."""

    __slots__ = ("_blocks", "_payloads")

    def __init__(self, blocks: Mapping[bytes, Block], payloads: Mapping[bytes, bytes], tip: Block) -> None:
        self._blocks = blocks
        self._payloads = payloads
        self.tip = tip

    def __iter__(self) -> Iterator[tuple[Block, bytes]]:
        """Each block with its payload, the tip first; genesis has no payload and is left out."""
        block = self.tip
        while block.epoch > 0:
            yield block, self._payloads[block.hash]
            block = self._blocks[block.parent]
