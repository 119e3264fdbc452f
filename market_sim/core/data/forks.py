"""A fork: two blocks at one height that are both final for honest validators, with the signatures that made them so.

It is read from the journal. Any third party can check the two certificates: each is a quorum of signatures on one
block, and a validator in both has signed two conflicting blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, SafetyViolated, VoteCast
from market_sim.core.models.run_events import CommitteeSeated


@dataclass(frozen=True)
class Certificate:
    """One block that is final for these validators, with the signature of each voter."""

    block: str
    epoch: int
    final_for: tuple[int, ...]
    signatures: dict[int, str]


@dataclass(frozen=True)
class Fork:
    """The lowest height at which two blocks are final, with both certificates and the assumptions of the run."""

    height: int
    one: Certificate
    other: Certificate
    validators: int
    faults: int
    quorum: int
    byzantine: tuple[int, ...]

    @property
    def signed_both(self) -> tuple[int, ...]:
        """The validators whose signatures are in both certificates."""
        return tuple(sorted(set(self.one.signatures) & set(self.other.signatures)))

    @property
    def sentence(self) -> str:
        """Which assumption failed, and what the two certificates show."""
        lied = f"{_names(self.byzantine)} lied" if self.byzantine else "none lied"
        pairs = self.one, self.other
        said = [f"{one.block[:6]} of epoch {one.epoch} (signed by {_names(one.signatures)})" for one in pairs]
        both = f"{_names(self.signed_both)} signed both" if self.signed_both else "no validator signed both"
        bound = f"{self.validators} validators tolerate {counted(self.faults, 'liar')}, and {lied}"
        return (
            f"Safety broke at height {self.height}: {said[0]} and {said[1]} are both final; {both}. "
            f"The assumption that failed: {bound}; two quorums of {self.quorum} share "
            f"{2 * self.quorum - self.validators}, of which none needs to be honest any more."
        )


def fork_of(journal: Journal) -> Fork | None:
    """The fork of a run; None if the final chains of all honest validators agree."""
    seated = next(journal.of(CommitteeSeated), None)
    if seated is None:
        return None
    final: dict[int, dict[str, list[int]]] = {}
    for event in journal.of(BlockFinalized):
        if event.validator not in seated.byzantine:
            final.setdefault(event.height, {}).setdefault(event.block, []).append(event.validator)
    for violated in journal.of(SafetyViolated):
        if violated.validator not in seated.byzantine:
            # A validator that sees the conflict keeps its first chain (R12): the other block is final by the rules,
            # but not for this validator.
            final.setdefault(violated.height, {}).setdefault(_at(journal, violated), [])
    for height in sorted(final):
        if len(final[height]) > 1:
            one, other = (_certificate(journal, block, who) for block, who in list(final[height].items())[:2])
            return Fork(height, one, other, seated.validators, seated.faults, seated.quorum, seated.byzantine)
    return None


def _at(journal: Journal, violated: SafetyViolated) -> str:
    """The block at the height of the violation on the chain that ends with the conflicting middle block."""
    told = {event.block: event for event in journal.of(BlockProposed)}
    name = violated.conflicting[1]
    while name in told and told[name].height > violated.height:
        name = told[name].parent
    return name


def _certificate(journal: Journal, block: str, final_for: list[int]) -> Certificate:
    epoch = next((event.epoch for event in journal.of(BlockProposed) if event.block == block), 0)
    signatures = {event.voter: event.signature for event in journal.of(VoteCast) if event.block == block}
    return Certificate(block, epoch, tuple(dict.fromkeys(final_for)), dict(sorted(signatures.items())))


def _names(validators: Iterable[int]) -> str:
    return listed(f"n{who}" for who in validators)
