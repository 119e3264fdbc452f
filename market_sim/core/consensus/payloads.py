"""What consensus asks of whoever fills the blocks: a payload for a chain, and a verdict on somebody else's payload.

Consensus orders opaque byte strings. It hands the exchange a `Chain`, gets bytes back, and never looks into them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from market_sim.core.consensus.blocks import Block
from market_sim.core.consensus.view import View
from market_sim.core.models.event import Numbers


class Chain:
    """One chain of a view, from its tip down; making one costs nothing, walking it costs one step per block."""

    __slots__ = ("_view", "tip")

    def __init__(self, view: View, tip: Block) -> None:
        self._view = view
        self.tip = tip

    def __iter__(self) -> Iterator[tuple[Block, bytes]]:
        """Each block with its payload, the tip first; genesis has no payload and is left out."""
        view, block = self._view, self.tip
        while block.epoch > 0:
            yield block, view.payloads[block.hash]
            block = view.blocks[block.parent]


class Unknown(msgspec.Struct, frozen=True):
    """Something in the payload has not arrived here yet: the proposal waits."""

    reason: str = "PAYLOAD_UNKNOWN"
    numbers: Numbers = {}


class Invalid(msgspec.Struct, frozen=True):
    """The payload breaks a rule of the exchange: the proposal is refused for good."""

    reason: str = "PAYLOAD_INVALID"
    numbers: Numbers = {}


class Payloads(Protocol):
    """One validator's knowledge of what there is to order. In each call `chain` ends at the parent of the block."""

    def learn(self, news: Any) -> bool:
        """Take note of what the exchange announced; True when it was new here."""

    def payload_for(self, chain: Chain) -> bytes:
        """All that this validator knows and the chain does not hold yet."""

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        """Why a block with this payload must not follow this chain; None when it may."""

    def count(self, payload: bytes) -> int:
        """How many trades the payload holds: told to the journal, used in no decision."""

    def calls(self, payload: bytes) -> tuple[int, ...]:
        """The calls that the payload holds beside, in their order: told to the journal, too."""
