"""A byzantine validator: an unchanged `Validator` inside, and chosen deviations between it and the network.

It has its own key and the messages it has received, and nothing else: it cannot forge another validator's signature,
and it never touches another validator's object. Behaviours compose in the order in which they were chosen, silence and
crashes last. Each act is recorded as `ByzantineAct`: the simulator knows it, and no validator reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from market_sim.core.consensus import byzantine_messages
from market_sim.core.consensus.behaviours import AFTER_FINALITY, FOR_EVER, GREEDY, Behaviour
from market_sim.core.consensus.blocks import Block, FinalBlock, Message, Proposal, Vote, block_of, make_block
from market_sim.core.consensus.collusion import Collusion
from market_sim.core.consensus.network import Network
from market_sim.core.consensus.payloads import Chain, Payloads
from market_sim.core.consensus.signing import Signer
from market_sim.core.consensus.step import Step
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.models.consensus_events import BlockProposed, ByzantineAct, CallsOrdered, ConsensusEvent, VoteCast
from market_sim.core.randomness import Stream

REMEMBERED = 60
TURNS: Final = {GREEDY: -1, "silent": 1, "crash": 2}
"""Greed comes first: its block is the one that others change. Silence and a crash, which come last, leave nothing."""

SIGNED: Final = (BlockProposed, CallsOrdered, VoteCast)
"""The facts about what a validator signed: a block with its calls, and votes."""


class Contents(NamedTuple):
    """What the journal says of a payload."""

    trades: int
    ordered: CallsOrdered | None
    """Its calls and reports; None without any."""


NOTHING: Final = Contents(0, None)


class Envelope(msgspec.Struct, frozen=True):
    """A message with its receivers (None is everyone) and a delay before it is handed to the network."""

    message: Message
    receivers: tuple[int, ...] | None = None
    delay_ns: int = 0


ByzantineStep = tuple[list[Envelope], list[ConsensusEvent]]
"""What a byzantine validator sends, and the events that are recorded about it."""


class ByzantineValidator:
    """One validator with its behaviours; in epochs without an active one it follows the protocol."""

    def __init__(
        self,
        validator: Validator,
        behaviours: Sequence[Behaviour],
        signer: Signer,
        foreign_signer: Signer,
        chance: Stream,
        network: Network,
        collusion: Collusion,
        payloads: Payloads,
    ) -> None:
        self.validator = validator
        self.index = validator.index
        # Whatever else it does, a silent validator says nothing, and a crashed one not even that.
        self._behaviours = sorted(
            (one for one in behaviours if one.name not in AFTER_FINALITY), key=lambda one: TURNS.get(one.name, 0)
        )
        self._after_finality = [one for one in behaviours if one.name in AFTER_FINALITY]
        self.byzantine_from = min((one.first for one in self._behaviours), default=FOR_EVER)
        """The first epoch in which it deviates; before that it is a validator like the others."""
        self._signer = signer
        self._foreign_signer = foreign_signer
        self._chance = chance
        self._network = network
        self._collusion = collusion
        self._payloads = payloads
        self._others = tuple(other for other in range(validator.rules.validators) if other != validator.index)
        self._heard: list[Message] = []
        self._signed: set[bytes] = set()
        self._has_crashed = False
        self._epoch_starts = False
        self._envelopes: list[Envelope] = []
        self._facts: list[ConsensusEvent] = []
        self._deviations: dict[str, Callable[[Message | None], None]] = {
            "silent": self._be_silent,
            "equivocate": self._equivocate,
            "two-faced": self._show_two_faces,
            "withhold": self._withhold,
            "late": self._be_late,
            "double-vote": self._vote_again,
            "forge": self._forge,
            "replay": self._replay,
            "usurp": self._usurp,
            "crash": self._crash,
            "flood": self._flood,
            "greedy": self._be_greedy,
        }

    def on_epoch(self, epoch: int) -> ByzantineStep:
        """A new epoch: the step of the protocol, altered by the active behaviours."""
        self._epoch_starts = True
        self._payloads.be_greedy(any(one.name == GREEDY and one.is_active(epoch) for one in self._behaviours))
        taken = self.validator.on_epoch(epoch)
        self._payloads.be_greedy(False)
        step = self._deviate(taken, None)
        self._epoch_starts = False
        return step

    def on_message(self, message: Message) -> ByzantineStep:
        """A message arrives: the step of the protocol, altered by the active behaviours."""
        self.hear(message)
        return self._deviate(self.validator.on_message(message), message)

    def hear(self, message: Message) -> None:
        """Keep a message for later misuse."""
        self._heard.append(message)
        del self._heard[:-REMEMBERED]

    def on_payload_news(self) -> ByzantineStep:
        """A trade arrives: the step of the protocol, altered by the active behaviours."""
        return self._deviate(self.validator.on_payload_news(), None)

    def echoes(self) -> bool:
        """Whether it passes on messages of others (the echo, R9)."""
        names = {"silent", "withhold", "equivocate", "crash", "two-faced"}
        return not any(one.name in names and one.is_active(self.validator.epoch) for one in self._behaviours)

    def acts_on(self, blocks: Sequence[FinalBlock], epoch: int) -> list[ByzantineAct]:
        """What it does with these blocks, which are final for it now: it executes them wrongly, or signs them twice."""
        return [
            ByzantineAct(self.validator.now, epoch, self.index, name, (block.hash.hex(),), ())
            for block in blocks
            if block.payload
            for name in dict.fromkeys(one.name for one in self._after_finality if one.is_active(block.epoch))
        ]

    def _deviate(self, step: Step, heard: Message | None) -> ByzantineStep:
        self._envelopes = [Envelope(message) for message in step.send if self._is_mine(message) or self.echoes()]
        # Its notarizations and finalizations prove nothing: the journal keeps only what it signed.
        self._facts = [fact for fact in step.facts if isinstance(fact, SIGNED)]
        for behaviour in self._behaviours:
            if behaviour.is_active(self.validator.epoch):
                self._deviations[behaviour.name](heard)
        return self._envelopes, self._facts

    def _is_mine(self, message: Message) -> bool:
        return (message.voter if isinstance(message, Vote) else message.proposer) == self.index

    def _act(self, name: str, blocks: Sequence[bytes] = (), targets: Sequence[int] | None = None) -> None:
        validator = self.validator
        hexes = tuple(block.hex() for block in blocks)
        reached = self._others if targets is None else tuple(targets)
        self._facts.append(ByzantineAct(validator.now, validator.epoch, self.index, name, hexes, reached))

    def _own_proposal(self) -> Proposal | None:
        for envelope in self._envelopes:
            if isinstance(envelope.message, Proposal) and self._is_mine(envelope.message):
                return envelope.message
        return None

    def _own_contents(self) -> Contents:
        """What the journal says of the payload that the protocol has it propose."""
        trades = next((fact.trades for fact in self._facts if isinstance(fact, BlockProposed)), 0)
        return Contents(trades, next((fact for fact in self._facts if isinstance(fact, CallsOrdered)), None))

    def _sign(self, block: Block, payload: bytes) -> Proposal:
        signature = self._signer.sign(block.epoch, block.hash)
        return Proposal(self.validator.view.genesis.hash, block, payload, self.index, signature)

    def _record_proposal(self, proposal: Proposal, height: int, group: int = 0, contents: Contents = NOTHING) -> None:
        block, validator = proposal.block, self.validator
        name, moment = block.hash.hex(), (validator.now, validator.epoch)
        names = (name, block.parent.hex())
        digest = block.payload_digest.hex()
        self._facts.append(BlockProposed(*moment, *names, height, self.index, digest, contents.trades, group))
        if contents.ordered is not None:
            self._facts.append(msgspec.structs.replace(contents.ordered, block=name))
        self._facts.append(VoteCast(*moment, self.index, name, proposal.signature.hex()))

    # ---- behaviours that alter what the protocol sends ----------------------------------------------------------

    def _be_silent(self, _: Message | None) -> None:
        """Neither proposes nor votes. Countered by the quorum of the others."""
        blocks = [bytes.fromhex(fact.block) for fact in self._facts if isinstance(fact, VoteCast)]
        kept = self._envelopes or self._facts
        self._envelopes, self._facts = [], []
        if kept:
            self._act("silent", blocks)

    def _withhold(self, _: Message | None) -> None:
        """Shows its messages to a subset and reveals them to the others later, or never. Countered by the echo."""
        altered: list[Envelope] = []
        for envelope in self._envelopes:
            friends = self._some_of(self._others)
            rest = tuple(other for other in self._others if other not in friends)
            delay = self._chance.randrange(4) * self.validator.rules.epoch_ns
            altered.append(Envelope(envelope.message, friends, envelope.delay_ns))
            if delay:
                altered.append(Envelope(envelope.message, rest, envelope.delay_ns + delay))
            self._act("withhold", [block_of(envelope.message)], friends)
        self._envelopes = altered

    def _crash(self, _: Message | None) -> None:
        """Stops in the middle of a broadcast. Countered like silence; the echo repairs the half that was sent."""
        last = self._envelopes[:1]
        if self._has_crashed:
            self._envelopes, self._facts = [], []
        if self._has_crashed or not last:
            return
        self._has_crashed = True
        reached = self._some_of(self._others)
        self._envelopes = [Envelope(last[0].message, reached)]
        self._act("crash", [block_of(last[0].message)], reached)

    def _be_late(self, _: Message | None) -> None:
        """Sends after a delay, up to several epochs, or just before the epoch ends. Countered by R7, R10 and R11."""
        validator, network = self.validator, self._network
        last_moment = network.start_of(validator.epoch + 1) - validator.now - network.conditions.slowest_ns
        altered = [envelope for envelope in self._envelopes if not self._is_mine(envelope.message)]
        for envelope in self._mine():
            delay = max(0, last_moment) + self._chance.randrange(4) * validator.rules.epoch_ns
            altered.append(Envelope(envelope.message, envelope.receivers, envelope.delay_ns + delay))
            self._act("late", [block_of(envelope.message)])
        self._envelopes = altered

    def _be_greedy(self, _: Message | None) -> None:
        """Orders the calls in its block for itself. Countered by the fair order, where the committee enforces it."""
        proposal, view = self._own_proposal(), self.validator.view
        if not self._epoch_starts or proposal is None:
            return
        if proposal.payload != self._payloads.payload_for(Chain(view, view.blocks[proposal.block.parent])):
            self._act(GREEDY, [proposal.block.hash])

    def _some_of(self, members: Sequence[int]) -> tuple[int, ...]:
        return tuple(sorted(self._chance.sample(members, self._chance.randrange(1, len(members))))) if members else ()

    # ---- behaviours that add false messages ---------------------------------------------------------------------

    def _equivocate(self, _: Message | None) -> None:
        """Different blocks for different groups, its vote with each. Countered by one vote per epoch."""
        proposal = self._own_proposal()
        if proposal is None or not self._epoch_starts:
            return  # a proposal of its own at another time is an echo of an earlier one
        block, view = proposal.block, self.validator.view
        other_tips = [tip.hash for tip in view.tips if tip.hash != block.parent]
        parent = self._chance.choice([block.parent, *other_tips])
        payload = (
            proposal.payload
            if parent != block.parent
            else byzantine_messages.another_payload(proposal.payload, block.epoch)
        )
        rival = self._sign(make_block(parent, block.epoch, payload), payload)
        group = self._some_of(self._others)
        rest = tuple(other for other in self._others if other not in group)
        kept = [envelope for envelope in self._envelopes if envelope.message is not proposal]
        self._envelopes = [Envelope(proposal, group), Envelope(rival, rest), *kept]
        contents = self._own_contents() if payload == proposal.payload else NOTHING
        told = [fact for fact in self._facts if isinstance(fact, BlockProposed)]
        self._facts = [msgspec.structs.replace(fact, group=1) if fact in told else fact for fact in self._facts]
        self._record_proposal(rival, view.height.get(parent, -1) + 1, 2, contents)
        self._act("equivocate", [block.hash, rival.block.hash], rest)

    def _show_two_faces(self, heard: Message | None) -> None:
        """A block and a vote for each half. Countered by quorum intersection: only one half can reach a quorum."""
        collusion, proposal = self._collusion, self._own_proposal()
        if self._epoch_starts and proposal is not None:
            self._envelopes = [one for one in self._envelopes if one.message is not proposal]
            contents = self._own_contents()
            self._facts = [fact for fact in self._facts if not isinstance(fact, SIGNED)]
            own = proposal.block
            for side in (0, 1):
                parent = self._tip_of(side, own.parent)
                payload = proposal.payload if side == 0 and parent == own.parent else b""
                block = make_block(parent, own.epoch, payload)
                if block.hash in collusion.side_of:
                    payload = byzantine_messages.another_payload(payload, own.epoch)
                    block = make_block(parent, own.epoch, payload)
                collusion.show(side, block.hash)
                shown = self._sign(block, payload)
                self._signed.add(block.hash)
                self._envelopes.append(Envelope(shown, collusion.audience(side, self.index)))
                told = contents if payload == proposal.payload else NOTHING
                self._record_proposal(shown, self.validator.view.height.get(parent, -1) + 1, side + 1, told)
            self._act("two-faced", list(collusion.side_of)[-2:])
        elif isinstance(heard, Proposal) and heard.block.hash in collusion.side_of:
            self._vote_for_its_side(heard)

    def _tip_of(self, side: int, otherwise: bytes) -> bytes:
        """The side's own last block, while it is a longest notarized one."""
        tip, view = self._collusion.tips[side], self.validator.view
        return tip if tip is not None and view.height.get(tip) == view.longest else otherwise

    def _vote_for_its_side(self, heard: Proposal) -> None:
        name, epoch = heard.block.hash, heard.block.epoch
        if name in self._signed or self._is_mine(heard):
            return
        self._signed.add(name)
        self._envelopes = [one for one in self._envelopes if block_of(one.message) != name]
        audience = self._collusion.audience(self._collusion.side_of[name], self.index)
        signature = self._signer.sign(epoch, name)
        self._envelopes.append(Envelope(Vote(heard.genesis, epoch, name, self.index, signature), audience))
        if not any(isinstance(fact, VoteCast) and fact.block == name.hex() for fact in self._facts):
            moment = (self.validator.now, self.validator.epoch)
            self._facts.append(VoteCast(*moment, self.index, name.hex(), signature.hex()))
        self._act("two-faced", [name], audience)

    def _vote_again(self, heard: Message | None) -> None:
        """Votes for every proposal it sees. Countered by counting distinct signers; leaves evidence."""
        if not isinstance(heard, Proposal) or heard.block.hash in self._signed or self._is_mine(heard):
            return
        block, validator = heard.block, self.validator
        self._signed.add(block.hash)
        if block.epoch < 1 or any(block_of(envelope.message) == block.hash for envelope in self._mine()):
            return
        signature = self._signer.sign(block.epoch, block.hash)
        self._envelopes.append(Envelope(Vote(heard.genesis, block.epoch, block.hash, self.index, signature)))
        moment = (validator.now, validator.epoch)
        self._facts.append(VoteCast(*moment, self.index, block.hash.hex(), signature.hex()))
        self._act("double-vote", [block.hash])

    def _mine(self) -> list[Envelope]:
        return [envelope for envelope in self._envelopes if self._is_mine(envelope.message)]

    def _forge(self, heard: Message | None) -> None:
        """Wrong key, false identity, unknown key, one field of a real message changed. Countered by verification."""
        if self._epoch_starts:
            forged: Message = byzantine_messages.false_vote(self.validator, self._signer, self._others, self._chance)
        elif heard is not None and self._chance.random() < 0.3:
            forged = byzantine_messages.mutated(heard, self._chance)
        else:
            return
        self._envelopes.append(Envelope(forged))
        self._act("forge", [block_of(forged)])

    def _replay(self, _: Message | None) -> None:
        """Sends old messages again, and votes signed for another chain. Countered by R13 and first sight."""
        if not (self._epoch_starts and self._heard):
            return
        old = self._chance.choice(self._heard)
        foreign = byzantine_messages.foreign_vote(old, self.index, self._foreign_signer, self._chance)
        self._envelopes.extend((Envelope(old), Envelope(foreign)))
        self._act("replay", [block_of(old), block_of(foreign)])

    def _usurp(self, _: Message | None) -> None:
        """Proposes when it does not lead, for a past or future epoch, on a wrong parent. Countered by R4 and R10."""
        if not self._epoch_starts:
            return
        block, payload = byzantine_messages.usurped_block(self.validator, self._chance)
        proposal = self._sign(block, payload)
        own = self._own_proposal()
        if own is not None and block.epoch == own.block.epoch:
            self._envelopes = [envelope for envelope in self._envelopes if envelope.message is not own]
            self._facts = [fact for fact in self._facts if not isinstance(fact, SIGNED)]
        self._envelopes.append(Envelope(proposal))
        self._record_proposal(proposal, self.validator.view.height.get(block.parent, -1) + 1)
        self._act("usurp", [block.hash])

    def _flood(self, _: Message | None) -> None:
        """Many blocks when it leads, many votes otherwise. Countered by the bounds of C11."""
        if not self._epoch_starts:
            return
        for message in byzantine_messages.flood(self.validator, self._signer):
            self._envelopes.append(Envelope(message))
        self._act("flood")
