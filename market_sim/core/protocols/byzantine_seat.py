"""A byzantine seat for any protocol: unmodified validators inside, and a layer that misbehaves in between.

A two-faced validator runs two instances with one key, one for each half of the honest validators, and a message for one
half reaches neither the other half nor the other instance. This is the method of Twins (Bano et al., OPODIS 2021): it
yields equivocation, double votes and amnesia without new protocol code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from market_sim.core.consensus.behaviours import Behaviour
from market_sim.core.consensus.network import Network
from market_sim.core.consensus.payloads import Chain, Invalid, Payloads, Unknown
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockProposed, ByzantineAct, CallsSeen, ConsensusEvent
from market_sim.core.protocols.participant import About, ConsensusProtocol, Letter, Participant, Reaction, Seat
from market_sim.core.randomness import Stream

WAYS: Final = ("silent", "crash", "late", "withhold", "two-faced")
"""The behaviours that need only the interface of a protocol."""


class Collusion:
    """The plan of the two-faced validators: the honest validators of each side, and the side of each block.

    When an honest leader builds on one side's block, the split is over: from then on every block is for all.
    """

    def __init__(self, validators: int, byzantine: Sequence[int]) -> None:
        honest = [index for index in range(validators) if index not in byzantine]
        half = (len(honest) + 1) // 2
        self._byzantine = tuple(byzantine)
        self._sides = tuple(honest[:half]), tuple(honest[half:])
        self._side_of: dict[bytes, int] = {}
        self.splits_ended = 0

    def show(self, block: bytes, side: int) -> None:
        """Assign a block to one side."""
        self._side_of.setdefault(block, side)

    def side_of(self, about: About) -> int | None:
        """The side that a block is meant for, or None when it is for all."""
        if about.parent in self._side_of and about.author not in self._byzantine:
            self._side_of.clear()
            self.splits_ended += 1
        return self._side_of.get(about.block)

    def audience(self, side: int, teller: int) -> tuple[int, ...]:
        """The receivers of a side's block: the honest validators on it and the other byzantine ones."""
        return tuple(sorted({*self._sides[side], *self._byzantine} - {teller}))


