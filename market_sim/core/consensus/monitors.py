"""Monitors: the invariants C1 to C7 and C11, restated briefly and judged at every step of every honest validator.

They are written from the rules a second time, with other data structures, and import nothing of the protocol (a test
reads this file's imports). They hear what each validator hears and compare what it does with what it may do.
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


class Ear:
    """What one validator has heard and done, as its monitors wrote it down."""

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
        """The blocks of which something changed since they were judged last, so that a step costs what it changes."""


class Monitors:
    """One ear per honest validator, and what they must all agree on."""

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
        # Two quorums share a validator that is honest (at most a third lies) or alive (at most half crash).
        enough = {"byzantine": lambda count: 3 * count >= 2 * validators, "crash": lambda count: 2 * count > validators}
        self.quorum = next(filter(enough[variant], range(1, validators + 1)))
        self.leader = leader
        self.genesis = genesis
        self.is_valid = is_valid
        self.items = items
        self.ears = {index: Ear(genesis.hex()) for index in honest}
        self.payloads: dict[str, bytes] = {}
        self.agreed: list[str] = [genesis.hex()]
        self.ordered: set[object] = set()
        self.hits: list[MonitorHit] = []
        self._now = 0

    # ---- what a validator hears ---------------------------------------------------------------------------------

    def epoch_started(self, index: int, epoch: int) -> None:
        """A validator enters an epoch and reads what it had queued."""
        ear = self.ears.get(index)
        if ear is not None:
            ear.epoch = epoch
            early, ear.early = ear.early, []
            for message in early:
                self.delivered(index, message)

    def delivered(self, index: int, message: Any) -> None:
        """A message reaches a validator; what is not genuine may have no effect on it, so it is not written down."""
        ear = self.ears.get(index)
        if ear is None or not self._is_genuine(message):
            return
        is_vote = hasattr(message, "voter")
        epoch = message.epoch if is_vote else message.block.epoch
        if epoch > ear.epoch:
            if epoch <= ear.epoch + 4:
                ear.early.append(message)
            return
        name = (message.block if is_vote else message.block.hash).hex()
        signer = message.voter if is_vote else message.proposer
        if not is_vote:
            parent = message.block.parent.hex()
            if ear.epoch_of.get(parent, 0) >= epoch:
                return
            self._place(ear, name, parent, epoch)
            ear.first.setdefault(epoch, name)
            self.payloads[name] = message.payload
        elif ear.epoch_of.get(name, epoch) != epoch:
            return
        signers = ear.signed.setdefault((epoch, name), set())
        signers.add(signer)
        ear.touched.add(name)

    def _place(self, ear: Ear, name: str, parent: str, epoch: int) -> None:
        if name not in ear.parent:
            ear.children.setdefault(parent, []).append(name)
        ear.parent[name], ear.epoch_of[name] = parent, epoch
        ear.touched.add(name)

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
        """A validator made a step: every fact of it must be justified, and nothing that is due may be missing."""
        ear = self.ears.get(index)
        if ear is None:
            return []
        self._now = now
        before = len(self.hits)
        for fact in facts:
            if isinstance(fact, BlockProposed):
                self._proposed(index, ear, fact)
            elif isinstance(fact, VoteCast):
                self._voted(index, ear, fact)
            elif isinstance(fact, BlockNotarized):
                self._notarized(index, ear, fact)
            elif isinstance(fact, BlockFinalized):
                self._finalized(index, ear, fact)
            elif isinstance(fact, FloodDropped):
                ear.flooded = True
        self._nothing_is_missing(index, ear)
        if load[0] > 64 or load[1] > ear.epoch + 4:
            self._hit("C11", index, (), f"{load[0]} unsupported blocks in one epoch, queue up to epoch {load[1]}")
        return self.hits[before:]

    def restarted(self, index: int, finalized: Sequence[bytes]) -> None:
        """A validator came back from its disk: its finalized chain must be the one it had (C2)."""
        ear = self.ears.get(index)
        if ear is None:
            return
        names = [self.genesis.hex(), *(name.hex() for name in finalized)]
        if names != ear.final:
            self._hit("C2", index, (names[-1], ear.final[-1]), "the finalized chain changed in a restart")
        fresh = self.ears[index] = Ear(self.genesis.hex())
        fresh.voted, fresh.final, fresh.epoch = ear.voted, ear.final, ear.epoch
        for height, name in enumerate(ear.final[1:], 1):
            self._place(fresh, name, ear.parent[name], ear.epoch_of[name])
            fresh.height[name] = fresh.longest = height
        fresh.touched.clear()

    def _proposed(self, index: int, ear: Ear, fact: BlockProposed) -> None:
        """C4: a proposal is the leader's vote, so its parent must be of maximal notarized length."""
        if self.leader(fact.epoch) != index or fact.proposer != index:
            self._hit("C4", index, (fact.block,), "proposed without leading")
        self._place(ear, fact.block, fact.parent, fact.epoch)
        ear.first[fact.epoch] = fact.block

    def _voted(self, index: int, ear: Ear, fact: VoteCast) -> None:
        """C3, C4: one vote per epoch, for the first proposal of this epoch's leader, on a longest notarized parent."""
        block, epoch = fact.block, ear.epoch
        if epoch in ear.voted:
            self._hit("C3", index, (ear.voted[epoch], block), f"a second signature in epoch {epoch}")
        ear.voted[epoch] = block
        parent = ear.parent.get(block)
        if parent is None or ear.first.get(epoch) != block or ear.epoch_of[block] != epoch:
            self._hit("C4", index, (block,), f"the vote is not for the first proposal of epoch {epoch}")
        elif ear.height.get(parent) != ear.longest:
            self._hit("C4", index, (block, parent), "the parent is not notarized, or not of maximal length")
        elif ear.epoch_of[parent] >= epoch:
            self._hit("C4", index, (block, parent), "the epoch is not after the parent's")
        if not self.is_valid(index, epoch, bytes.fromhex(block), bytes.fromhex(fact.signature)):
            self._hit("C5", index, (block,), "the voter's own signature is not valid")
        ear.signed.setdefault((epoch, block), set()).add(index)
        ear.touched.add(block)

    def _notarized(self, index: int, ear: Ear, fact: BlockNotarized) -> None:
        """C5: a quorum of distinct known validators has signed, and the parent is notarized."""
        block = fact.block
        heard = ear.signed.get((ear.epoch_of.get(block, -1), block), set())
        voters = set(fact.voters)
        if len(voters) != len(fact.voters) or len(voters) < self.quorum or not voters <= heard:
            self._hit("C5", index, (block,), f"voters {fact.voters}, heard {sorted(heard)}, quorum {self.quorum}")
        parent = ear.parent.get(block)
        if parent not in ear.height or ear.height[parent] + 1 != fact.height:
            self._hit("C5", index, (block,), f"height {fact.height} without a notarized parent below it")
        ear.height[block] = fact.height
        ear.longest = max(ear.longest, fact.height)
        ear.touched.update((block, *ear.children.get(block, ())))

    def _finalized(self, index: int, ear: Ear, fact: BlockFinalized) -> None:
        """C1, C2, C6, C7: the middle of three in a row or its prefix, next in the chain, the same for all."""
        first, middle, third = fact.because
        epochs = [ear.epoch_of.get(name, -9) for name in fact.because]
        adjacent = ear.parent.get(third) == middle and ear.parent.get(middle) == first
        in_a_row = epochs[1] == epochs[0] + 1 and epochs[2] == epochs[0] + 2
        notarized = all(name in ear.height for name in fact.because)
        if not (adjacent and in_a_row and notarized and self._is_prefix(ear, fact, middle)):
            self._hit("C6", index, fact.because, f"epochs {epochs} do not make {fact.block[:6]} final")
        if fact.height != len(ear.final) or ear.parent.get(fact.block) != ear.final[-1]:
            self._hit(
                "C2", index, (fact.block, ear.final[-1]), f"height {fact.height} does not extend {len(ear.final) - 1}"
            )
        ear.final.append(fact.block)
        if fact.height < len(self.agreed):
            if self.agreed[fact.height] != fact.block:
                self._hit(
                    "C1", index, (self.agreed[fact.height], fact.block), f"two final blocks at height {fact.height}"
                )
        else:
            self.agreed.append(fact.block)
            self._each_item_once(index, fact.block)

    def _is_prefix(self, ear: Ear, fact: BlockFinalized, name: str) -> bool:
        """Whether the block lies on the chain that ends with this name."""
        while name != fact.block and ear.height.get(name, 0) > fact.height:
            name = ear.parent[name]
        return name == fact.block

    def _each_item_once(self, index: int, block: str) -> None:
        """C7: nothing is ordered twice along the finalized chain."""
        if self.items is None:
            return
        for item in self.items(self.payloads.get(block, b"")):
            if item in self.ordered:
                self._hit("C7", index, (block,), "an item stands twice in the finalized chain")
            self.ordered.add(item)

    def _nothing_is_missing(self, index: int, ear: Ear) -> None:
        """C5, C6, the other direction: what has a quorum is notarized, what has three in a row is final."""
        touched = sorted(ear.touched)
        ear.touched.clear()
        if ear.flooded:
            return  # C11: a validator that dropped a flood may know less than it was told
        for name in touched:
            parent = ear.parent.get(name)
            if parent is None:
                continue
            if name not in ear.height:
                signers = ear.signed.get((ear.epoch_of[name], name), set())
                in_order = parent in ear.height and ear.epoch_of[parent] < ear.epoch_of[name]
                if len(signers) >= self.quorum and in_order:
                    self._hit("C5", index, (name,), f"not notarized with signatures of {sorted(signers)}")
            elif parent in ear.parent:
                epochs = [ear.epoch_of[one] for one in (ear.parent[parent], parent, name)]
                if epochs == [epochs[0], epochs[0] + 1, epochs[0] + 2] and ear.height[parent] >= len(ear.final):
                    self._hit("C6", index, (parent,), f"not final after epochs {epochs}")

    def _hit(self, invariant: str, index: int, blocks: Sequence[str], found: str) -> None:
        self.hits.append(MonitorHit(self._now, self.ears[index].epoch, invariant, (index,), tuple(blocks), found))
