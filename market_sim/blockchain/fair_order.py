"""The fair order of contract calls: it follows from what a quorum has seen first, so a leader cannot choose it.

Each validator keeps a log of the calls in the order in which they reached it, and signs each part that it adds. A block
carries the parts that its chain lacks, without gaps, and its calls follow from them:

- *Stable* is the largest length that the logs of a quorum have reached on the chain.
- A call is due when f + 1 logs hold it up to there; its place is the (f + 1)-th smallest of its places in the logs.
- A block holds all calls that are due and not on its chain, by their places. With any other it gets no vote.

So if every honest validator has seen call a at an earlier place than any has seen call b, a comes first. This is the
ordering linearizability of Pompe (Y. Zhang, S. Setty, Q. Chen, L. Zhou and L. Alvisi, *Byzantine Ordered Consensus
without Byzantine Oligarchy*, OSDI 2020), with places in logs instead of times (rulebook P-14). The proof: if b is due,
an honest validator has seen it at a place that is stable. Of the quorum whose logs reach that far f + 1 are honest, and
all of them hold a up to there. So a is due, too; its place is at most the last at which an honest validator saw it,
and that of b is at least the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Sequence
from struct import Struct
from typing import Final, NamedTuple

from market_sim.blockchain.items import LARGEST_CALLS, Report, reports_of
from market_sim.core.consensus.payloads import Chain, Invalid
from market_sim.core.consensus.signing import Signer, Verifier
from market_sim.core.models.event import Numbers

NO_EPOCH: Final = 0
"""Reports are signed like blocks of an epoch in which nobody votes, so that none can be taken for a vote."""
TIPS_KEPT: Final = 1_000
"""The number of tips of which a validator remembers the logs."""
_PART: Final = Struct(">HQ")


class Logs(NamedTuple):
    """What one chain holds of the logs."""

    lengths: tuple[int, ...]
    """The length of each validator's log."""
    places: dict[int, dict[int, int]]
    """The place of each call that waits, by validator."""


def digest(validator: int, first: int, calls: Sequence[int]) -> bytes:
    """What a validator signs: from this place on it has seen these calls."""
    said = _PART.pack(validator, first) + b"".join(number.to_bytes(8, "big") for number in calls)
    return hashlib.sha256(b"market-sim/calls-seen/1" + said).digest()


def due(logs: Logs, quorum: int, faults: int) -> list[int]:
    """The calls whose order is settled by these logs, in that order.

    >>> seen = {7: {0: 1, 1: 1, 2: 2}, 8: {0: 2, 1: 2, 2: 1, 3: 1}, 9: {0: 3}}
    >>> due(Logs((3, 2, 2, 1), seen), quorum=3, faults=1)
    [7, 8]
    """
    stable = stable_length(logs, quorum)
    placed = ((place_of(places.values(), stable, faults), call) for call, places in logs.places.items())
    return [call for place, call in sorted(placed) if place]


def stable_length(logs: Logs, quorum: int) -> int:
    """The largest length that the logs of a quorum have reached."""
    return sorted(logs.lengths, reverse=True)[quorum - 1]


def place_of(places: Iterable[int], stable: int, faults: int) -> int:
    """The place of a call by its places in the logs; 0 while it is not due."""
    near = sorted(place for place in places if place <= stable)
    return near[faults] if len(near) > faults else 0


