"""The payload port: what consensus asks of the application that fills its blocks (create a payload, check a payload).

Consensus orders opaque byte strings. It passes a `Chain` to the application, gets bytes back, and never parses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from market_sim.core.consensus.block_tree import BlockTree
from market_sim.core.consensus.blocks import Block
from market_sim.core.models.consensus_events import CallsSeen
from market_sim.core.models.event import Numbers


class Chain:
    """One chain of a view, iterated from its tip down; it is a reference, so creating one costs nothing."""

    __slots__ = ("_view", "tip")

    def __init__(self, view: BlockTree, tip: Block) -> None:
        self._view = view
        self.tip = tip

    def __iter__(self) -> Iterator[tuple[Block, bytes]]:
        """Each block with its payload, the tip first; genesis has no payload and is left out."""
        view, block = self._view, self.tip
        while block.epoch > 0:
            yield block, view.payloads[block.hash]
            block = view.blocks[block.parent]


class Unknown(msgspec.Struct, frozen=True):
    """A verdict: something in the payload has not arrived at this validator yet, so the proposal waits."""

    reason: str = "PAYLOAD_UNKNOWN"
    numbers: Numbers = {}


class Invalid(msgspec.Struct, frozen=True):
    """A verdict: the payload breaks a rule of the exchange, so the proposal is refused for good."""

    reason: str = "PAYLOAD_INVALID"
    numbers: Numbers = {}


class Payloads(Protocol):
    """What one validator knows of the items to order. In each call `chain` ends at the parent of the block."""

    def learn(self, news: Any) -> bool:
        """Note an announcement of the exchange; True if it was new to this validator."""

    def payload_for(self, chain: Chain) -> bytes:
        """Everything that this validator knows and the chain does not hold yet."""

    def be_greedy(self, greedy: bool) -> None:
        """From now on arrange as a leader what it may arrange for its own good, or like the others again."""

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        """Why a block with this payload must not follow this chain; None if it may."""

    def count(self, payload: bytes) -> int:
        """The number of trades in the payload: for the journal only, used in no decision."""

    def calls(self, payload: bytes) -> tuple[int, ...]:
        """The contract calls in the payload, in their order: for the journal only."""

    def reports(self, payload: bytes) -> tuple[CallsSeen, ...]:
        """What the payload says of the calls that validators have seen: for the journal only."""