class EmptyPayloads:
    """Payloads of the second face: it proposes an empty block, so that the two faces propose different ones."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads

    def learn(self, news: Any) -> bool:
        """The first face has learned it already."""
        return False

    def payload_for(self, chain: Chain) -> bytes:
        """An empty payload."""
        return b""

    def be_greedy(self, greedy: bool) -> None:
        """An empty block has nothing to arrange."""

    def payload_problem(self, chain: Chain, payload: bytes) -> Unknown | Invalid | None:
        """The problem that the validator itself would find."""
        return self._payloads.payload_problem(chain, payload)

    def count(self, payload: bytes) -> int:
        """How many trades the payload holds."""
        return self._payloads.count(payload)

    def calls(self, payload: bytes) -> tuple[int, ...]:
        """The calls in the payload."""
        return self._payloads.calls(payload)

    def reports(self, payload: bytes) -> tuple[CallsSeen, ...]:
        """What the payload says of the calls that validators have seen."""
        return self._payloads.reports(payload)


class Byzantine:
    """A participant that follows the protocol except in the epochs and ways that were chosen for it."""

    def __init__(
        self,
        protocol: ConsensusProtocol,
        seat: Seat,
        first: Participant,
        behaviours: Sequence[Behaviour],
        chance: Stream,
        network: Network,
        collusion: Collusion,
    ) -> None:
        for one in behaviours:
            if one.name not in WAYS:
                raise InputError(f"the protocols are compared under {', '.join(WAYS)}, not under {one.name!r}")
        self.now = 0
        self.index = seat.index
        self._behaviours = [one for one in behaviours if one.name not in protocol.meaningless]
        self._rules = seat.rules
        self._chance = chance
        self._network = network
        self._collusion = collusion
        self._faces = [first]
        if any(one.name == "two-faced" for one in self._behaviours):
            other = Seat(seat.index, seat.rules, seat.genesis, seat.signer, seat.verifier, EmptyPayloads(seat.payloads))
            self._faces.append(protocol.seat(other, protocol.memory()))
        self._others = tuple(other for other in range(seat.rules.validators) if other != seat.index)
        self._held: list[tuple[int, Any]] = []
        """The messages that the face of the other side has not received."""
        self._splits_ended = 0
        self._epoch = 0
        self._has_crashed = False

    # ---- a participant ------------------------------------------------------------------------------------------

    @property
    def chain(self) -> Sequence[bytes]:
        """The chain of its first face; no validator relies on it."""
        return self._faces[0].chain

    @property
    def final_height(self) -> int:
        """The final height of its first face."""
        return self._faces[0].final_height

    def on_tick(self, epoch: int, slot: int) -> Reaction:
        """The reaction of the protocol, changed by the behaviours."""
        self._epoch = epoch
        self._tell_the_time()
        return self._bend([face.on_tick(epoch, slot) for face in self._faces])

    def on_message(self, message: Any) -> Reaction:
        """A message that belongs to one side reaches the face of that side only."""
        self._tell_the_time()
        if len(self._faces) == 1:
            return self._bend([self._faces[0].on_message(message)])
        about = self.about(message)
        side = self._collusion.side_of(about) if about is not None else None
        reactions = self._catch_up()
        for number, face in enumerate(self._faces):
            if side in (None, number):
                self._add(reactions[number], face.on_message(message))
            else:
                self._held.append((number, message))
        return self._bend(reactions)

    def on_payload_news(self) -> Reaction:
        """The reaction of the protocol, changed by the behaviours."""
        self._tell_the_time()
        return self._bend([face.on_payload_news() for face in self._faces])

    def recall(self, above: int) -> Sequence[Any]:
        """Nothing: it does not help a peer to catch up."""
        return ()

    def about(self, message: Any) -> About | None:
        """What a message is about."""
        return self._faces[0].about(message)

    # ---- the ways to misbehave ----------------------------------------------------------------------------------

    def _tell_the_time(self) -> None:
        for face in self._faces:
            face.now = self.now

    def _catch_up(self) -> list[Reaction]:
        """After a split, deliver to each face what only the other one has received."""
        reactions = [Reaction() for _ in self._faces]
        if self._splits_ended != self._collusion.splits_ended:
            self._splits_ended = self._collusion.splits_ended
            held, self._held = self._held, []
            for number, message in held:
                self._add(reactions[number], self._faces[number].on_message(message))
        return reactions

    def _add(self, reaction: Reaction, more: Reaction) -> None:
        reaction.letters += more.letters
        reaction.facts += more.facts

    def _active(self) -> list[str]:
        return [one.name for one in self._behaviours if one.is_active(self._epoch)]

    def _bend(self, reactions: list[Reaction]) -> Reaction:
        active = self._active()
        bent = self._show_two_faces(reactions) if "two-faced" in active else reactions[0]
        # Its other facts are claims of a byzantine validator: the journal keeps only its proposals.
        bent.facts = [fact for fact in bent.facts if isinstance(fact, BlockProposed | ByzantineAct)]
        for name, way in (("withhold", self._withhold), ("late", self._be_late), ("crash", self._crash)):
            if name in active and bent.letters:
                way(bent)
        if "silent" in active and bent.letters:
            bent = Reaction(facts=[self._act("silent", bent.letters)])
        return bent

    def _act(self, name: str, letters: Sequence[Letter], targets: Sequence[int] | None = None) -> ConsensusEvent:
        found = [self.about(letter.message) for letter in letters]
        blocks = tuple(dict.fromkeys(one.block.hex() for one in found if one is not None))
        reached = self._others if targets is None else tuple(targets)
        return ByzantineAct(self.now, self._epoch, self.index, name, blocks, reached)

    def _is_mine(self, letter: Letter) -> bool:
        about = self.about(letter.message)
        return about is not None and about.author == self.index

    def _withhold(self, bent: Reaction) -> None:
        """Send each of its messages to some validators, and to the others epochs later or never; relay nothing."""
        letters: list[Letter] = []
        for letter in filter(self._is_mine, bent.letters):
            some = self._some()
            letters.append(Letter(letter.message, some))
            delay = self._chance.randrange(4) * self._rules.epoch_ns
            if delay:
                letters.append(Letter(letter.message, tuple(one for one in self._others if one not in some), delay))
            bent.facts.append(self._act("withhold", [letter], some))
        bent.letters = letters

    def _be_late(self, bent: Reaction) -> None:
        """Send its own messages just before the end of this epoch or of a later one."""
        end = self._network.start_of(self._epoch + 1) - self.now - self._network.conditions.slowest_ns
        letters = [letter for letter in bent.letters if not self._is_mine(letter)]
        for letter in filter(self._is_mine, bent.letters):
            delay = max(0, end) + self._chance.randrange(4) * self._rules.epoch_ns
            letters.append(Letter(letter.message, letter.receivers, delay))
            bent.facts.append(self._act("late", [letter]))
        bent.letters = letters

    def _crash(self, bent: Reaction) -> None:
        """Stop for good in the middle of its first broadcast."""
        first, some = bent.letters[0], self._some()
        was_down, self._has_crashed = self._has_crashed, True
        if was_down:
            bent.letters, bent.facts = [], []
        else:
            bent.letters = [Letter(first.message, some)]
            bent.facts.append(self._act("crash", bent.letters, some))

    def _some(self) -> tuple[int, ...]:
        return tuple(sorted(self._chance.sample(self._others, self._chance.randrange(1, len(self._others)))))

    def _show_two_faces(self, reactions: list[Reaction]) -> Reaction:
        """Messages about one side's block go to that side; those about a block of both go to all, once."""
        self._part(reactions)
        bent = Reaction()
        for side, reaction in enumerate(reactions):
            bent.facts += [fact for fact in reaction.facts if fact not in bent.facts]
            for letter in reaction.letters:
                about = self.about(letter.message)
                if about is None:
                    continue
                meant_for = self._collusion.side_of(about)
                if meant_for is None:
                    bent.letters += [letter] if letter not in bent.letters else []
                elif meant_for == side:
                    bent.letters.append(Letter(letter.message, self._collusion.audience(side, self.index)))
                    if about.author == self.index:
                        bent.facts.append(self._act("two-faced", [letter], bent.letters[-1].receivers))
        return bent

    def _part(self, reactions: list[Reaction]) -> None:
        """Assign each face's own new block to its side; when both faces propose the same block, there is no fraud."""
        own = [
            [about.block for about in map(self.about, (letter.message for letter in reaction.letters))
             if about is not None and about.parent is not None and about.author == self.index]
            for reaction in reactions
        ]  # fmt: skip
        for side in (0, 1):
            for block in own[side]:
                if block not in own[1 - side]:
                    self._collusion.show(block, side)