class FairOrder:
    """The rule as one validator keeps it: its own log, the reports of all, and the logs on each chain."""

    def __init__(self, index: int, validators: int, quorum: int, faults: int, signer: Signer, verifier: Verifier):
        self.tell: Callable[[Report], object] = lambda report: None
        """Called with each report of this validator, to send it to the others."""
        self._index = index
        self._quorum = quorum
        self._faults = faults
        self._signer = signer
        self._verifier = verifier
        self._length = 0
        self._reports: list[dict[int, Report]] = [{} for _ in range(validators)]
        self._on_chain: dict[bytes, Logs] = {}
        self._nothing = Logs((0,) * validators, {})

    def see(self, calls: Sequence[int]) -> None:
        """Add these calls to the own log, and report them, in parts that a block can hold."""
        for place in range(0, len(calls), LARGEST_CALLS):
            part, first = calls[place : place + LARGEST_CALLS], self._length + 1
            self._length += len(part)
            signature = self._signer.sign(NO_EPOCH, digest(self._index, first, part))
            report = Report(self._index, first, tuple(part), signature)
            self.learn(report)
            self.tell(report)

    def learn(self, report: Report) -> bool:
        """Keep a report whose signature is right; True when it is new. Of two for one place the first counts."""
        if not self._is_signed(report) or report.first in self._reports[report.validator]:
            return False
        self._reports[report.validator][report.first] = report
        return True

    def news(self, chain: Chain, done: frozenset[int], known: Container[int]) -> list[Report]:
        """The reports that a block after this chain carries: they continue the logs on it with calls that are known."""
        found: list[Report] = []
        for reports, length in zip(self._reports, self.on(chain, done).lengths, strict=True):
            end = length
            while (part := reports.get(end + 1)) and all(call in known for call in part.calls):
                end += len(part.calls)
                if end - length > LARGEST_CALLS:
                    break
                found.append(part)
        return found

    def order(self, chain: Chain, reports: Iterable[Report], done: frozenset[int]) -> list[int]:
        """The calls of a block after this chain that carries these reports."""
        logs = continued(self.on(chain, done), reports, done)
        return due(logs, self._quorum, self._faults)[:LARGEST_CALLS]

    def problem(
        self, chain: Chain, reports: Sequence[Report], calls: Sequence[int], done: frozenset[int]
    ) -> Invalid | None:
        """Why a block with these reports and calls breaks the rule; None when it keeps it."""
        lengths = list(self.on(chain, done).lengths)
        for report in reports:
            if not self._is_signed(report):
                return Invalid("PAYLOAD_BAD_REPORT", {"validator": report.validator, "place": report.first})
            if report.first != lengths[report.validator] + 1:
                expected = lengths[report.validator] + 1
                numbers: Numbers = {"validator": report.validator, "expected": expected, "found": report.first}
                return Invalid("PAYLOAD_REPORT_GAP", numbers)
            lengths[report.validator] += len(report.calls)
        expected_calls = self.order(chain, reports, done)
        if list(calls) != expected_calls:
            return Invalid("PAYLOAD_UNFAIR_ORDER", {"expected": _told(expected_calls), "found": _told(calls)})
        return None

    def on(self, chain: Chain, done: frozenset[int]) -> Logs:
        """The logs on this chain, whose calls are `done`; cached by tip."""
        tip = chain.tip.hash
        logs = self._on_chain.get(tip)
        if logs is None:
            logs, parts = self._nothing, list[Report]()
            for block, payload in chain:
                if block.hash in self._on_chain:
                    logs = self._on_chain[block.hash]
                    break
                parts[:0] = reports_of(payload)
            logs = self._on_chain[tip] = continued(logs, parts, done)
            if len(self._on_chain) > TIPS_KEPT:
                del self._on_chain[next(iter(self._on_chain))]  # computed again if a chain still ends there
        return logs

    def _is_signed(self, report: Report) -> bool:
        if not (0 <= report.validator < len(self._reports) and report.first > 0 and report.calls):
            return False
        said = digest(report.validator, report.first, report.calls)
        return self._verifier.is_valid(report.validator, NO_EPOCH, said, report.signature)


def continued(logs: Logs, reports: Iterable[Report], done: frozenset[int]) -> Logs:
    """The logs with these reports, and without the calls that are done."""
    lengths = list(logs.lengths)
    places = {call: dict(where) for call, where in logs.places.items() if call not in done}
    for report in reports:
        for place, call in enumerate(report.calls, start=report.first):
            if call not in done:
                places.setdefault(call, {}).setdefault(report.validator, place)
        lengths[report.validator] += len(report.calls)
    return Logs(tuple(lengths), places)


def _told(calls: Sequence[int]) -> str:
    """The numbers of calls as a person reads them: the first ones of many."""
    return ", ".join(map(str, calls[:8])) + (", ..." if len(calls) > 8 else "") if calls else "none"
