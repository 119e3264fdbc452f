"""A table to seat validators at: small payloads, a signature scheme without arithmetic, and whole runs in one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from market_sim.core.consensus.behaviours import parse_behaviours
from market_sim.core.consensus.blocks import Block, FinalBlock, Message, Proposal, Rules, Vote, make_block
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.monitors import Monitors
from market_sim.core.consensus.network import Conditions, Network, parse_partitions
from market_sim.core.consensus.payloads import Chain, Invalid, Unknown
from market_sim.core.consensus.signing import Scheme, Verifier, VerifyMode, signed_bytes, signing_prefix
from market_sim.core.consensus.status import CommitteeStatus
from market_sim.core.consensus.step import Step
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, ByzantineAct, CallsSeen, NetworkFault
from market_sim.core.models.event import Event
from market_sim.core.randomness import Randomness
from market_sim.simulation.engine.clock import SECOND, Clock


class Numbers:
    """Payloads that order numbers: the canonical bytes are the numbers in ascending order, with commas."""

    def __init__(self) -> None:
        self.known: set[int] = set()

    def learn(self, news: Sequence[int]) -> bool:
        fresh = not self.known.issuperset(news)
        self.known.update(news)
        return fresh

    def payload_for(self, chain: Chain) -> bytes:
        return b",".join(b"%d" % number for number in sorted(self.known - self._in(chain)))

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        try:
            numbers = numbers_in(payload)
        except ValueError:
            return Invalid()
        if list(numbers) != sorted(set(numbers)) or self._in(chain).intersection(numbers):
            return Invalid()
        return None if self.known.issuperset(numbers) else Unknown()

    def be_greedy(self, greedy: bool) -> None:
        pass

    def calls(self, payload: bytes) -> tuple[int, ...]:
        return ()

    def reports(self, payload: bytes) -> tuple[CallsSeen, ...]:
        return ()

    def count(self, payload: bytes) -> int:
        return payload.count(b",") + 1 if payload else 0

    def _in(self, chain: Chain) -> set[int]:
        return {number for _, payload in chain for number in numbers_in(payload)}


class Anything(Numbers):
    """Payloads that accept every byte string: consensus orders what it does not understand."""

    def payload_for(self, chain: Chain) -> bytes:
        return b""

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        return None

    def count(self, payload: bytes) -> int:
        return 0


def numbers_in(payload: bytes) -> tuple[int, ...]:
    return tuple(map(int, payload.split(b","))) if payload else ()


class NameTag:
    """Signs and checks by naming the signer: honest only among those who do not lie about their name."""

    def __init__(self, index: int, prefix: bytes) -> None:
        self._tag = b"signed by %d: " % index
        self._prefix = prefix

    def sign(self, epoch: int, block: bytes) -> bytes:
        return self._tag + signed_bytes(self._prefix, epoch, block)

    def is_valid(self, signer: int, epoch: int, block: bytes, signature: bytes) -> bool:
        return signature == b"signed by %d: " % signer + signed_bytes(self._prefix, epoch, block)


class NameTags:
    """The structure of signatures without their cost, for thousands of schedules."""

    def __init__(self, validators: int) -> None:
        self.public_keys: Sequence[bytes] = tuple(b"key %d" % index for index in range(validators))

    def signer(self, index: int, chain_id: int, genesis: bytes) -> NameTag:
        return NameTag(index, signing_prefix(chain_id, genesis))

    def verifiers(self, chain_id: int, genesis: bytes, mode: VerifyMode) -> list[Verifier]:
        return [self.signer(index, chain_id, genesis) for index in range(len(self.public_keys))]


class Seats:
    """Validators without a network: a test delivers each message by hand."""

    def __init__(self, validators: int = 4, rules: Rules | None = None, kind: type[Validator] = Validator) -> None:
        self.rules = rules or Rules(validators=validators)
        scheme = NameTags(self.rules.validators)
        self.genesis = self.rules.genesis(scheme.public_keys)
        self.signers = [scheme.signer(index, self.rules.chain_id, self.genesis.hash) for index in range(validators)]
        self.payloads = [Numbers() for _ in range(validators)]
        self.validators = [
            kind(index, self.rules, self.genesis, self.signers[index], self.signers[index], self.payloads[index])
            for index in range(validators)
        ]

    def __getitem__(self, index: int) -> Validator:
        return self.validators[index]

    def block(self, epoch: int, parent: Block | None = None, payload: bytes = b"") -> Block:
        return make_block((parent or self.genesis).hash, epoch, payload)

    def proposal(self, block: Block, payload: bytes = b"", proposer: int | None = None) -> Proposal:
        leader = self.rules.leader(block.epoch) if proposer is None else proposer
        signature = self.signers[leader].sign(block.epoch, block.hash)
        return Proposal(self.genesis.hash, block, payload, leader, signature)

    def vote(self, voter: int, block: Block) -> Vote:
        return Vote(
            self.genesis.hash, block.epoch, block.hash, voter, self.signers[voter].sign(block.epoch, block.hash)
        )

    def notarize(self, watcher: int, *blocks: Block) -> list[Step]:
        """Show a validator each block with the votes of all."""
        steps = []
        for block in blocks:
            steps.append(self[watcher].on_message(self.proposal(block)))
            steps += [self[watcher].on_message(self.vote(voter, block)) for voter in range(self.rules.validators)]
        return steps

    def chain(self, *epochs: int) -> list[Block]:
        """Blocks of these epochs, one on top of the other, the first on genesis."""
        blocks = [self.genesis]
        for epoch in epochs:
            blocks.append(self.block(epoch, blocks[-1]))
        return blocks[1:]


def final_epochs(validator: Validator) -> list[int]:
    return [block.epoch for block in validator.finalized.blocks[1:]]


@dataclass
class Run:
    """A committee after its run, with its journal."""

    committee: Committee
    journal: Journal
    told: list[tuple[int, FinalBlock]]
    votes_before_blocks: int = 0

    @property
    def status(self) -> CommitteeStatus:
        return self.committee.status()

    def of(self, kind: type[Event]) -> list[Event]:
        return list(self.journal.of(kind))

    def kinds(self) -> Counter[str]:
        """How often each kind of event, behaviour, fault and refusal occurred: for non-vacuity."""
        counts = Counter(type(event).__name__ for event in self.journal)
        counts.update(event.reason for event in self.journal if hasattr(event, "reason"))
        counts.update(event.behaviour for event in self.journal if isinstance(event, ByzantineAct))
        counts.update(event.kind for event in self.journal if isinstance(event, NetworkFault))
        return counts

    def longest_wait(self) -> int:
        """The most epochs that passed between one block that everybody honest held as final and the next (C8)."""
        return max(self.waits())

    def waits(self, first: int = 1) -> tuple[int, int]:
        """How many epochs passed at most until a block was final for everybody: from epoch `first` on, and later."""
        told: dict[int, list[int]] = {}
        for fact in self.journal.of(BlockFinalized):
            if fact.validator in self.committee.honest:
                told.setdefault(fact.height, []).append(fact.epoch)
        grown = {max(epochs) for epochs in told.values() if len(epochs) == len(self.committee.honest)}
        marks = [first, *sorted(epoch for epoch in grown if epoch >= first), self.committee.epoch]
        waits = [after - before for before, after in pairwise(marks)]
        return waits[0], max((0, *waits[1:]))


def run_committee(
    validators: int = 4,
    epochs: int = 8,
    seed: int = 7,
    byzantine: str = "",
    partitions: str = "",
    verify: VerifyMode = "shared",
    paranoid: bool = True,
    scheme: Scheme | None = None,
    rules: Rules | None = None,
    anything: bool = False,
    news_every: int = 0,
    before: Callable[[Committee], object] | None = None,
    kind: type[Committee] = Committee,
    **weather: int | bool,
) -> Run:
    """One committee from its first epoch to its last."""
    rules = rules or Rules(validators=validators)
    randomness, clock, journal = Randomness(seed), Clock(), Journal()
    told: list[tuple[int, FinalBlock]] = []
    conditions = Conditions(
        byzantine=parse_behaviours(byzantine, validators),
        partitions=parse_partitions(partitions, validators),
        **weather,
    )
    committee = kind(
        rules,
        randomness,
        Network(rules, randomness, conditions),
        clock,
        journal.record,
        [Anything() if anything else Numbers() for _ in range(validators)],
        lambda index, blocks: told.extend((index, block) for block in blocks),
        verify,
        paranoid,
        scheme,
    )
    committee.start(SECOND, epochs)
    if before is not None:
        before(committee)
    run = Run(committee, journal, told)
    if committee.monitors is not None:
        if not anything:
            committee.monitors.items = numbers_in
        listen(run, committee.monitors)
    if news_every:
        for number in range(epochs * SECOND // news_every):
            clock.plan(SECOND + number * news_every, committee.publish, [number])
    clock.run(until=SECOND + epochs * rules.epoch_ns)
    return run


def listen(run: Run, monitors: Monitors) -> None:
    """Count the votes that reach a validator before their block does."""
    delivered = monitors.delivered

    def count(index: int, message: Message) -> bool:
        is_news = delivered(index, message)
        if is_news and isinstance(message, Vote):
            run.votes_before_blocks += message.block.hex() not in monitors.observed[index].parent
        return is_news

    monitors.delivered = count
