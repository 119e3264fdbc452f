"""The office of a relayer: an outbox with everything around it that can break, and seeded lives of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from market_sim.blockchain.certificate import Batch
from market_sim.blockchain.outbox import MemoryRows, Outbox, OutboxRow
from market_sim.blockchain.settlement import Answer, Receipt
from market_sim.core.randomness import Randomness
from tests.unit.blockchain.rig import ALICE, BOB, CASH, Rig

FAULTS = (
    "dies before sending",
    "dies after sending",
    "lost",
    "arrived all the same",
    "dropped",
    "underpriced",
    "already known",
)
UNKNOWN = ("lost", "arrived all the same")
"""Faults after which nobody knows whether a transaction has arrived."""


class Crash(Exception):
    """The program dies here."""


class Office:
    """An outbox with everything around it that can break, and that survives a crash."""

    def __init__(self, rig: Rig, batches: int = 3) -> None:
        self.rig = rig
        self.store = CrashingRows()
        self.chain = FaultyChain(rig.settlement)
        self.settled: list[OutboxRow] = []
        self.die_before_telling = self.die_after_telling = -1
        self.reorgs = 0
        self.delays: list[str] = []
        self.batches = chained(rig, batches)
        self.restart()

    def restart(self) -> None:
        self.outbox = Outbox(self.chain, self.store, self.tell, self.saw_reorg, self.saw_delay)

    def tell(self, row: OutboxRow) -> None:
        number, self.die_before_telling = self.die_before_telling, -1
        if number == len(self.settled):
            raise Crash
        self.settled.append(row)
        if self.die_after_telling == len(self.settled):
            self.die_after_telling = -1
            raise Crash

    def saw_reorg(self, row: OutboxRow, depth: int) -> None:
        self.reorgs += 1

    def saw_delay(self, row: OutboxRow, receipt: Receipt) -> None:
        self.delays.append(receipt.error)

    def work(self) -> None:
        """Bring all batches to the contract, however often the program dies on the way."""
        for _ in range(50):
            try:
                for batch in self.batches[len(self.store.rows()) :]:
                    self.outbox.add(batch, self.rig.certified(batch))
                    self.outbox.advance()
                self.outbox.advance()
                if not self.outbox.waiting:
                    return
                self.rig.settlement.confirm()
            except Crash:
                self.restart()
        raise AssertionError("never settled")

    def check(self) -> bool:
        """Each batch had its effect once: the head is the last one, and the balances are those after all of them."""
        head = self.rig.settlement.head()
        assert (head.height, head.block) == (len(self.batches), self.batches[-1].header.block)
        balances = self.rig.settlement.statement().balances
        assert (balances[ALICE, CASH], balances[BOB, CASH]) == (1_000 - 10 * head.height, 300 + 10 * head.height)
        assert [row.status for row in self.store.rows()] == ["settled"] * head.height
        assert all(row.told for row in self.store.rows())
        assert sorted({row.batch.header.last for row in self.settled}) == list(range(1, head.height + 1)), "all told"
        for row in self.store.rows():
            assert len({prepared.nonce for prepared in row.prepared}) <= 1, "never a second nonce for one batch"
        return True


def chained(rig: Rig, count: int) -> list[Batch]:
    """Batches that follow each other; each moves ten cents from Alice to Bob."""
    batches: list[Batch] = []
    for number in range(1, count + 1):
        parent = batches[-1].header.block if batches else rig.settlement.head().block
        rows = (ALICE, CASH, -10), (BOB, CASH, 10)
        batches.append(
            rig.batch(*rows, first=number, last=number, epoch=number, parent=parent, block=bytes([number]) * 32)
        )
    return batches


class CrashingRows(MemoryRows):
    """Rows that survive, and a program that may die just before or just after it wrote one."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.die_before = self.die_after = -1

    def put(self, number: int, row: OutboxRow) -> None:
        self.writes += 1
        if self.writes == self.die_before:
            raise Crash
        super().put(number, row)
        if self.writes == self.die_after:
            raise Crash


class FaultyChain:
    """A settlement whose node answers as the plan says; the plan names the fault for each sending."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.plan: dict[int, str] = {}
        self.sent: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def send(self, raw: bytes) -> Answer:
        self.sent.append(raw)
        fault = self.plan.get(len(self.sent), "")
        if fault == "dies before sending":
            raise Crash
        if fault == "lost":
            return "unknown"
        if fault == "dropped":
            return "sent"
        if fault == "underpriced":
            return "underpriced"
        answer: Answer = self.inner.send(raw)
        if fault == "dies after sending":
            raise Crash
        return {"arrived all the same": "unknown", "already known": "already known"}.get(fault, answer)  # type: ignore[return-value]


def life(rig: Rig, seed: int, seen: Counter[str]) -> None:
    """One life on a chain that can go back: faults, crashes and perhaps a reorganisation, then the balances."""
    luck = Randomness(seed).stream("faults")
    chain = rig.settlement.chain
    begin = chain.snapshot()
    rig.settlement.confirmations = luck.randint(1, 3)
    office = Office(rig)
    office.chain.plan = {sending: luck.choice(("", *FAULTS)) for sending in range(1, 9)}
    office.store.die_before, office.store.die_after = luck.randint(1, 30), luck.randint(1, 30)
    mark = chain.snapshot()
    while len(office.store.rows()) < 2:
        batch = office.batches[len(office.store.rows())]
        try:
            office.outbox.add(batch, rig.certified(batch))
            office.outbox.advance()
        except Crash:
            seen["crash"] += 1
            office.restart()
    if not office.settled and luck.random() < 0.9 and rig.settlement.head().height:
        chain.revert(mark)
        seen["reorg"] += 1
    office.work()
    office.check()
    seen.update(fault for sending, fault in office.chain.plan.items() if sending <= len(office.chain.sent))
    seen["unknown result"] += any(
        office.chain.plan.get(sending) in UNKNOWN for sending in range(1, len(office.chain.sent) + 1)
    )
    seen["life"] += 1
    chain.revert(begin)
