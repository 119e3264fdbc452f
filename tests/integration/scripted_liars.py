"""Liars that follow a script: they see everything, sign what they like with their own keys, and choose who gets what.

They cannot forge, and what an honest validator sends arrives in time. A script is called when an epoch starts (heard is
None) and when a message arrives; nothing else leaves a scripted liar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.core.consensus.blocks import Block, Message, Proposal, Vote, make_block
from market_sim.core.consensus.byzantine import ByzantineStep, ByzantineValidator, Envelope
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.step import Step
from tests.unit.core.consensus.table import NameTags, Run, run_committee


class Scripted(ByzantineValidator):
    """A liar that says only what its script says."""

    script: Script
    honest_step: Step
    """What the protocol would send now."""

    def on_epoch(self, epoch: int) -> ByzantineStep:
        self.honest_step = self.validator.on_epoch(epoch)
        return self.script(self, epoch, None), []

    def on_message(self, message: Message) -> ByzantineStep:
        self.hear(message)
        self.honest_step = self.validator.on_message(message)
        return self.script(self, self.validator.epoch, message), []

    def on_payload_news(self) -> ByzantineStep:
        return [], []

    def heard_of_late(self) -> list[Message]:
        return self._heard

    def echoes(self) -> bool:
        return False

    @property
    def n(self) -> int:
        return self.validator.rules.validators

    def leads(self, epoch: int) -> bool:
        return self.validator.rules.leader(epoch) == self.index

    def block(self, epoch: int, payload: bytes = b"") -> Block:
        return make_block(self.validator.choose_parent(self.validator.view.tips).hash, epoch, payload)

    def proposal(self, block: Block, payload: bytes = b"") -> Proposal:
        signature = self._signer.sign(block.epoch, block.hash)
        return Proposal(self.validator.view.genesis.hash, block, payload, self.index, signature)

    def vote(self, epoch: int, name: bytes) -> Vote:
        return Vote(self.validator.view.genesis.hash, epoch, name, self.index, self._signer.sign(epoch, name))


Script = Callable[[Scripted, int, Message | None], list[Envelope]]


def attacked(
    validators: int,
    epochs: int,
    script: Script,
    liars: Sequence[int] = (1,),
    seed: int = 7,
    **weather: int,
) -> Run:
    """A committee in which these validators follow the script; honest choices and delays follow the seed."""

    def seat(committee: Committee) -> None:
        for index in liars:
            liar = committee.byzantine[index]
            liar.__class__ = Scripted
            liar.script = script

    return run_committee(
        validators, epochs, seed, byzantine=",".join(f"n{index}:silent" for index in liars),
        scheme=NameTags(validators), anything=True, paranoid=False, before=seat, **weather,
    )  # fmt: skip


def junk(liar: Scripted, epoch: int, count: int) -> list[Proposal]:
    """Blocks that nobody needs, all of one epoch, with different payloads."""
    made = []
    for number in range(count):
        payload = b"junk %d of epoch %d" % (number, epoch)
        made.append(liar.proposal(liar.block(epoch, payload), payload))
    return made
