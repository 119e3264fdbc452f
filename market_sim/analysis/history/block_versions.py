"""The versions of each block: its fate and its voters after each event that changes them.

They are computed from the consensus events in the order of the journal. The last version of a block has the fate of the
chain history, except that a block out of turn counts as proposed until it is notarized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from market_sim.analysis.history.chain_history import ChainHistory, Fate
from market_sim.analysis.history.lifespan import END


@dataclass(frozen=True)
class Version:
    """The state of a block between two events that change it."""

    born: int
    gone: int
    fate: Fate
    voters: tuple[int, ...] = ()


def block_versions(history: ChainHistory) -> dict[str, list[Version]]:
    """The versions of every proposed block, from its proposal on."""
    return _Fold(history).versions


def by_fate(versions: list[Version]) -> Iterator[Version]:
    """The versions of a block that differ in its fate; each has the voters with which it began."""
    return _joined(versions, lambda version: version.fate)


def by_signatures(versions: list[Version]) -> Iterator[Version]:
    """The versions of a block that differ in the number of signatures."""
    return _joined(versions, lambda version: len(version.voters))


def _joined(versions: list[Version], key: Callable[[Version], object]) -> Iterator[Version]:
    for _, same in groupby(versions, key=key):
        first, *others = same
        yield replace(first, gone=others[-1].gone) if others else first


class _Fold:
    def __init__(self, history: ChainHistory) -> None:
        self.versions: dict[str, list[Version]] = {}
        self._history = history
        self._voters: dict[str, tuple[int, ...]] = {}
        self._open: dict[str, None] = {}
        """The blocks that are neither final nor orphaned, in the order of their proposal."""
        self._alive = {history.genesis}
        """The last final block and its descendants."""
        self._tip = (0, history.genesis)
        for number, what, block in sorted(_changes(history)):
            if what == "vote":
                self._vote(number, block)
            else:
                getattr(self, f"_{what}")(number, block)

    def _proposed(self, number: int, block: str) -> None:
        parent = self._history.proposals[block].parent
        fate: Fate = "proposed" if parent in self._alive else "orphaned"
        self.versions[block] = [Version(number, END, fate, self._voters.get(block, ()))]
        if fate == "proposed":
            self._open[block] = None
            self._alive.add(block)

    def _vote(self, number: int, vote: str) -> None:
        block, voter = vote.split(" ")
        voters = self._voters.get(block, ())
        if int(voter) not in voters:
            self._voters[block] = (*voters, int(voter))
            if block in self.versions:
                self._change(number, block, self.versions[block][-1].fate)

    def _notarized(self, number: int, block: str) -> None:
        if block in self._open:
            self._change(number, block, "notarized")

    def _final(self, number: int, block: str) -> None:
        self._change(number, block, "finalized")
        self._open.pop(block, None)
        height = self._history.finalized[block].height
        if height > self._tip[0]:
            self._tip = (height, block)
            self._orphan(number)

    def _orphan(self, number: int) -> None:
        """Mark the open blocks that do not descend from the last final block as orphans."""
        proposals = self._history.proposals
        self._alive = {self._tip[1]}
        for block in list(self._open):
            if proposals[block].parent in self._alive:
                self._alive.add(block)
            else:
                del self._open[block]
                self._change(number, block, "orphaned")

    def _change(self, number: int, block: str, fate: Fate) -> None:
        known = self.versions.get(block)
        if known is None:
            return
        known[-1] = replace(known[-1], gone=number)
        known.append(Version(number, END, fate, self._voters.get(block, ())))


def _changes(history: ChainHistory) -> Iterator[tuple[int, str, str]]:
    """Every event that changes a block, with its number."""
    for name, proposed in history.proposals.items():
        yield history.number(proposed), "proposed", name
    for vote in history.votes:
        yield history.number(vote), "vote", f"{vote.block} {vote.voter}"
    for name, notarized in history.notarized.items():
        yield history.number(notarized), "notarized", name
    for name, final in history.finalized.items():
        yield history.number(final), "final", name
