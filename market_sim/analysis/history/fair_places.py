"""The fair order of each block again: which validator saw a call at which place, and the place that follows from that.

A block carries reports of what validators have seen (rulebook P-14); with those of its ancestors they are the logs from
which the order of its calls follows (market_sim/blockchain/fair_order.py).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from market_sim.blockchain.fair_order import Logs, continued, due, place_of, stable_length
from market_sim.blockchain.items import LARGEST_CALLS, Report
from market_sim.core.data.journal import Journal
from market_sim.core.english import listed, ordinal
from market_sim.core.models.consensus_events import BlockProposed, CallsOrdered
from market_sim.core.models.run_events import CommitteeSeated

NAMED: Final = 8
"""Of more validators only the number is told."""


class FairPlace(NamedTuple):
    """The place of one call in the fair order of a block."""

    place: int
    """0 when the call is not due in this block: then its leader put it there for itself."""
    seen: dict[int, int]
    """The place in the log of each validator that has reported the call, as far as the chain holds it."""
    stable: int
    """The length that the logs of a quorum have reached on the chain."""
    quorum: int
    faults: int
    validators: int

    @property
    def sentence(self) -> str:
        """Why the call has its place."""
        if not self.seen:
            return "No validator has reported the call on this chain, so it has no place in the fair order."
        saw = _told(self.seen)
        reached = f"{self.quorum} of the {self.validators} logs on this chain reach place {self.stable}"
        if not self.place:
            return (
                f"The call was seen by {saw}; {reached}, and up to there fewer than {self.faults + 1} of them hold it, "
                "so it is not due."
            )
        which = f"{ordinal(self.faults + 1)} smallest of its places"
        return f"Place {self.place}: the call was seen by {saw}; {reached}, and the {which} up to there counts."


def _told(seen: dict[int, int]) -> str:
    """Who saw the call at which place; of many validators only their number is told."""
    if len(seen) > NAMED:
        return f"{len(seen)} validators, at places {min(seen.values())} to {max(seen.values())}"
    return listed(f"n{who} at place {place}" for who, place in sorted(seen.items()))


class FairPlaces:
    """The fair order of the blocks of one journal."""

    def __init__(self, journal: Journal) -> None:
        self._parent: dict[str, str] = {}
        self._ordered: dict[str, CallsOrdered] = {}
        seated = next(journal.of(CommitteeSeated), None)
        self._rules = (seated.quorum, seated.faults, seated.validators) if seated else (1, 0, 1)
        for event in journal:
            if isinstance(event, BlockProposed):
                self._parent[event.block] = event.parent
            elif isinstance(event, CallsOrdered):
                self._ordered[event.block] = event
        self.is_kept = any(one.reports for one in self._ordered.values())
        """Whether the committee of the run enforces the order."""

    def of(self, block: str) -> dict[int, FairPlace]:
        """The place of each call of a block, in the order of the block."""
        quorum, faults, validators = self._rules
        logs, stable = self._logs(block)
        seen = {call: logs.places.get(call, {}) for call in self._calls(block)}
        return {
            call: FairPlace(place_of(places.values(), stable, faults), places, stable, quorum, faults, validators)
            for call, places in seen.items()
        }

    def expected(self, block: str) -> list[int]:
        """The calls of this block in the order that follows from the reports on its chain."""
        quorum, faults, _ = self._rules
        return due(self._logs(block)[0], quorum, faults)[:LARGEST_CALLS]

    def sentence(self, block: str, call: int) -> str:
        """Why a call of a block has its place, and whether the block keeps the order."""
        expected = self.expected(block)
        if expected == list(self._calls(block)):
            verdict = "The block keeps the fair order."
        else:
            order = f"its calls would be {listed(map(str, expected))}" if expected else "it would hold no call"
            verdict = f"The block breaks the fair order, by which {order}."
        return f"{self.of(block)[call].sentence} {verdict}"

    def _calls(self, block: str) -> tuple[int, ...]:
        return self._ordered[block].calls if block in self._ordered else ()

    def _logs(self, block: str) -> tuple[Logs, int]:
        """The logs on the chain that ends with this block, without the calls of its ancestors; the stable length."""
        parts: list[Report] = []
        done: set[int] = set()
        above = block
        while above in self._parent:
            if above in self._ordered:
                said = self._ordered[above].reports
                parts += [Report(*one[:3], bytes.fromhex(one.signature)) for one in said]
            above = self._parent[above]
            done.update(self._calls(above))
        quorum, _, validators = self._rules
        logs = continued(Logs((0,) * validators, {}), parts, frozenset(done))
        return logs, stable_length(logs, quorum)
