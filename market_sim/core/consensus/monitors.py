"""Monitors: a second, short statement of the invariants C1 to C7 and C11, checked at every step of honest validators.

They are written from the rules, with other data structures, and import nothing of the protocol (a test reads this
file's imports). They receive the same messages as each validator and compare what it does with what the rules allow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    ConsensusEvent,
    FloodDropped,
    MonitorHit,
    VoteCast,
)


class Observed:
    """What one validator has received and done, as the monitors observed it."""

    def __init__(self, genesis: str) -> None:
        self.epoch = 0
        self.parent: dict[str, str] = {}
        self.children: dict[str, list[str]] = {}
        self.epoch_of: dict[str, int] = {genesis: 0}
        self.signed: dict[tuple[int, str], set[int]] = {}
        self.first: dict[int, str] = {}
        self.height: dict[str, int] = {genesis: 0}
        self.longest = 0
        self.final: list[str] = [genesis]
        self.voted: dict[int, str] = {}
        self.early: list[Any] = []
        self.flooded = False
        self.touched: set[str] = set()
        """The blocks that changed since the last check, so that the cost of a check depends on the change alone."""


class Monitors:
    """The observations of each honest validator, and the finalized chain on which all must agree."""

    def __init__(
        self,
        validators: int,
        variant: str,
        leader: Callable[[int], int],
        genesis: bytes,
        honest: Sequence[int],
        is_valid: Callable[[int, int, bytes, bytes], bool],
        items: Callable[[bytes], Sequence[object]] | None = None,
    ) -> None:
        self.validators = validators
        # Two quorums share a validator that is honest (under a third is byzantine) or alive (under half crash).
        enough = {"byzantine": lambda count: 3 * count >= 2 * validators, "crash": lambda count: 2 * count > validators}
        self.quorum = next(filter(enough[variant], range(1, validators + 1)))
        self.leader = leader
        self.genesis = genesis
        self.is_valid = is_valid
        self.items = items
        self.observed = {index: Observed(genesis.hex()) for index in honest}
        self.payloads: dict[str, bytes] = {}
        self.agreed: list[str] = [genesis.hex()]
        self.ordered: set[object] = set()
        self.hits: list[MonitorHit] = []
        self._now = 0

    # ---- what a validator receives ------------------------------------------------------------------------------

    def epoch_started(self, index: int, epoch: int) -> None:
        """A validator enters an epoch and reads the messages that it had queued for it."""
        seen = self.observed.get(index)
        if seen is not None:
            seen.epoch = epoch
            early, seen.early = seen.early, []
            for message in early:
                self.delivered(index, message)

    def delivered(self, index: int, message: Any) -> bool:
        """A message reaches a validator; true if it says something new.

        One that is not genuine must have no effect, so it is not noted.
        """
        seen = self.observed.get(index)
        is_vote = hasattr(message, "voter")
        if seen is None or (is_vote and message.voter in seen.signed.get((message.epoch, message.block.hex()), ())):
            return False  # a validator that has this vote learns nothing from a copy, and nothing from a bad one
        if not self._is_genuine(message):
            return False
        epoch = message.epoch if is_vote else message.block.epoch
        if epoch > seen.epoch:
            if epoch <= seen.epoch + 4:
                seen.early.append(message)
            return False
        name = (message.block if is_vote else message.block.hash).hex()
        signer = message.voter if is_vote else message.proposer
        if not is_vote:
            parent = message.block.parent.hex()
            if seen.epoch_of.get(parent, 0) >= epoch:
                return False
            self._place(seen, name, parent, epoch)
            seen.first.setdefault(epoch, name)
            self.payloads[name] = message.payload
        elif seen.epoch_of.get(name, epoch) != epoch:
            return False
        signers = seen.signed.setdefault((epoch, name), set())
        signers.add(signer)
        seen.touched.add(name)
        return True

    def _place(self, seen: Observed, name: str, parent: str, epoch: int) -> None:
        if name not in seen.parent:
            seen.children.setdefault(parent, []).append(name)
        seen.parent[name], seen.epoch_of[name] = parent, epoch
        seen.touched.add(name)

    def _is_genuine(self, message: Any) -> bool:
        if message.genesis != self.genesis:
            return False
        if hasattr(message, "voter"):
            signer, epoch, name = message.voter, message.epoch, message.block
        else:
            block = message.block
            signer, epoch, name = message.proposer, block.epoch, block.hash
            if epoch < 1 or self.leader(epoch) != signer or sha256(message.payload).digest() != block.payload_digest:
                return False
            content = block.parent + epoch.to_bytes(8, "big") + block.payload_digest
            if sha256(b"market-sim/streamlet/block/1" + content).digest() != name:
                return False
        known = 0 <= signer < self.validators and 1 <= epoch < 2**63
        return known and self.is_valid(signer, epoch, name, message.signature)

    # ---- what a validator does ----------------------------------------------------------------------------------

    def stepped(self, index: int, facts: Sequence[ConsensusEvent], load: tuple[int, int], now: int) -> list[MonitorHit]:
        """A validator made a step: each of its facts must be justified, and no due fact may be missing."""
        seen = self.observed.get(index)
        if seen is None:
            return []
        self._now = now
        before = len(self.hits)
        for fact in facts:
            if isinstance(fact, BlockProposed):
                self._proposed(index, seen, fact)
            elif isinstance(fact, VoteCast):
                self._voted(index, seen, fact)
            elif isinstance(fact, BlockNotarized):
                self._notarized(index, seen, fact)
            elif isinstance(fact, BlockFinalized):
                self._finalized(index, seen, fact)
            elif isinstance(fact, FloodDropped):
                seen.flooded = True
        if seen.touched:
            self._nothing_is_missing(index, seen)
        if load[0] > 64 or load[1] > seen.epoch + 4:
            self._hit("C11", index, (), f"{load[0]} unsupported blocks in one epoch, queue up to epoch {load[1]}")
        return self.hits[before:]

    def restarted(self, index: int, finalized: Sequence[bytes]) -> None:
        """A validator restarted from its disk: its finalized chain must be the same as before (C2)."""
        seen = self.observed.get(index)
        if seen is None:
            return
        names = [self.genesis.hex(), *(name.hex() for name in finalized)]
        if names != seen.final:
            self._hit("C2", index, (names[-1], seen.final[-1]), "the finalized chain changed in a restart")
        fresh = self.observed[index] = Observed(self.genesis.hex())
        fresh.voted, fresh.final, fresh.epoch = seen.voted, seen.final, seen.epoch
        for height, name in enumerate(seen.final[1:], 1):
            self._place(fresh, name, seen.parent[name], seen.epoch_of[name])
            fresh.height[name] = fresh.longest = height

    def _proposed(self, index: int, seen: Observed, fact: BlockProposed) -> None:
        """C4: a proposal is the leader's vote, so its parent must be of maximal notarized length."""
        if self.leader(fact.epoch) != index or fact.proposer != index:
            self._hit("C4", index, (fact.block,), "proposed without leading")
        self._place(seen, fact.block, fact.parent, fact.epoch)
        seen.first[fact.epoch] = fact.block

    def _voted(self, index: int, seen: Observed, fact: VoteCast) -> None:
        """C3, C4: one vote per epoch, for the first proposal of this epoch's leader, on a longest notarized parent."""
        block, epoch = fact.block, seen.epoch
        if epoch in seen.voted:
            self._hit("C3", index, (seen.voted[epoch], block), f"a second signature in epoch {epoch}")
        seen.voted[epoch] = block
        parent = seen.parent.get(block)
        if parent is None or seen.first.get(epoch) != block or seen.epoch_of[block] != epoch:
            self._hit("C4", index, (block,), f"the vote is not for the first proposal of epoch {epoch}")
        elif seen.height.get(parent) != seen.longest:
            self._hit("C4", index, (block, parent), "the parent is not notarized, or not of maximal length")
        elif seen.epoch_of[parent] >= epoch:
            self._hit("C4", index, (block, parent), "the epoch is not after the parent's")
        if not self.is_valid(index, epoch, bytes.fromhex(block), bytes.fromhex(fact.signature)):
            self._hit("C5", index, (block,), "the voter's own signature is not valid")
        seen.signed.setdefault((epoch, block), set()).add(index)
        seen.touched.add(block)

    def _notarized(self, index: int, seen: Observed, fact: BlockNotarized) -> None:
        """C5: a quorum of distinct known validators has signed, and the parent is notarized."""
        block = fact.block
        heard = seen.signed.get((seen.epoch_of.get(block, -1), block), set())
        voters = set(fact.voters)
        if len(voters) != len(fact.voters) or len(voters) < self.quorum or not voters <= heard:
            self._hit("C5", index, (block,), f"voters {fact.voters}, heard {sorted(heard)}, quorum {self.quorum}")
        parent = seen.parent.get(block)
        if parent not in seen.height or seen.height[parent] + 1 != fact.height:
            self._hit("C5", index, (block,), f"height {fact.height} without a notarized parent below it")
        seen.height[block] = fact.height
        seen.longest = max(seen.longest, fact.height)
        seen.touched.update((block, *seen.children.get(block, ())))

    def _finalized(self, index: int, seen: Observed, fact: BlockFinalized) -> None:
        """C1, C2, C6, C7: the middle of three in a row or its prefix, next in the chain, the same for all."""
        first, middle, third = fact.because
        epochs = [seen.epoch_of.get(name, -9) for name in fact.because]
        adjacent = seen.parent.get(third) == middle and seen.parent.get(middle) == first
        in_a_row = epochs[1] == epochs[0] + 1 and epochs[2] == epochs[0] + 2
        notarized = all(name in seen.height for name in fact.because)
        if not (adjacent and in_a_row and notarized and self._is_prefix(seen, fact, middle)):
            self._hit("C6", index, fact.because, f"epochs {epochs} do not make {fact.block[:6]} final")
        if fact.height != len(seen.final) or seen.parent.get(fact.block) != seen.final[-1]:
            self._hit(
                "C2", index, (fact.block, seen.final[-1]), f"height {fact.height} does not extend {len(seen.final) - 1}"
            )
        seen.final.append(fact.block)
        if fact.height < len(self.agreed):
            if self.agreed[fact.height] != fact.block:
                self._hit(
                    "C1", index, (self.agreed[fact.height], fact.block), f"two final blocks at height {fact.height}"
                )
        else:
            self.agreed.append(fact.block)
            self._each_item_once(index, fact.block)

    def _is_prefix(self, seen: Observed, fact: BlockFinalized, name: str) -> bool:
        """Whether the block lies on the chain that ends with this name."""
        while name != fact.block and seen.height.get(name, 0) > fact.height:
            name = seen.parent[name]
        return name == fact.block

    def _each_item_once(self, index: int, block: str) -> None:
        """C7: the finalized chain orders no item twice."""
        if self.items is None:
            return
        for item in self.items(self.payloads.get(block, b"")):
            if item in self.ordered:
                self._hit("C7", index, (block,), "an item is twice in the finalized chain")
            self.ordered.add(item)

    def _nothing_is_missing(self, index: int, seen: Observed) -> None:
        """C5, C6, the converse: a block with a quorum is notarized, and the middle of three in a row is final."""
        touched = sorted(seen.touched)
        seen.touched.clear()
        if seen.flooded:
            return  # C11: a validator that dropped a flood may know less than it was told
        for name in touched:
            parent = seen.parent.get(name)
            if parent is None:
                continue
            if name not in seen.height:
                signers = seen.signed.get((seen.epoch_of[name], name), set())
                in_order = parent in seen.height and seen.epoch_of[parent] < seen.epoch_of[name]
                if len(signers) >= self.quorum and in_order:
                    self._hit("C5", index, (name,), f"not notarized with signatures of {sorted(signers)}")
            elif parent in seen.parent:
                epochs = [seen.epoch_of[one] for one in (seen.parent[parent], parent, name)]
                if epochs == [epochs[0], epochs[0] + 1, epochs[0] + 2] and seen.height[parent] >= len(seen.final):
                    self._hit("C6", index, (parent,), f"not final after epochs {epochs}")

    def _hit(self, invariant: str, index: int, blocks: Sequence[str], found: str) -> None:
        self.hits.append(MonitorHit(self._now, self.observed[index].epoch, invariant, (index,), tuple(blocks), found))
