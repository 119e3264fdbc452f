"""Bounds on what one validator keeps of the messages it receives, so that a flood costs little memory (C11).

A dropped message was never counted, so a bound costs no safety. It costs no liveness either: a block that f + 1
validators signed is exempt, since one of them is honest and signs one block in an epoch. A validator remembers the
epochs in which it dropped something, and can ask its peers for it (market_sim/core/consensus/catching_up.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from market_sim.core.consensus.blocks import Block, Message, Proposal, Vote
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.event import Numbers

EPOCHS_AHEAD: Final = 4
KEPT_PER_EPOCH: Final = 64
RECORDED_PER_EPOCH: Final = 16

JUNK_KEPT: Final = 512
"""The number of further signatures of double signers that are kept before those of old epochs are dropped."""
EPOCHS_OPEN: Final = 8
"""The number of epochs before the last final block of which nothing is dropped for that reason."""

LARGEST_NAME: Final = 32
LARGEST_SIGNATURE: Final = 512
LARGEST_PAYLOAD: Final = 2**20
"""The largest sizes in bytes; an honest payload with the maximum of trades takes little more than half of its limit."""

_FLOODS = frozenset(("TOO_MANY_BLOCKS", "TOO_MANY_SIGNATURES", "TOO_FAR_AHEAD"))

Record = Literal["refusal", "flood", "last", "none"]


class Bounds:
    """The counters and the queue of one validator."""

    def __init__(self, faults: int) -> None:
        self._faults = faults
        self.dropped: set[int] = set()
        """The epochs of which something was dropped."""
        self.closed = 0
        """Up to this epoch, new blocks and votes that at most f validators signed are dropped."""
        self._queue: dict[int, list[Message]] = {}
        self._unsupported: dict[int, set[bytes]] = {}
        self._first_signed: dict[int, dict[int, tuple[bytes, bytes]]] = {}
        self._also_signed: dict[tuple[int, int], int] = {}
        self._convicted: set[tuple[int, int]] = set()
        self._junk = 0
        self._recorded: dict[str, int] = {}

    def start(self, epoch: int) -> list[Message]:
        """A new epoch: returns the messages that were queued for it (R10) and resets the counters of records."""
        due = [number for number in sorted(self._queue) if number <= epoch]
        messages = [message for number in due for message in self._queue.pop(number)]
        self._recorded.clear()
        return messages

    # ---- sizes --------------------------------------------------------------------------------------------------

    def check_sizes(self, message: Message) -> None:
        """Refuse a message with a part that is larger than any honest one."""
        if isinstance(message, Vote):
            self.check_name(message.block)
        else:
            self.check_name(max(message.block.names, key=len))
        if len(message.signature) > LARGEST_SIGNATURE:
            raise ProtocolViolation("SIGNATURE_TOO_LONG", found=len(message.signature), limit=LARGEST_SIGNATURE)
        if isinstance(message, Proposal) and len(message.payload) > LARGEST_PAYLOAD:
            raise ProtocolViolation("PAYLOAD_TOO_LONG", found=len(message.payload), limit=LARGEST_PAYLOAD)

    def check_name(self, name: bytes) -> None:
        """Refuse a name that is longer than a hash."""
        if len(name) > LARGEST_NAME:
            raise ProtocolViolation("NAME_TOO_LONG", found=len(name), limit=LARGEST_NAME)

    # ---- early messages -----------------------------------------------------------------------------------------

    def check_epoch(self, of_epoch: int, now_epoch: int) -> None:
        """Refuse a message that is too many epochs ahead."""
        if of_epoch > now_epoch + EPOCHS_AHEAD:
            raise ProtocolViolation("TOO_FAR_AHEAD", of_epoch=of_epoch, now_epoch=now_epoch, limit=EPOCHS_AHEAD)

    def queue(self, message: Message) -> None:
        """Keep a checked message until its epoch starts."""
        epoch, sender = _origin(message)
        waiting = self._queue.setdefault(epoch, [])
        if sum(_origin(other)[1] == sender for other in waiting) >= KEPT_PER_EPOCH:
            self.dropped.add(epoch)
            raise ProtocolViolation("TOO_MANY_SIGNATURES", limit=KEPT_PER_EPOCH, sender=sender, of_epoch=epoch)
        waiting.append(message)

    def is_queued(self, message: Message) -> bool:
        """Whether an equal message is queued already."""
        return message in self._queue.get(_origin(message)[0], ())

    # ---- blocks -------------------------------------------------------------------------------------------------

    def check_block(self, block: Block, signers: Mapping[int, bytes]) -> None:
        """Refuse one block too many that only its leader has signed."""
        if signers:
            return
        if block.epoch <= self.closed or len(self._unsupported.get(block.epoch, ())) >= KEPT_PER_EPOCH:
            self.dropped.add(block.epoch)
            raise ProtocolViolation("TOO_MANY_BLOCKS", limit=KEPT_PER_EPOCH, of_epoch=block.epoch)

    def keep_unsupported(self, block: Block) -> None:
        """Count a block that only its leader has signed."""
        self._unsupported.setdefault(block.epoch, set()).add(block.hash)

    def support(self, epoch: int, block: bytes) -> None:
        """A second validator signed the block, so it no longer counts towards the bound."""
        kept = self._unsupported.get(epoch)
        if kept is not None:
            kept.discard(block)
            if not kept:
                del self._unsupported[epoch]

    # ---- signatures ---------------------------------------------------------------------------------------------

    def note_signature(self, epoch: int, signer: int, block: bytes, signature: bytes) -> tuple[bytes, bytes] | None:
        """Remember who signed what, for the whole run, because it may become evidence at any time.

        Returns the first block and its signature, once, when the signer signs a second block of the epoch.
        """
        signed = self._first_signed.get(epoch)
        if signed is None:
            signed = self._first_signed[epoch] = {}
        first = signed.get(signer)
        if first is None:
            signed[signer] = (block, signature)
            return None
        if first[0] == block:
            return None
        key = (epoch, signer)
        self._also_signed[key] = self._also_signed.get(key, 0) + 1
        self._junk += 1
        if key in self._convicted:
            return None
        self._convicted.add(key)
        return first

    def check_votes(self, epoch: int, voter: int, others: int) -> None:
        """Refuse one vote too many of a validator that signed many blocks of one epoch; `others` counts co-signers."""
        if others >= self._faults or not (self._also_signed or epoch <= self.closed):
            return
        if epoch <= self.closed or self._also_signed.get((epoch, voter), 0) >= KEPT_PER_EPOCH:
            self.dropped.add(epoch)
            raise ProtocolViolation("TOO_MANY_SIGNATURES", limit=KEPT_PER_EPOCH, sender=voter, of_epoch=epoch)

    def close(self, final_epoch: int) -> bool:
        """Close the epochs long before the last final block once there are too many double signatures; True if done."""
        if self._junk < JUNK_KEPT:
            return False
        self._junk = 0
        self.closed = closed = max(self.closed, final_epoch - EPOCHS_OPEN)
        self.dropped = {epoch for epoch in self.dropped if epoch > closed}
        self._unsupported = {epoch: kept for epoch, kept in self._unsupported.items() if epoch > closed}
        self._also_signed = {key: count for key, count in self._also_signed.items() if key[0] > closed}
        return True

    # ---- records of refusals ------------------------------------------------------------------------------------

    def record_of(self, reason: str) -> Record:
        """How one more refusal of this epoch is recorded, if at all."""
        count = self._recorded[reason] = self._recorded.get(reason, 0) + 1
        if count > RECORDED_PER_EPOCH:
            return "last" if count == RECORDED_PER_EPOCH + 1 else "none"
        return "flood" if reason in _FLOODS else "refusal"

    def no_more_records(self, reason: str, epoch: int) -> tuple[str, Numbers]:
        """The reason and the numbers of the last record of an epoch."""
        return "TOO_MANY_REFUSALS", {"limit": RECORDED_PER_EPOCH, "code": reason, "now_epoch": epoch}

    @property
    def load(self) -> tuple[int, int]:
        """The most blocks of one epoch that only their leader signed, and the furthest epoch in the queue."""
        return max(map(len, self._unsupported.values()), default=0), max(self._queue, default=0)


def _origin(message: Message) -> tuple[int, int]:
    if isinstance(message, Vote):
        return message.epoch, message.voter
    return message.block.epoch, message.proposer
