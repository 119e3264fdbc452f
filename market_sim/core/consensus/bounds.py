"""How much one validator keeps of what others send it, so that a flood costs memory nothing (C11).

A flood may cost liveness, never safety: what is dropped here is a message that was never counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from market_sim.core.consensus.blocks import Block, Message, Vote
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.event import Numbers

EPOCHS_AHEAD: Final = 4
KEPT_PER_EPOCH: Final = 64
RECORDED_PER_EPOCH: Final = 16

_EPOCHS_REMEMBERED = 64
_FLOODS = frozenset(("TOO_MANY_BLOCKS", "TOO_MANY_SIGNATURES", "TOO_FAR_AHEAD"))

Record = Literal["refusal", "flood", "last", "none"]


class Bounds:
    """The counters and the queue of one validator."""

    def __init__(self) -> None:
        self._queue: dict[int, list[Message]] = {}
        self._unsupported: dict[int, set[bytes]] = {}
        self._first_signed: dict[int, dict[int, bytes]] = {}
        self._also_signed: dict[tuple[int, int], int] = {}
        self._recorded: dict[str, int] = {}

    def start(self, epoch: int) -> list[Message]:
        """A new epoch: hands out the messages that waited for it (R10) and forgets old counters."""
        due = [number for number in sorted(self._queue) if number <= epoch]
        messages = [message for number in due for message in self._queue.pop(number)]
        self._first_signed.pop(epoch - _EPOCHS_REMEMBERED, None)
        self._recorded.clear()
        return messages

    # ---- early messages -----------------------------------------------------------------------------------------

    def check_epoch(self, of_epoch: int, now_epoch: int) -> None:
        """Refuses a message that is too many epochs ahead."""
        if of_epoch > now_epoch + EPOCHS_AHEAD:
            raise ProtocolViolation("TOO_FAR_AHEAD", of_epoch=of_epoch, now_epoch=now_epoch, limit=EPOCHS_AHEAD)

    def queue(self, message: Message) -> None:
        """Keep a checked message until its epoch starts."""
        epoch, sender = _origin(message)
        waiting = self._queue.setdefault(epoch, [])
        if sum(_origin(other)[1] == sender for other in waiting) >= KEPT_PER_EPOCH:
            raise ProtocolViolation("TOO_MANY_SIGNATURES", limit=KEPT_PER_EPOCH, sender=sender, of_epoch=epoch)
        waiting.append(message)

    def is_queued(self, message: Message) -> bool:
        """Whether an equal message waits already."""
        return message in self._queue.get(_origin(message)[0], ())

    # ---- blocks -------------------------------------------------------------------------------------------------

    def check_block(self, block: Block, signers: Mapping[int, bytes]) -> None:
        """Refuses one more block that only its leader has signed."""
        kept = self._unsupported.get(block.epoch, ())
        if len(kept) >= KEPT_PER_EPOCH and not signers:
            raise ProtocolViolation("TOO_MANY_BLOCKS", limit=KEPT_PER_EPOCH, of_epoch=block.epoch)

    def keep_unsupported(self, block: Block) -> None:
        """Count a block that only its leader has signed."""
        self._unsupported.setdefault(block.epoch, set()).add(block.hash)

    def support(self, epoch: int, block: bytes) -> None:
        """Somebody else signed the block too."""
        kept = self._unsupported.get(epoch)
        if kept is not None:
            kept.discard(block)

    # ---- signatures ---------------------------------------------------------------------------------------------

    def note_signature(self, epoch: int, signer: int, block: bytes) -> bytes | None:
        """Remember who signed what; returns the first block, once, when a second one of the epoch appears."""
        signed = self._first_signed.get(epoch)
        if signed is None:
            signed = self._first_signed[epoch] = {}
        first = signed.setdefault(signer, block)
        if first == block:
            return None
        count = self._also_signed[(epoch, signer)] = self._also_signed.get((epoch, signer), 0) + 1
        return first if count == 1 else None

    def check_votes(self, epoch: int, voter: int) -> None:
        """Refuses one more vote of a validator that signed many blocks of one epoch."""
        if self._also_signed and self._also_signed.get((epoch, voter), 0) >= KEPT_PER_EPOCH - 1:
            raise ProtocolViolation("TOO_MANY_SIGNATURES", limit=KEPT_PER_EPOCH, sender=voter, of_epoch=epoch)

    # ---- records of refusals ------------------------------------------------------------------------------------

    def record_of(self, reason: str) -> Record:
        """Whether one more refusal is recorded in this epoch, and as what."""
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
