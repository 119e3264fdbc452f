"""The contents of blocks: the trades in each block, the batch that paid them, and the effect of the batch.

The journal records the number of entries of a block, and payloads continue their chain without gaps
(docs/decisions/0005), so the first entry of a block follows from its ancestors. The entries are encoded again, which
must give the digest in the block, and executed again, which must give the signed root.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from market_sim.blockchain.execution import BalanceKey, Execution, ExecutionState, execute
from market_sim.blockchain.items import Report, encoded_call, packed, payload_digest
from market_sim.blockchain.merkle import merkle_proof, proven
from market_sim.blockchain.payload import encoded
from market_sim.blockchain.register import Register
from market_sim.core.consensus.blocks import FinalBlock
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    CallsOrdered,
    VoteCast,
)
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import ENTRIES, Deposited, Entry, InstrumentListed
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled, CallSubmitted, TradeRefused


@dataclass(frozen=True)
class Batch:
    """A settled batch with its recomputed execution and the balances before it."""

    number: int
    settled: BlockSettled
    first_trade: int
    last_trade: int
    execution: Execution
    before: dict[BalanceKey, int]


@dataclass(frozen=True)
class Paid:
    """The batch that paid a trade, and the Merkle proof that the trade is in it."""

    batch: Batch
    certified: BatchCertified
    certified_number: int
    place: int
    """The index of the trade among the accepted ones, from 1; 0 when the chain refused it."""
    root_matches: bool
    """Whether the recomputed Merkle root is the signed one."""
    record: str
    """The trade as the bytes of the payload, in hexadecimal: with its index, the leaf; "" when the chain refused it."""
    proof: tuple[str, ...]
    is_proven: bool
    """Whether the Merkle proof is valid."""


class BlockContents:
    """The blocks of a journal with their trades, and the batches with their blocks."""

    def __init__(self, journal: Journal) -> None:
        self.register = Register.of(journal)
        self.listings = list(journal.of(InstrumentListed))
        self.proposed: dict[str, int] = {}
        self.about: dict[str, dict[type[Event], list[int]]] = {}
        self.refusals: list[tuple[int, TradeRefused]] = []
        self._proposals: dict[str, BlockProposed] = {}
        self._upto: dict[str, int] = {}
        self._entries: list[Entry] = []
        self._at_height: dict[int, str] = {}
        self._settled: list[tuple[int, BlockSettled]] = []
        self._certified: dict[int, tuple[int, BatchCertified]] = {}
        self._deposits: list[Deposited] = []
        self._calls: list[CallSubmitted] = []
        self._ordered: dict[str, CallsOrdered] = {}
        """The calls of each block with calls, in order, and the reports that it carries."""
        self._genesis = next((event.genesis for event in journal.of(CommitteeSeated)), "")
        for number, event in enumerate(journal):
            self._read(number, event)

    def _read(self, number: int, event: Event) -> None:
        if isinstance(event, ENTRIES):
            if event.trade:
                self._entries.append(event)
            elif isinstance(event, Deposited):
                self._deposits.append(event)
        elif isinstance(event, CallSubmitted):
            self._calls.append(event)
        elif isinstance(event, CallsOrdered):
            self._ordered[event.block] = event
        elif isinstance(event, BlockProposed):
            self._propose(number, event)
        elif isinstance(event, (VoteCast, BlockNotarized, BlockFinalized)):
            self.about.setdefault(event.block, {}).setdefault(type(event), []).append(number)
            if isinstance(event, BlockFinalized):
                self._at_height.setdefault(event.height, event.block)
        elif isinstance(event, BatchCertified):
            self._certified[event.first] = number, event
        elif isinstance(event, BlockSettled):
            self._settled.append((number, event))
        elif isinstance(event, TradeRefused):
            self.refusals.append((number, event))

    def _propose(self, number: int, event: BlockProposed) -> None:
        if event.block in self.proposed:
            return
        self.proposed[event.block] = number
        self._proposals[event.block] = event
        self.about.setdefault(event.block, {})
        before = 0 if event.parent == self._genesis else self._upto.get(event.parent)
        # The parent of a byzantine validator's block may be unknown; then its trades are unknown, too.
        if before is not None:
            self._upto[event.block] = before + event.trades

    def first_trade(self, block: str) -> int:
        """The number of the first entry in a block whose ancestors are known."""
        return self._upto[block] - self._proposals[block].trades + 1

    def holding(self, trade: int) -> Iterator[str]:
        """The blocks that hold this trade, in the order of proposal."""
        for block, upto in self._upto.items():
            if upto - self._proposals[block].trades < trade <= upto and upto <= len(self._entries):
                yield block

    def payload(self, block: str) -> bytes:
        """The entries of a block, encoded again."""
        entries = self._entries[self.first_trade(block) - 1 : self._upto[block]]
        records = b"".join(encoded(entry, self.register) for entry in entries)
        ordered = self._ordered.get(block)
        if ordered is None:
            return records
        calls = [encoded_call(self._calls[number - 1], self.register) for number in ordered.calls]
        reports = [Report(*said[:3], bytes.fromhex(said.signature)) for said in ordered.reports]
        return packed(records, calls, reports)

    def final_block(self, height: int) -> int | None:
        """The event that proposed the final block of this height, if it is known."""
        return self.proposed.get(self._at_height.get(height, ""))

    def holding_call(self, call: int) -> Iterator[CallsOrdered]:
        """The calls of each block that holds this one, in the order of proposal."""
        yield from (self._ordered[block] for block in self.proposed if call in self._calls_of(block))

    def _calls_of(self, block: str) -> tuple[int, ...]:
        return self._ordered[block].calls if block in self._ordered else ()

    def entry(self, number: int) -> Entry:
        """The entry with this number."""
        return self._entries[number - 1]

    def digest_matches(self, block: str) -> bool:
        """Whether the payload encoded again has the digest in the proposal."""
        return payload_digest(self.payload(block)).hex() == self._proposals[block].payload_digest

    @cached_property
    def batches(self) -> list[Batch]:
        """All settled batches, executed again from the initial deposits on."""
        state = ExecutionState(bytes.fromhex(self._genesis), self.register.balances(self._deposits))
        done: list[Batch] = []
        for number, settled in self._settled:
            names = [self._at_height.get(height) for height in range(settled.first, settled.last + 1)]
            blocks = [name for name in names if name is not None and name in self._upto]
            if len(blocks) < len(names):
                break
            before = dict(state.balances)
            execution = execute(state, [self._final(name) for name in blocks], self.register)
            state.apply(execution)
            first, last = self.first_trade(blocks[0]), self._upto[blocks[-1]]
            done.append(Batch(number, settled, first, last, execution, before))
        return done

    def _final(self, name: str) -> FinalBlock:
        block = self._proposals[name]
        parts = bytes.fromhex(name), bytes.fromhex(block.parent), self.payload(name)
        return FinalBlock(block.height, block.epoch, *parts)

    def paid(self, trade: int) -> Paid | None:
        """The batch in which this trade was paid or refused; None until then."""
        batch = next((one for one in self.batches if one.first_trade <= trade <= one.last_trade), None)
        if batch is None or batch.settled.first not in self._certified:
            return None
        certified_number, certified = self._certified[batch.settled.first]
        root = bytes.fromhex(certified.trades_root.removeprefix("0x"))
        counted = batch.execution.accepted
        records = [encoded(self._entries[number - 1], self.register) for number in counted]
        place = counted.index(trade) if trade in counted else -1
        proof = merkle_proof(records, place) if place >= 0 else []
        return Paid(
            batch,
            certified,
            certified_number,
            place + 1,
            batch.execution.trades_root == root,
            records[place].hex() if place >= 0 else "",
            tuple(node.hex() for node in proof),
            place >= 0 and proven(root, place, records[place], proof),
        )
