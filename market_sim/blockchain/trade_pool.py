"""The trade pool (mempool) of one validator: it makes payloads for proposals, and checks the payloads of others.

The waiting trades are computed for each chain: all known trades after the last one on that chain. So when a notarized
block is orphaned, its trades wait again without further action. Contract calls wait beside the trades: the leader
chooses their order, unless the committee enforces a fair one, and a call that the chain holds already is invalid.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from market_sim.blockchain.call_orders import Arrange, arranged, as_heard, newest_first
from market_sim.blockchain.fair_order import FairOrder
from market_sim.blockchain.gas import LARGEST_BATCH_GAS, fitting
from market_sim.blockchain.items import (
    LARGEST_CALLS,
    Report,
    call_number,
    calls_of,
    encoded_call,
    entries_of,
    packed,
    reports_of,
)
from market_sim.blockchain.payload import (
    KINDS,
    LARGEST_PAYLOAD,
    RECORD,
    TradeRecords,
    last_trade,
    records_in,
    trades_in,
)
from market_sim.core.consensus.payloads import Chain, Invalid, Unknown
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.consensus_events import CallsSeen
from market_sim.core.models.market_events import Entry
from market_sim.core.models.settlement_events import CallSubmitted

TIPS_KEPT = 1_000
"""The number of tips of which a pool remembers the last trade."""


class Calls(NamedTuple):
    """An announcement of contract calls."""

    calls: tuple[CallSubmitted, ...]


class TradePool:
    """The trades that a validator knows: all numbers up to `known`, and some after a gap that a late message closes."""

    def __init__(
        self, records: TradeRecords, arrange: Arrange = as_heard, greedy_order: Arrange = newest_first
    ) -> None:
        self._records = records
        self._arrange = arrange
        """How this validator arranges calls as a leader, unless the committee enforces an order."""
        self._greedy_order = greedy_order
        self._is_greedy = False
        self.fair: FairOrder | None = None
        """The order of calls that the committee enforces; None when each leader chooses."""
        self._calls: dict[int, bytes] = {}
        self._submitted: dict[int, CallSubmitted] = {}
        self._calls_on_chain: dict[bytes, frozenset[int]] = {}
        self.known = 0
        self._ahead: set[int] = set()
        self._last_on_chain: dict[bytes, int] = {}

    def learn(self, news: Iterable[Entry] | Calls | Report) -> bool:
        """Add announced trades or calls, or what a validator reports; True when one of them was new."""
        if isinstance(news, Report):
            return self.fair is not None and self.fair.learn(news)
        if isinstance(news, Calls):
            return self._learn_calls(news)
        known, ahead, add = self.known, self._ahead, self._records.add
        fresh = False
        for trade in news:
            number = trade.trade
            if number <= known or number in ahead:
                continue
            add(trade)
            fresh = True
            if number != known + 1:
                ahead.add(number)
                continue
            known = number
            while ahead and known + 1 in ahead:
                known += 1
                ahead.remove(known)
        self.known = known
        return fresh

    def _learn_calls(self, news: Calls) -> bool:
        fresh = [call for call in news.calls if call.call not in self._calls]
        for call in fresh:
            self._calls[call.call] = encoded_call(call, self._records.register)
            self._submitted[call.call] = call
        if fresh and self.fair is not None:
            self.fair.see([call.call for call in fresh])
        return bool(fresh)

    def payload_for(self, chain: Chain) -> bytes:
        """The payload for a block after this chain: waiting trades without gaps, then waiting calls, within limits."""
        last = self.last_on(chain)
        payload = self._records.between(last + 1, min(self.known, last + LARGEST_PAYLOAD))
        entries = payload[: fitting(payload, self._records.register) * RECORD.size]
        if not self._calls:
            return entries
        done = self.calls_on(chain)
        reports = [] if self.fair is None else self.fair.news(chain, done, self._calls)
        if self.fair is None or self._is_greedy:
            waiting = [call for number, call in self._submitted.items() if number not in done]
            arrange = self._greedy_order if self._is_greedy else self._arrange
            numbers = arranged(arrange, waiting)[:LARGEST_CALLS]
        else:
            numbers = self.fair.order(chain, reports, done)
        return packed(entries, [self._calls[number] for number in numbers if number in self._calls], reports)

    def be_greedy(self, greedy: bool) -> None:
        """Whether a payload has the calls in the greedy order from now on, whatever order the committee enforces."""
        self._is_greedy = greedy

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        """Why a block with this payload must not follow this chain; None when it can."""
        try:
            entries, calls, reports = entries_of(payload), calls_of(payload), reports_of(payload)
        except ProtocolViolation as malformed:
            return Invalid(malformed.reason, dict(malformed.numbers))
        unknown = self._problem_with_entries(chain, entries)
        if isinstance(unknown, Invalid):
            return unknown
        problem = self._problem_with_calls(chain, calls) if calls else None
        if not isinstance(problem, Invalid):
            problem = self._problem_with_order(chain, calls, reports) or problem
        return problem or unknown

    def _problem_with_order(self, chain: Chain, calls: list[bytes], reports: list[Report]) -> Unknown | Invalid | None:
        """Why the calls are in an order that the committee does not accept, or a report that cannot be judged yet."""
        if self.fair is None:
            first = reports[0] if reports else None
            return first and Invalid("PAYLOAD_BAD_REPORT", {"validator": first.validator, "place": first.first})
        numbers = [call_number(item) for item in calls]
        problem = self.fair.problem(chain, reports, numbers, self.calls_on(chain))
        unheard = next((call for report in reports for call in report.calls if call not in self._calls), None)
        if problem is None and unheard is not None:
            return Unknown("PAYLOAD_CALL_UNKNOWN", {"call": unheard})
        return problem

    def _problem_with_calls(self, chain: Chain, calls: list[bytes]) -> Unknown | Invalid | None:
        """The first call that is repeated, differs from its announcement, or is unknown."""
        if len(calls) > LARGEST_CALLS:
            return Invalid("PAYLOAD_TOO_MANY_CALLS", {"found": len(calls), "limit": LARGEST_CALLS})
        seen = set(self.calls_on(chain))
        unknown: Unknown | None = None
        for item in calls:
            number = call_number(item)
            if number in seen:
                return Invalid("PAYLOAD_CALL_TWICE", {"call": number})
            seen.add(number)
            if number not in self._calls:
                unknown = unknown or Unknown("PAYLOAD_CALL_UNKNOWN", {"call": number})
            elif item != self._calls[number]:
                return Invalid("PAYLOAD_CALL_DIFFERS", {"call": number})
        return unknown

    def _problem_with_entries(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        count, rest = divmod(len(payload), RECORD.size)
        if rest:
            return Invalid("PAYLOAD_MALFORMED", {"size": len(payload), "record": RECORD.size})
        if count > LARGEST_PAYLOAD:
            return Invalid("PAYLOAD_TOO_LARGE", {"found": count, "limit": LARGEST_PAYLOAD})
        last = self.last_on(chain)
        if last + count > self.known or payload != self._records.between(last + 1, last + count):
            problem = self._difference(last, payload)
            if problem is not None:
                return problem
        if fitting(payload, self._records.register) < count:
            return Invalid("PAYLOAD_TOO_DEAR", {"trades": count, "limit": LARGEST_BATCH_GAS})
        return None

    def count(self, payload: bytes) -> int:
        """The number of trades in a payload."""
        return trades_in(entries_of(payload))

    def calls(self, payload: bytes) -> tuple[int, ...]:
        """The numbers of the calls in a payload, in order."""
        return tuple(map(call_number, calls_of(payload)))

    def reports(self, payload: bytes) -> tuple[CallsSeen, ...]:
        """The reports in a payload, as the journal keeps them."""
        return tuple(CallsSeen(*one[:3], one.signature.hex()) for one in reports_of(payload))

    def calls_on(self, chain: Chain) -> frozenset[int]:
        """The numbers of the calls on this chain; cached by tip."""
        known, tip = self._calls_on_chain, chain.tip.hash
        found = known.get(tip)
        if found is None:
            numbers: set[int] = set()
            for block, payload in chain:
                if block.hash in known:
                    numbers |= known[block.hash]
                    break
                numbers.update(self.calls(payload))
            found = known[tip] = frozenset(numbers)
        return found

    def last_on(self, chain: Chain) -> int:
        """The number of the last trade on this chain, 0 when it has none; cached by tip."""
        marks, tip = self._last_on_chain, chain.tip.hash
        mark = marks.get(tip)
        if mark is None:
            mark = 0
            for block, payload in chain:
                if block.hash in marks:
                    mark = marks[block.hash]
                    break
                entries = entries_of(payload)
                if entries:
                    mark = last_trade(entries)
                    break
            marks[tip] = mark
            if len(marks) > TIPS_KEPT:
                del marks[next(iter(marks))]  # the oldest one, which only a chain without later entries would need
        return mark

    def _difference(self, last: int, payload: bytes) -> Unknown | Invalid | None:
        """The first error in a payload; without an error, the first unknown trade."""
        unknown: Unknown | None = None
        for expected, record in enumerate(records_in(payload), start=last + 1):
            kind, trade, *_ = RECORD.unpack(record)
            if kind not in KINDS:
                return Invalid("PAYLOAD_UNKNOWN_KIND", {"kind": kind, "most": KINDS[-1]})
            if trade != expected:
                return Invalid("PAYLOAD_GAP", {"expected": expected, "found": trade})
            if trade > self.known and trade not in self._ahead:
                unknown = unknown or Unknown("PAYLOAD_TRADE_UNKNOWN", {"trade": trade, "known": self.known})
            elif record != self._records.between(trade, trade):
                return Invalid("PAYLOAD_TRADE_DIFFERS", {"trade": trade})
        return unknown
