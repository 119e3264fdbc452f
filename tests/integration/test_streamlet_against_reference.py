"""The product and a naive Streamlet hear the same messages, and agree after every input."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from market_sim.core.consensus.behaviours import BEHAVIOURS, DOUBLE_SIGN, GREEDY
from market_sim.core.consensus.blocks import Message, Vote
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.step import Step
from market_sim.core.models.consensus_events import BlockProposed
from tests.reference.naive_streamlet import GENESIS, NaiveStreamlet
from tests.unit.core.consensus.table import NameTags, run_committee

SCHEDULES = 40 if "CI" in os.environ else 8
WAYS = [
    name for name in BEHAVIOURS if name not in ("flood", DOUBLE_SIGN, GREEDY)
]  # the reference knows no bounds, and no money


class Compared(Committee):
    """A committee in which each honest validator has a naive twin that hears what it hears."""

    seen: Counter[str]

    def __init__(self, *places: object, **names: object) -> None:
        super().__init__(*places, **names)  # type: ignore[arg-type]
        self.seen = Counter()
        self.twins = {index: NaiveStreamlet(index, self.rules.validators) for index in self.honest}
        for index in self.honest:
            self._listen(index)

    def _listen(self, index: int) -> None:
        validator, twin = self.validators[index], self.twins[index]
        on_epoch, on_message, on_answer = validator.on_epoch, validator.on_message, validator.on_answer

        def start(epoch: int) -> Step:
            step = on_epoch(epoch)
            twin.start(epoch)
            for fact in step.facts:
                if isinstance(fact, BlockProposed):
                    twin.propose(fact.block, self._name(bytes.fromhex(fact.parent)))
            self._agree(index)
            return step

        def hear(message: Message) -> Step:
            step = on_message(message)
            tell(message)
            self._agree(index)
            return step

        def learn(messages: Sequence[Message]) -> Step:
            step = on_answer(messages)
            for message in messages:
                tell(message)
            self._agree(index)
            return step

        def tell(message: Message) -> None:
            if self._is_genuine(message):
                if isinstance(message, Vote):
                    twin.hear("vote", message.epoch, self._name(message.block), message.voter)
                else:
                    block = message.block
                    twin.hear(
                        "proposal", block.epoch, self._name(block.hash), message.proposer, self._name(block.parent)
                    )

        validator.on_epoch = start  # type: ignore[method-assign]
        validator.on_message = hear  # type: ignore[method-assign]
        validator.on_answer = learn  # type: ignore[method-assign]

    def _is_genuine(self, message: Message) -> bool:
        """Signatures, hashes and the bounds on early messages are not the reference's subject."""
        assert self.monitors is not None
        epoch = message.epoch if isinstance(message, Vote) else message.block.epoch
        return self.monitors._is_genuine(message) and epoch <= self.epoch + 4

    def _name(self, block: bytes) -> str:
        return GENESIS if block == self.genesis.hash else block.hex()

    def _agree(self, index: int) -> None:
        validator, twin = self.validators[index], self.twins[index]
        view = validator.view
        assert {self._name(block): height for block, height in view.height.items()} == twin.notarized()
        assert {self._name(tip.hash) for tip in view.tips} == twin.tips()
        assert [self._name(block.hash) for block in validator.finalized.blocks] == twin.final
        assert (validator.signed_epoch == self.epoch) == twin.has_signed
        mine = view.signatures
        assert all(index in mine[(epoch, bytes.fromhex(block))] for epoch, block in twin.votes[-3:])
        self.seen["inputs"] += 1
        self.seen["final"] = max(self.seen["final"], len(twin.final) - 1)
        self.seen["forks"] += len(view.tips) > 1


@pytest.mark.parametrize("validators", [4, 5, pytest.param(7, marks=pytest.mark.thorough)])
def test_the_product_agrees_with_a_naive_streamlet_after_every_input(validators: int) -> None:
    seen: Counter[str] = Counter()
    finalizing = 0
    for seed in range(SCHEDULES):
        luck = Random(f"{validators}/{seed}")
        liars = luck.sample(range(validators), (validators - 1) // 3)
        run = run_committee(
            validators, 10, seed, scheme=NameTags(validators), anything=True, kind=Compared,
            byzantine=",".join(f"n{liar}:{luck.choice(WAYS)}" for liar in liars),
            partitions=luck.choice(["", "", "3-4:0|1", "2-5:0+1>2+3"]),
            stable_from_epoch=luck.choice([1, 5, 8]), reorder_percent=luck.choice([0, 30]),
        )  # fmt: skip
        assert isinstance(run.committee, Compared)
        seen.update(run.committee.seen)
        finalizing += run.committee.seen["final"] > 0
    assert seen["inputs"] > 100 * SCHEDULES
    assert seen["forks"], "no schedule had two longest chains"
    assert finalizing >= SCHEDULES // 5
