"""The outbox: it delivers each certified batch to the contract exactly once, in spite of crashes and lost answers.

A batch is one row, and each step is stored before the next one begins (rulebook P-7):

    ready -> prepared (nonce and signed bytes) -> sent -> mined -> settled -> settled and told

After a crash the row tells where to continue. If the contract has the batch already, it is settled, no matter which
relayer sent it. If a transaction of ours is in a block, wait for its confirmations. Otherwise send the same bytes
again: a batch never gets a second nonce, so the chain executes at most one of our transactions. A batch that is settled
and may not be told is told again.

A pause of the contract is no error: the transaction that met it has spent its nonce, the row is `paused`, and it gets
the next nonce once the pause is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, NoReturn, Protocol

from market_sim.blockchain.certificate import Batch
from market_sim.blockchain.settlement import ChainReverted, Prepared, Receipt, Settlement
from market_sim.core.errors import InvariantBroken, NonceTaken

Status = Literal["ready", "prepared", "sent", "mined", "paused", "settled"]

PAUSED: Final = "SettlementPaused"
"""The error of the contract during a pause."""
GAP: Final = "HeightGap"

PATIENCE: Final = 8
"""The number of tries after unknown answers in a row, before relaying stops for this time."""


class OutboxRow(NamedTuple):
    """One batch on its way, with all that is needed to continue after a crash."""

    batch: Batch
    certificate: bytes
    status: Status = "ready"
    prepared: tuple[Prepared, ...] = ()
    """The signed transactions, the latest last; all have the same nonce, but for one that failed in a block."""
    receipt: Receipt | None = None
    told: bool = False
    """Whether the row is settled and the reader of the outbox knows."""


class RowStore(Protocol):
    """The storage of rows; `put` returns once the row would survive a crash."""

    def rows(self) -> list[OutboxRow]:
        """All rows, in the order of their blocks."""

    def put(self, number: int, row: OutboxRow) -> None:
        """Write this row, new or again."""


class MemoryRows:
    """Rows in memory: they survive a restart of the outbox, not one of the program."""

    def __init__(self) -> None:
        self._rows: dict[int, OutboxRow] = {}

    def rows(self) -> list[OutboxRow]:
        """All rows, in the order of their blocks."""
        return [self._rows[number] for number in sorted(self._rows)]

    def put(self, number: int, row: OutboxRow) -> None:
        """Write this row, new or again."""
        self._rows[number] = row


class Outbox:
    """The relayer: it brings rows to the contract in order, step by step; after a crash a new one continues."""

    def __init__(
        self,
        settlement: Settlement,
        store: RowStore,
        settled: Callable[[OutboxRow], None],
        reorganised: Callable[[OutboxRow, int], None],
        failed: Callable[[OutboxRow, Receipt], None] = lambda row, receipt: None,
    ) -> None:
        self._settlement = settlement
        self._store = store
        self._on_settled = settled
        self._on_reorganised = reorganised
        self._on_failed = failed
        """Told of each transaction that failed although its batch goes on."""
        self._rows = store.rows()
        self._done = sum(row.status == "settled" for row in self._rows)
        self._told = sum(row.told for row in self._rows)
        # Rows whose transaction may or may not have arrived: after a crash that is every open one.
        self._uncertain = {number for number, row in self._open() if row.prepared}

    @property
    def waiting(self) -> int:
        """The number of rows that are not settled yet."""
        return len(self._rows) - self._done

    @property
    def settled(self) -> int:
        """The number of settled rows."""
        return self._done

    def add(self, batch: Batch, certificate: bytes) -> None:
        """Add a certified batch, which must follow the one before."""
        first = batch.header.first
        follows = (
            first == self._rows[-1].batch.header.last + 1 if self._rows else first <= self._settlement.head().height + 1
        )
        if not follows:
            raise InvariantBroken(f"the batch from block {first} on does not follow the one before")
        self._rows.append(OutboxRow(batch, certificate))
        self._store.put(len(self._rows) - 1, self._rows[-1])

    def advance(self) -> None:
        """Advance every row as far as possible; a row is sent only once the one before it is in a block."""
        self._tell()
        for number, _ in self._open():
            tries = 0
            while self._step(number) and tries < PATIENCE:
                tries += number in self._uncertain
            if self._rows[number].status == "settled":
                self._done = number + 1
            elif self._rows[number].status != "mined" or number in self._uncertain:
                return  # "mined" is what this row was before a crash: a reorganisation may have removed its block

    def _open(self) -> list[tuple[int, OutboxRow]]:
        return list(enumerate(self._rows[self._done :], start=self._done))

    def _put(self, number: int, **changes: Any) -> OutboxRow:
        row = self._rows[number] = self._rows[number]._replace(**changes)
        self._store.put(number, row)
        return row

    def _step(self, number: int) -> bool:
        """Make one step of one row; False when the row must wait or is settled."""
        if number in self._uncertain:
            if number > self._done:
                return False  # rows settle in order, so the earlier uncertain one comes first
            if self._find(number):
                return True
        row = self._rows[number]
        if row.status == "ready":
            self._prepare(number, attempt=0, nonce=self._free_nonce())
            return True
        if row.status == "prepared":
            return self._send(number)
        if row.status == "sent":
            return self._look_for_receipt(number)
        if row.status == "paused":
            return self._go_on(number)
        return row.status == "mined" and self._confirm(number)

    def _free_nonce(self) -> int:
        used = [row.prepared[-1].nonce for _, row in self._open() if row.prepared]
        return max([self._settlement.next_nonce(), *(nonce + 1 for nonce in used)])

    def _prepare(self, number: int, attempt: int, nonce: int) -> None:
        """Step 4: store nonce and signed bytes before anything is sent."""
        row = self._rows[number]
        fresh = self._settlement.prepare(row.batch, row.certificate, nonce, attempt)
        self._put(number, status="prepared", prepared=(*row.prepared, fresh), receipt=None)

    def _send(self, number: int) -> bool:
        """Step 5: send; an unknown answer is not treated as a failure."""
        row = self._rows[number]
        latest = row.prepared[-1]
        answer = self._settlement.send(latest.raw)
        if answer in ("sent", "already known"):
            self._put(number, status="sent")
        elif answer == "underpriced":
            # The same nonce and call with a higher fee: at most one of the two transactions can get into a block.
            self._prepare(number, attempt=len(row.prepared), nonce=latest.nonce)
        elif answer == "nonce too low" and not self._find(number):
            self._refuse_nonce(latest.nonce)
        elif answer == "unknown":
            self._uncertain.add(number)
        return True

    def _refuse_nonce(self, nonce: int) -> NoReturn:
        """Raise the error for a nonce that the chain refuses although no transaction of ours has used it."""
        if self._settlement.next_nonce() >= nonce or not self._done:
            raise NonceTaken(nonce)
        settled = self._rows[self._done - 1].batch.header
        raise InvariantBroken(
            f"the chain forgot a batch after its confirmations: block {settled.last} ({settled.block.hex()}) was "
            f"settled, and now the contract is at {self._settlement.head().block.hex()}"
        )

    def _find(self, number: int) -> bool:
        """The restart rule: whether the contract has the batch, from any relayer, or a block has our transaction."""
        row = self._rows[number]
        header = row.batch.header
        head = self._settlement.head()
        if head.height >= header.last:
            found = head.block, head.trades_root
            if head.height == header.last and found != (header.block, header.trades_root):
                raise InvariantBroken(
                    f"block {header.last} is {head.block.hex()} on the chain and {header.block.hex()} here"
                )
        receipt = self._receipt_of(row)
        if receipt is not None:
            self._put(number, status="mined", receipt=receipt)
        elif head.height >= header.last:
            self._finish(number, receipt=None)
        else:
            if row.status == "mined":
                self._on_reorganised(row, 0)
            self._put(number, status="prepared", receipt=None)
        self._uncertain.discard(number)
        return receipt is not None or head.height >= header.last

    def _look_for_receipt(self, number: int) -> bool:
        receipt = self._receipt_of(self._rows[number])
        if receipt is not None:
            self._put(number, status="mined", receipt=receipt)
            return True
        # The transaction is dropped or late: the next call sends the same bytes again.
        self._uncertain.add(number)
        return False

    def _receipt_of(self, row: OutboxRow) -> Receipt | None:
        """The receipt of this row; one that failed counts only until a transaction with another nonce follows it."""
        nonce = row.prepared[-1].nonce
        for each in reversed(row.prepared):
            receipt = self._settlement.receipt(each.transaction)
            if receipt is not None and (receipt.succeeded or each.nonce == nonce):
                return receipt
        return None

    def _confirm(self, number: int) -> bool:
        """Steps 6 and 7: settle once enough blocks follow the one with the transaction."""
        row = self._rows[number]
        receipt, settlement = row.receipt, self._settlement
        if receipt is None:
            raise InvariantBroken("a mined row has no receipt")
        if not receipt.succeeded:
            return self._failed(number, receipt)
        if not settlement.confirmations:
            return self._finish(number, receipt)
        depth = settlement.block_number() - receipt.block
        now = settlement.receipt(receipt.transaction)
        if now is None:
            self._on_reorganised(row, max(depth, 0))
            self._put(number, status="prepared", receipt=None)
            return True
        if now.block != receipt.block:
            self._put(number, receipt=now)
            return True
        return depth >= settlement.confirmations and self._finish(number, receipt)

    def _failed(self, number: int, receipt: Receipt) -> bool:
        """Handle a transaction of ours that failed in a block."""
        row = self._rows[number]
        if number > self._done:
            return False
        height = self._settlement.head().height
        if height >= row.batch.header.last:
            self._on_failed(row, receipt)
            return self._finish(number, receipt=None)  # another relayer was first
        if receipt.out_of_gas and len(row.prepared) < PATIENCE:
            self._on_failed(row, receipt)
            # The old nonce is spent on a failed transaction, so a new nonce is safe here.
            self._prepare(number, attempt=len(row.prepared), nonce=self._free_nonce())
            return True
        # Behind a batch that met a pause a later one finds a gap, which is closed by now.
        if receipt.error == PAUSED or (receipt.error == GAP and height + 1 == row.batch.header.first):
            self._on_failed(row, receipt)
            self._put(number, status="paused", receipt=None)
            return True
        raise ChainReverted(receipt.error or "OutOfGas", receipt.arguments, receipt.transaction, receipt.gas)

    def _go_on(self, number: int) -> bool:
        """Make a new transaction once the pause is over; the one that met it is in a block and can do nothing more."""
        if self._settlement.is_paused():
            return False
        self._prepare(number, attempt=0, nonce=self._free_nonce())
        return True

    def _finish(self, number: int, receipt: Receipt | None) -> bool:
        self._put(number, status="settled", receipt=receipt)
        self._done = max(self._done, number + 1)
        self._tell()
        return False

    def _tell(self) -> None:
        """Tell of the settled rows that may not be told yet; after a crash the last one may be told a second time."""
        while self._told < self._done:
            self._on_settled(self._rows[self._told])
            self._put(self._told, told=True)
            self._told += 1
