"""The settlement log: all that settlement did and learned, line by line, in a file of the run's folder.

A run is a function of its seed, its inputs and the answers of its chain, so this file and the first event of the
journal are enough to continue after a SIGKILL: the program plays the run again, and each line of the past must come
again.

    signed    a validator is about to sign this digest; it never signs another one for the same blocks
    row       a step of the outbox, with the signed transaction before it is sent
    sending   a transaction is about to be sent
    asked     a question to the chain and its answer

A question of the past is answered from the file. So the chain is never asked twice for what it did already, and a
transaction is never made twice. Where the past ends, the program goes on with the chain. If it ends with `sending`, the
transaction may have arrived, and its answer is "unknown": the outbox looks for it first and then sends the same bytes.

Each line is written before the next step, and the file reaches the disk before anything is sent (with `syncs`).
A line begins with a link, the digest of all lines up to it. A torn last line was never acted upon, and is cut off.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

from market_sim.blockchain.outbox import MemoryRows, OutboxRow
from market_sim.core.data.journal import Journal
from market_sim.core.data.run_writer import WriteRefused
from market_sim.core.english import counted
from market_sim.core.errors import InputError, OtherCourse
from market_sim.core.models.settlement_events import BatchCertified, BlockSettled

FILE: Final = "settlement.jsonl"
LINK: Final = 16
"""The hexadecimal digits of a link."""

T = TypeVar("T")


class LogOver(OtherCourse):
    """A replay has come to the end of the log: what the chain would answer next is not known."""


class SettlementLog:
    """The settlement log of one run; without a file it remembers the signed digests and nothing else."""

    def __init__(self, syncs: bool = False) -> None:
        self.signed: dict[int, dict[int, bytes]] = {}
        """By validator: the digest that it signed for each block."""
        self.resumed: Callable[[], None] = lambda: None
        """Called once, before the chain is asked for the first time after the past."""
        self._file: BinaryIO | None = None
        self._syncs = syncs
        self._past: deque[bytes] = deque()
        self._replays = False
        self._line = 0
        self._head = hashlib.sha256()
        self._had_past = False

    @classmethod
    def opened(cls, folder: Path, syncs: bool) -> SettlementLog:
        """The log in the folder of a run, which is created if there is none."""
        log = cls(syncs)
        path = folder / FILE
        try:
            file = log._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        except OSError as refused:
            raise InputError(f"{path} cannot be opened: {refused.strerror}") from None
        try:
            log._read(path)
        except InputError:
            file.close()
            raise
        for line in log._past:
            log._head.update(line)
        log._had_past = bool(log._past)
        file.seek(file.truncate(sum(LINK + 2 + len(line) for line in log._past)))
        return log

    @classmethod
    def replayed(cls, folder: Path) -> SettlementLog:
        """The log of a run that is played again: it gives the answers of the past, and nothing is written."""
        log = cls()
        log._replays = True
        log._read(folder / FILE)
        return log

    def _read(self, path: Path) -> None:
        self._past.extend(lines(path))
        for line in self._past:
            kind, *facts = msgspec.json.decode(line)
            if kind == "signed":
                validator, first, last, digest = facts
                of_validator = self.signed.setdefault(validator, {})
                of_validator.update(dict.fromkeys(range(first, last + 1), bytes.fromhex(digest)))

    @property
    def is_past(self) -> bool:
        """Whether lines of an earlier program are left."""
        return bool(self._past)

    def tell(self, kind: str, *facts: Any) -> None:
        """Write a line before the step that it is about; in the past it must be the line that was written then."""
        if not self._is_kept:
            return
        line = msgspec.json.encode((kind, *facts))
        if self._past:
            self._line += 1
            found = self._past.popleft()
            if found != line:
                raise self._differs(found, line)
            return
        self._append(line)

    def ask(self, question: Any, kind: type[T] | Any, ask: Callable[[], T]) -> T:
        """The answer of the chain to this question: from the past, otherwise from the chain, and then written."""
        if not self._is_kept:
            return ask()
        asked = msgspec.json.encode(question)
        if self._past:
            self._line += 1
            found = self._past.popleft()
            parts = msgspec.json.decode(found, type=list[msgspec.Raw])
            if len(parts) != 3 or bytes(parts[0]) != b'"asked"' or bytes(parts[1]) != asked:
                raise self._differs(found, b'["asked",' + asked + b"]")
            answer: T = msgspec.json.decode(parts[2], type=kind)
            return answer
        self._return()
        answer = ask()
        self._append(msgspec.json.encode(("asked", msgspec.Raw(asked), answer)))
        return answer

    def send(self, transaction: str, send: Callable[[], T], unknown: T) -> T:
        """Send a transaction, once the disk has all that came before; "unknown" if the past ended while it was sent."""
        if not self._is_kept:
            return send()
        was_sent = bool(self._past)
        if not was_sent:
            self._return()
        self.tell("sending", transaction)
        if was_sent and not self._past:
            return self.ask(("sent", transaction), type(unknown), lambda: unknown)
        if not was_sent:
            self.sync()
        return self.ask(("sent", transaction), type(unknown), send)

    def keep(self, validator: int, first: int, last: int, digest: bytes) -> None:
        """Keep the digest that a validator is about to sign for these blocks."""
        self.tell("signed", validator, first, last, digest.hex())

    def sync(self) -> None:
        """Wait until the disk has all lines."""
        if self._file is not None and self._syncs:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what was written stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _is_kept(self) -> bool:
        return self._file is not None or self._replays

    def _return(self) -> None:
        if self._replays:
            raise LogOver(f"{FILE} ends here: the run asks its chain for more than it did")
        if self._had_past:
            self._had_past = False
            self.resumed()

    def _append(self, line: bytes) -> None:
        file = self._file
        if file is None:
            raise LogOver(f"{FILE} ends here: the run does more than it did")
        self._line += 1
        self._head.update(line)
        rest = memoryview(_stored(self._head.hexdigest(), line))
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as refused:
            raise WriteRefused(f"{FILE} cannot be written any further: {refused.strerror or refused}") from refused

    def _differs(self, found: bytes, line: bytes) -> OtherCourse:
        return OtherCourse(
            f"{FILE}, line {self._line}: the run did {_shown(found)}, and this program would do {_shown(line)}: "
            "resume it with the version, the scenario and the strategies that it was begun with"
        )


class LoggedRows(MemoryRows):
    """The rows of an outbox, with each of their steps in the log."""

    def __init__(self, log: SettlementLog) -> None:
        super().__init__()
        self._log = log

    def put(self, number: int, row: OutboxRow) -> None:
        """Write this row, new or again: what was settled and with which signed bytes."""
        header, latest = row.batch.header, row.prepared[-1] if row.prepared else None
        raw = latest.raw.hex() if latest and row.status == "prepared" else ""
        sent = (latest.nonce, latest.transaction, raw) if latest else ()
        self._log.tell("row", number, row.status, row.told, header.first, header.last, *sent)
        super().put(number, row)


def compared(folder: Path, journal: Journal) -> str:
    """What the log in this folder holds, as one sentence; InputError where the journal says something else."""
    path = folder / FILE
    if not path.exists():
        return ""
    signed: dict[tuple[int, int], str] = {}
    settled: list[tuple[int, int]] = []
    for line in lines(path):
        kind, *facts = msgspec.json.decode(line)
        if kind == "signed":
            signed[facts[0], facts[2]] = facts[3]
        elif kind == "row" and facts[1] == "settled" and not facts[2]:
            settled.append((facts[3], facts[4]))
    for batch in journal.of(BatchCertified):
        for validator in batch.signers:
            if signed.get((validator, batch.last)) != batch.digest:
                raise InputError(f"{path}: n{validator} did not sign what the journal says of block {batch.last}")
    told = [(event.first, event.last) for event in journal.of(BlockSettled)]
    if told != settled[: len(told)]:
        raise InputError(f"{path}: the journal has other settled blocks than the outbox")
    return f"{counted(len(signed), 'signature')} and {counted(len(settled), 'settled batch', 'settled batches')}"


def lines(path: Path) -> Iterator[bytes]:
    """The whole lines of a log, without their links; InputError at the first that is not the one that was written."""
    head = hashlib.sha256()
    try:
        whole = path.read_bytes()
    except OSError as refused:
        raise InputError(f"{path} cannot be read: {refused.strerror}") from None
    for number, stored in enumerate(whole.splitlines(keepends=True), start=1):
        if not stored.endswith(b"\n"):
            return  # torn by the end of the program, so nothing was done after it
        line = stored[LINK + 1 : -1]
        head.update(line)
        if stored != _stored(head.hexdigest(), line):
            raise InputError(f"{path}, line {number}: it is not the line that was written, so the file is damaged")
        yield line


def _stored(link: str, line: bytes) -> bytes:
    return link[:LINK].encode() + b" " + line + b"\n"


def _shown(line: bytes) -> str:
    text = line.decode()
    return text if len(text) <= 90 else f"{text[:87]}..."
