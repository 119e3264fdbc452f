"""The contents of blocks: which trades each one holds, and in which batch they were paid.

The journal tells how many trades a block has, and payloads continue their chain without gaps
(docs/decisions/0005); so the first trade of a block follows from its ancestors. Encoding those trades again must give
the digest that the block carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from market_sim.blockchain.merkle import merkle_proof, merkle_root, proven
from market_sim.blockchain.payload import encoded, payload_digest
from market_sim.blockchain.register import Register
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, BlockProposed, VoteCast
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled, TradeRefused


@dataclass(frozen=True)
class Paid:
    """The batch that paid a trade, and the proof that it holds it."""

    settled: BlockSettled
    settled_number: int
    certified: BatchCertified
    certified_number: int
    first_trade: int
    last_trade: int
    place: int
    """The trade is this one of the batch, from 1; 0 when the chain refused it."""
    root_matches: bool
    """The root over the trades, worked out again, is the one that the validators signed."""
    proof: tuple[str, ...]
    is_proven: bool
    """Following the proof from the trade leads to the root."""


class BlockContents:
    """Every block of one journal with its trades, and every batch with its blocks."""

    def __init__(self, journal: Journal) -> None:
        self.register = Register.of(journal)
        self.listings = list(journal.of(InstrumentListed))
        self.proposed: dict[str, int] = {}
        self.about: dict[str, dict[type[Event], list[int]]] = {}
        self.refusals: list[tuple[int, TradeRefused]] = []
        self._proposals: dict[str, BlockProposed] = {}
        self._upto: dict[str, int] = {}
        self._trades: list[Trade] = []
        self._at_height: dict[int, str] = {}
        self._batches: list[tuple[int, BlockSettled]] = []
        self._certified: dict[int, tuple[int, BatchCertified]] = {}
        self._genesis = next((event.genesis for event in journal.of(CommitteeSeated)), "")
        for number, event in enumerate(journal):
            self._read(number, event)

    def _read(self, number: int, event: Event) -> None:
        if isinstance(event, Trade):
            self._trades.append(event)
        elif isinstance(event, BlockProposed):
            self._propose(number, event)
        elif isinstance(event, (VoteCast, BlockNotarized, BlockFinalized)):
            self.about.setdefault(event.block, {}).setdefault(type(event), []).append(number)
            if isinstance(event, BlockFinalized):
                self._at_height.setdefault(event.height, event.block)
        elif isinstance(event, BatchCertified):
            self._certified[event.first] = number, event
        elif isinstance(event, BlockSettled):
            self._batches.append((number, event))
        elif isinstance(event, TradeRefused):
            self.refusals.append((number, event))

    def _propose(self, number: int, event: BlockProposed) -> None:
        if event.block in self.proposed:
            return
        self.proposed[event.block] = number
        self._proposals[event.block] = event
        self.about.setdefault(event.block, {})
        before = 0 if event.parent == self._genesis else self._upto.get(event.parent)
        # A liar's block may stand on nothing; then nobody can say which trades it would hold.
        if before is not None:
            self._upto[event.block] = before + event.trades

    def first_trade(self, block: str) -> int:
        """The number of the first trade in a block whose ancestors are known."""
        return self._upto[block] - self._proposals[block].trades + 1

    def holding(self, trade: int) -> Iterator[str]:
        """Every block that holds this trade, in the order of proposal."""
        for block, upto in self._upto.items():
            if upto - self._proposals[block].trades < trade <= upto and upto <= len(self._trades):
                yield block

    def digest_matches(self, block: str) -> bool:
        """Whether the trades encoded again give the digest that everybody voted on."""
        trades = self._trades[self.first_trade(block) - 1 : self._upto[block]]
        payload = b"".join(encoded(trade, self.register) for trade in trades)
        return payload_digest(payload).hex() == self._proposals[block].payload_digest

    def paid(self, trade: int) -> Paid | None:
        """The batch in which this trade was paid or refused; None while it waits."""
        for number, batch in self._batches:
            ends = self._at_height.get(batch.first), self._at_height.get(batch.last)
            if ends[0] is None or ends[1] is None:
                continue
            first, last = self.first_trade(ends[0]), self._upto[ends[1]]
            if first <= trade <= last and batch.first in self._certified:
                return self._proved(trade, number, batch, first, last)
        return None

    def _proved(self, trade: int, number: int, batch: BlockSettled, first: int, last: int) -> Paid:
        refused = {event.trade for _, event in self.refusals}
        counted = [one for one in self._trades[first - 1 : last] if one.trade not in refused]
        records = [encoded(one, self.register) for one in counted]
        certified_number, certified = self._certified[batch.first]
        root = bytes.fromhex(certified.trades_root.removeprefix("0x"))
        numbers = [one.trade for one in counted]
        place = numbers.index(trade) if trade in numbers else -1
        proof = merkle_proof(records, place) if place >= 0 else []
        return Paid(
            batch,
            number,
            certified,
            certified_number,
            first,
            last,
            place + 1,
            merkle_root(records) == root,
            tuple(node.hex() for node in proof),
            place >= 0 and proven(root, place, records[place], proof),
        )
