"""What one validator knows about trades: what it would propose, and what it thinks of a proposal.

Waiting trades are derived, never deleted: they are all trades known beyond the last one on the chain in question. A
notarized block may be orphaned; its trades then wait again by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.blockchain.gas import LARGEST_BATCH_GAS, fitting
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
from market_sim.core.models.market_events import Entry


class TradePool:
    """One validator's trades: every number up to `known`, and those beyond a gap that a late message will close."""

    def __init__(self, records: TradeRecords) -> None:
        self._records = records
        self.known = 0
        self._ahead: set[int] = set()
        self._last_on_chain: dict[bytes, int] = {}

    def learn(self, news: Iterable[Entry]) -> bool:
        """Take note of trades that the exchange announced; True when one of them was new here."""
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

    def payload_for(self, chain: Chain) -> bytes:
        """All trades known without a gap that the chain does not hold yet, up to what a block may hold."""
        last = self.last_on(chain)
        payload = self._records.between(last + 1, min(self.known, last + LARGEST_PAYLOAD))
        return payload[: fitting(payload, self._records.register) * RECORD.size]

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        """Why a block with this payload must not follow this chain; None when it may."""
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
        """How many trades the payload holds."""
        return trades_in(payload)

    def last_on(self, chain: Chain) -> int:
        """The last trade on this chain, 0 when it has none; remembered for each tip."""
        marks, tip = self._last_on_chain, chain.tip.hash
        mark = marks.get(tip)
        if mark is None:
            mark = 0
            for block, payload in chain:
                if block.hash in marks:
                    mark = marks[block.hash]
                    break
                if payload:
                    mark = last_trade(payload)
                    break
            marks[tip] = mark
        return mark

    def _difference(self, last: int, payload: bytes) -> Unknown | Invalid | None:
        """The first thing wrong with a payload, or, when nothing is, the first trade that is not known here."""
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
