"""Streamlet once more, written from the paper (Chan and Shi, AFT 2020, section 3) as plainly as possible.

Nothing is kept but what was heard; everything else is worked out anew from that, each time somebody asks. It imports
nothing of the product: messages come as plain tuples of text and numbers, and signatures are believed, since whoever
feeds it has checked them. It does not know bounds, catching up or restarts.
"""

from __future__ import annotations

from itertools import pairwise

GENESIS = "genesis"


class NaiveStreamlet:
    """One honest validator."""

    def __init__(self, index: int, validators: int) -> None:
        self.index = index
        self.validators = validators
        self.epoch = 0
        self.parent: dict[str, str] = {}
        self.epoch_of: dict[str, int] = {GENESIS: 0}
        self.signed: dict[tuple[int, str], set[int]] = {}
        self.early: list[tuple[object, ...]] = []
        self.first: str | None = None
        self.judges = False
        self.has_signed = False
        self.final: list[str] = [GENESIS]
        self.votes: list[tuple[int, str]] = []

    # ---- what happens -------------------------------------------------------------------------------------------

    def start(self, epoch: int) -> None:
        """A new epoch begins; messages that came too early are read now."""
        self.epoch, self.first, self.judges, self.has_signed = epoch, None, False, False
        early, self.early = self.early, []
        for message in early:
            self.hear(*message)

    def propose(self, block: str, parent: str) -> None:
        """The leader made this block: it must extend one of the longest notarized chains, and is the leader's vote."""
        if self.leader(self.epoch) != self.index or self.has_signed or parent not in self.tips():
            raise ValueError(f"{self.index} may not propose {block} on {parent} in epoch {self.epoch}")
        self.parent[block], self.epoch_of[block] = parent, self.epoch
        self.first = block
        self._sign(block)
        self._finalize()

    def hear(self, kind: object, epoch: object, block: object, signer: object, parent: object = "") -> None:
        """A message: a proposal (with the leader's signature) or a vote."""
        assert isinstance(epoch, int)
        assert isinstance(block, str)
        assert isinstance(signer, int)
        if epoch > self.epoch:
            self.early.append((kind, epoch, block, signer, parent))
            return
        if kind == "proposal":
            assert isinstance(parent, str)
            if signer != self.leader(epoch) or self.epoch_of.get(parent, -1) >= epoch:
                return
            self.parent.setdefault(block, parent)
            self.epoch_of.setdefault(block, epoch)
            if epoch == self.epoch and self.first is None:
                self.first, self.judges = block, True
        elif self.epoch_of.get(block, epoch) != epoch:
            return
        self.signed.setdefault((epoch, block), set()).add(signer)
        self._judge()
        self._finalize()

    # ---- the rules ----------------------------------------------------------------------------------------------

    def leader(self, epoch: int) -> int:
        """Whoever may propose in this epoch."""
        return epoch % self.validators

    def chain(self, block: str) -> list[str] | None:
        """The chain from genesis to this block; None while a part of it is missing."""
        chain = [block]
        while chain[-1] != GENESIS:
            if chain[-1] not in self.parent:
                return None
            chain.append(self.parent[chain[-1]])
        return chain[::-1]

    def is_notarized(self, block: str) -> bool:
        """Two thirds signed it and each of its ancestors, and epochs grow along the chain."""
        chain = self.chain(block)
        if chain is None:
            return False
        grows = all(self.epoch_of[one] < self.epoch_of[next_one] for one, next_one in pairwise(chain))
        signed = (len(self.signed.get((self.epoch_of[one], one), ())) for one in chain[1:])
        return grows and all(3 * count >= 2 * self.validators for count in signed)

    def notarized(self) -> dict[str, int]:
        """All notarized blocks with the lengths of their chains."""
        lengths = {GENESIS: 0}
        for block in self.parent:
            if self.is_notarized(block):
                lengths[block] = len(self.chain(block) or ()) - 1
        return lengths

    def tips(self) -> set[str]:
        """The last blocks of the longest notarized chains."""
        lengths = self.notarized()
        longest = max(lengths.values())
        return {block for block, length in lengths.items() if length == longest}

    def _judge(self) -> None:
        """Vote for the first proposal of the epoch as soon as it extends a longest notarized chain.

        A block that two thirds have signed without this validator needs no vote of it any more, nor does one whose
        parent is too short: lengths only grow.
        """
        if not self.judges or self.has_signed or self.first is None:
            return
        chain = self.chain(self.first)
        if chain is None:
            return
        if self.is_notarized(self.first) or len(chain) - 2 < max(self.notarized().values()):
            self.judges = False
        elif self.parent[self.first] in self.tips():
            self._sign(self.first)

    def _sign(self, block: str) -> None:
        self.has_signed, self.judges = True, False
        self.signed.setdefault((self.epoch, block), set()).add(self.index)
        self.votes.append((self.epoch, block))

    def _finalize(self) -> None:
        """Three blocks in a row with consecutive epochs make the middle one final, with all before it."""
        lengths = self.notarized()
        for block in sorted(lengths, key=lambda one: lengths[one]):
            middle = self.parent.get(block)
            first = None if middle is None else self.parent.get(middle)
            if middle is None or first is None:
                continue
            epochs = [self.epoch_of[one] for one in (first, middle, block)]
            chain = self.chain(middle)
            in_a_row = epochs == [epochs[0], epochs[0] + 1, epochs[0] + 2]
            if in_a_row and chain is not None and chain[: len(self.final)] == self.final:
                self.final = chain
