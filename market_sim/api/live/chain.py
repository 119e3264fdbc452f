"""The chain of a live market: its last blocks and what became of them, and the three clocks of its entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, BlockProposed, VoteCast
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Trade, Transferred, Withdrawn
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.models.settlement_events import BlockSettled, SettlementOpened

BLOCKS_KEPT = 2_000


class Clocks(msgspec.Struct, frozen=True):
    """How many entries are matched, final and settled; entries have one sequence of numbers, so each is the last's."""

    matched: int
    finalized: int
    settled: int


class BlockView(msgspec.Struct):
    """A block and what became of it; its number counts the proposals of the run from 1."""

    number: int
    block: str
    parent: str
    height: int
    epoch: int
    proposer: int
    trades: int
    """The entries that it holds: trades, and transfers where there are any."""
    proposed: int
    """The simulated time of its proposal."""
    voters: tuple[int, ...] = ()
    notarized: int | None = None
    """When the first validator saw it notarized."""
    finalized: int | None = None
    """When it was final for the first validator."""
    final_for: tuple[int, ...] = ()
    """The validators for which it is final."""
    settled: int | None = None
    """When the chain had paid it."""


class LiveChain:
    """The blocks and clocks so far."""

    def __init__(self) -> None:
        self.committee: CommitteeSeated | None = None
        self.settlement: SettlementOpened | None = None
        self._matched = self._settled = 0
        self._proposed = 0
        self._blocks: dict[str, BlockView] = {}
        self._early: dict[str, tuple[int, ...]] = {}
        self._entries: dict[str, int] = {}
        """The entries of blocks whose place in a finalized chain is not known yet."""
        self._length: dict[int, int] = {}
        """How many blocks are final for each honest validator that has finalized any."""
        self._chain: list[str] = []
        self._sums: list[int] = [0]
        """The entries in the first blocks of the finalized chain."""
        self._agreed: int | None = None
        """How long the chain was at which two honest validators parted, if they did."""
        self.effects: dict[type[Event], Callable[[Any], None]] = {
            CommitteeSeated: self._seated,
            SettlementOpened: self._opened,
            BlockProposed: self._offered,
            VoteCast: self._voted,
            BlockNotarized: self._was_notarized,
            BlockFinalized: self._was_finalized,
            BlockSettled: self._was_settled,
            Trade: self._entered,
            Transferred: self._entered,
            Deposited: self._entered,
            Withdrawn: self._entered,
        }

    @property
    def clocks(self) -> Clocks:
        """The three clocks."""
        shared = min(self._length.values(), default=0)
        if self._agreed is not None:
            shared = min(shared, self._agreed)
        return Clocks(self._matched, self._sums[shared], self._settled)

    def blocks(self, after: int | None, limit: int) -> list[BlockView]:
        """The next blocks after the one of this number, in the order of their proposals; without one, the last."""
        kept = list(self._blocks.values())
        chosen = kept[-limit:] if after is None else [one for one in kept if one.number > after][:limit]
        return [msgspec.structs.replace(one) for one in chosen]

    def find(self, name: str) -> BlockView | None:
        """The block with this hash, if it is still kept."""
        known = self._blocks.get(name)
        return None if known is None else msgspec.structs.replace(known)

    def _seated(self, event: CommitteeSeated) -> None:
        self.committee = event

    def _opened(self, event: SettlementOpened) -> None:
        self.settlement = event

    def _offered(self, event: BlockProposed) -> None:
        if event.block in self._blocks:
            return
        self._proposed += 1
        self._blocks[event.block] = BlockView(
            self._proposed, event.block, event.parent, event.height, event.epoch, event.proposer, event.trades,
            event.time, self._early.pop(event.block, ()),
        )  # fmt: skip
        self._entries[event.block] = event.trades
        if len(self._blocks) > BLOCKS_KEPT:
            oldest = next(iter(self._blocks))
            del self._blocks[oldest]
            self._entries.pop(oldest, None)

    def _voted(self, event: VoteCast) -> None:
        known = self._blocks.get(event.block)
        before = known.voters if known is not None else self._early.get(event.block, ())
        if event.voter in before:
            return
        if known is not None:
            known.voters = (*before, event.voter)
        elif len(self._early) < BLOCKS_KEPT:
            self._early[event.block] = (*before, event.voter)

    def _was_notarized(self, event: BlockNotarized) -> None:
        known = self._blocks.get(event.block)
        if known is not None and known.notarized is None:
            known.notarized = event.time

    def _was_finalized(self, event: BlockFinalized) -> None:
        known = self._blocks.get(event.block)
        if known is not None:
            known.final_for = (*known.final_for, event.validator)
            known.finalized = event.time if known.finalized is None else known.finalized
        byzantine = self.committee.byzantine if self.committee is not None else ()
        if event.validator in byzantine:
            return
        place = self._length[event.validator] = self._length.get(event.validator, 0) + 1
        if place > len(self._chain):
            self._chain.append(event.block)
            self._sums.append(self._sums[-1] + self._entries.pop(event.block, 0))
        elif self._chain[place - 1] != event.block and self._agreed is None:
            self._agreed = place - 1

    def _was_settled(self, event: BlockSettled) -> None:
        self._settled += event.trades + event.refused
        for one in self._blocks.values():
            if event.first <= one.height <= event.last and one.finalized is not None:
                one.settled = event.time

    def _entered(self, event: Trade | Transferred | Deposited | Withdrawn) -> None:
        self._matched = max(self._matched, event.trade)
