"""Streamlet for the harness: the product's own validator, unchanged, behind the interface of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from market_sim.core.consensus.blocks import Message, Vote
from market_sim.core.consensus.catching_up import Request
from market_sim.core.consensus.durable import DurableRecord
from market_sim.core.consensus.step import Step
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.models.consensus_events import BlockFinalized
from market_sim.core.protocols.participant import About, Letter, Reaction, Seat


class Question(msgspec.Struct, frozen=True, gc=False):
    """A request to the peers for missing messages."""

    asker: int
    request: Request


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The reply of a peer."""

    messages: tuple[Message, ...]


class StreamletParticipant:
    """One Streamlet validator as a participant."""

    def __init__(self, seat: Seat, record: DurableRecord) -> None:
        self._record = record
        self._index = seat.index
        places = (seat.index, seat.rules, seat.genesis, seat.signer, seat.verifier, seat.payloads)
        self.validator = Validator.restored(record, *places)
        self._chain: list[bytes] = []

    @property
    def now(self) -> int:
        """The time that its facts carry."""
        return self.validator.now

    @now.setter
    def now(self, time: int) -> None:
        self.validator.now = time

    @property
    def chain(self) -> Sequence[bytes]:
        """The longest notarized chain; of equally long ones the one that it held first.

        R12: beyond the fault bound a longer chain may conflict with what is final here, and then what is final is kept.
        """
        view, final = self.validator.view, self.validator.finalized
        if len(self._chain) < view.longest:
            block = self.validator.choose_parent(view.tips)
            chain = [block]
            while chain[-1].epoch > 0:
                chain.append(view.blocks[chain[-1].parent])
            self._chain = [one.hash for one in chain[-2::-1]]
        if final.height and self._chain[final.height - 1 : final.height] != [final.blocks[-1].hash]:
            return [block.hash for block in final.blocks[1:]]
        return self._chain

    @property
    def final_height(self) -> int:
        """The length of its finalized chain."""
        return self.validator.finalized.height

    def on_tick(self, epoch: int, slot: int) -> Reaction:
        """R1: a new epoch."""
        return self._reaction(self.validator.on_epoch(epoch))

    def on_message(self, message: Message | Question | Answer) -> Reaction:
        """A message of the protocol, or of the exchange between peers."""
        if isinstance(message, Answer):
            return self._reaction(self.validator.on_answer(message.messages))
        if isinstance(message, Question):
            known = tuple(self.validator.peers.answer(message.asker, message.request))
            return Reaction([Letter(Answer(known), (message.asker,))] if known else [])
        return self._reaction(self.validator.on_message(message))

    def on_payload_news(self) -> Reaction:
        """R6: a proposal that waits is validated again."""
        return self._reaction(self.validator.on_payload_news())

    def recall(self, above: int) -> Sequence[Answer]:
        """What is not final for a peer that comes back."""
        return [Answer(tuple(self.validator.peers.recall(above)))]

    def about(self, message: Message | Question | Answer) -> About | None:
        """What a message is about."""
        if isinstance(message, Question | Answer):
            return None
        if isinstance(message, Vote):
            return About(message.voter, message.block)
        return About(message.proposer, message.block.hash, message.block.parent)

    def _reaction(self, step: Step) -> Reaction:
        """What must be durable is written first; the harness itself records what is final."""
        self._record.write(step.persist)
        letters = [Letter(message) for message in step.send]
        letters += [Letter(Question(self._index, request)) for request in step.ask]
        return Reaction(letters, [fact for fact in step.facts if not isinstance(fact, BlockFinalized)])


class Streamlet:
    """The protocol for the harness."""

    name = "Streamlet"
    slots = 1
    meaningless: Mapping[str, str] = {}

    def memory(self) -> DurableRecord:
        """An empty disk."""
        return DurableRecord()

    def seat(self, seat: Seat, memory: DurableRecord) -> StreamletParticipant:
        """A validator that starts from its disk."""
        return StreamletParticipant(seat, memory)
