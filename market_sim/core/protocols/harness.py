"""The harness: the validators of any protocol, driven by one clock and joined by the network that Streamlet runs on.

Delays, partitions, crashes, keys and news of trades are those of a Streamlet committee with the same seed. The harness
counts what is sent, and watches the chain of every honest validator: what becomes final, and what is reverted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.committee import ARRIVAL, EPOCH, Timetable
from market_sim.core.consensus.network import EXCHANGE, Copies, Network
from market_sim.core.consensus.payloads import Payloads
from market_sim.core.consensus.signing import Ed25519Scheme, Scheme, Signer
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.event import Event
from market_sim.core.protocols.byzantine_seat import Byzantine, Collusion
from market_sim.core.protocols.events import BlockFinal, BlocksReverted
from market_sim.core.protocols.participant import ConsensusProtocol, Participant, Reaction, Seat
from market_sim.core.randomness import Randomness

NEWS: Final = -1
"""The sender of news of trades; every other sender is a validator."""


class CountingSigner:
    """A signer that counts its signatures."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.count = 0

    def sign(self, epoch: int, block: bytes) -> bytes:
        """The signature on this block of this epoch."""
        self.count += 1
        return self._signer.sign(epoch, block)


class Harness:
    """Runs the validators of one protocol."""

    def __init__(
        self,
        protocol: ConsensusProtocol,
        rules: Rules,
        randomness: Randomness,
        network: Network,
        clock: Timetable,
        record: Callable[[Event], None],
        payloads: Sequence[Payloads],
        scheme: Scheme | None = None,
    ) -> None:
        self.rules = rules
        self.network = network
        self.messages = self.bytes_sent = 0
        self._protocol = protocol
        self._clock = clock
        self._record = record
        self._payloads = payloads
        scheme = scheme or Ed25519Scheme(randomness, rules.validators)
        genesis = rules.genesis(scheme.public_keys)
        self.genesis = genesis.hash
        verifiers = scheme.verifiers(rules.chain_id, genesis.hash, "shared")
        signers = [CountingSigner(scheme.signer(i, rules.chain_id, genesis.hash)) for i in range(rules.validators)]
        self._signers = signers
        self._seats = [
            Seat(index, rules, genesis, signers[index], verifiers[index], payloads[index])
            for index in range(rules.validators)
        ]
        self._memories = [protocol.memory() for _ in self._seats]
        self.participants: list[Participant] = [
            protocol.seat(seat, memory) for seat, memory in zip(self._seats, self._memories, strict=True)
        ]
        self.byzantine = self._corrupt(randomness)
        self.honest = [index for index in range(rules.validators) if index not in self.byzantine]
        if not self.honest:
            raise InputError("every validator is byzantine: at least one must follow the rules")
        self._watched: dict[int, tuple[list[bytes], int]] = {index: ([], 0) for index in self.honest}
        self._down: dict[int, list[tuple[int, Any]]] = {}
        self._mail: dict[int, list[tuple[int, int, Any]]] = {}
        self._news = 0
        self._epoch = 0

    @property
    def signatures(self) -> int:
        """How many statements all validators have signed."""
        return sum(signer.count for signer in self._signers)

    def _corrupt(self, randomness: Randomness) -> list[int]:
        """Static corruption: the byzantine validators are chosen before the run."""
        chosen = self.network.conditions.byzantine
        liars = sorted({one.validator for one in chosen})
        collusion = Collusion(self.rules.validators, liars)
        for index in liars:
            behaviours = [one for one in chosen if one.validator == index]
            seats = (self._protocol, self._seats[index], self.participants[index])
            chance = randomness.stream(f"byzantine/{index}")
            self.participants[index] = Byzantine(*seats, behaviours, chance, self.network, collusion)
        for outage in self.network.conditions.outages:
            if outage.validator in liars:
                raise InputError(f"n{outage.validator} is byzantine: what it forgets in a crash is its own affair")
        return liars

    # ---- the run ------------------------------------------------------------------------------------------------

    def start(self, first_epoch_at: int, epochs: int) -> None:
        """Plan every slot of every epoch on the clock."""
        self.network.begin(first_epoch_at, self._record)
        slots = self._protocol.slots
        for epoch in range(1, epochs + 1):
            for slot in range(slots):
                time = self.network.start_of(epoch) + slot * self.rules.epoch_ns // slots
                self._clock.plan(time, self._tick, (epoch, slot), EPOCH)

    def publish(self, news: object) -> None:
        """Announce trades to the validators; each relays an announcement that is new to it."""
        self._news += 1
        self._post(
            EXCHANGE, self.network.broadcast(EXCHANGE, ("news", self._news), self._clock.now), (self._news, news)
        )

    def _tick(self, moment: tuple[int, int]) -> None:
        epoch, slot = moment
        back: list[int] = []
        if slot == 0:
            self._epoch = epoch
            self._record(EpochStarted(self._clock.now, epoch, self.rules.leader(epoch)))
            self.network.start_epoch(epoch, self._clock.now)
            back = self._stop_and_return(epoch)
        for index, participant in enumerate(self.participants):
            if index not in self._down and index not in back:
                participant.now = self._clock.now
                self._carry_out(index, participant.on_tick(epoch, slot))

    def _stop_and_return(self, epoch: int) -> list[int]:
        """A validator that is down receives nothing; one that returns has its memory, and its peers send the rest."""
        outages = self.network.conditions.outages
        down = [one.validator for one in outages if one.first <= epoch <= one.last]
        back = [index for index in self._down if index not in down]
        for index in back:
            missed = self._down.pop(index)
            participant = self.participants[index] = self._protocol.seat(self._seats[index], self._memories[index])
            participant.now = self._clock.now
            self.network.forget(index)
            self._carry_out(index, participant.on_tick(epoch, 0))
            for peer, other in enumerate(self.participants):
                if peer != index and peer not in self._down:
                    for message in other.recall(participant.final_height):
                        self._post(peer, self.network.send(peer, (index,), self._clock.now), message)
            for number, news in missed:
                self._learn(index, number, news)
        for index in down:
            self._down.setdefault(index, [])
        return back

    def _deliver(self, _: object) -> None:
        """Deliver what arrives at this moment, in the order in which it was sent."""
        for sender, receiver, message in self._mail.pop(self._clock.now):
            if receiver in self._down:
                if sender == NEWS:
                    self._down[receiver].append(message)
                continue
            self.participants[receiver].now = self._clock.now
            if sender == NEWS:
                self._learn(receiver, *message)
            else:
                self._hear(receiver, message)

    def _hear(self, index: int, message: Any) -> None:
        self._carry_out(index, self.participants[index].on_message(message))

    def _learn(self, index: int, number: int, news: Any) -> None:
        if self._payloads[index].learn(news):
            if index not in self.byzantine:
                copies = self.network.broadcast(index, ("news", number), self._clock.now)
                self._post(EXCHANGE, copies, (number, news))
            self._carry_out(index, self.participants[index].on_payload_news())

    # ---- what a reaction leads to -------------------------------------------------------------------------------

    def _carry_out(self, index: int, reaction: Reaction) -> None:
        for fact in reaction.facts:
            self._record(fact)
        if index in self._watched:
            self._watch(index)
        for letter in reaction.letters:
            moment = self._clock.now + letter.delay_ns
            if letter.receivers is None and not letter.delay_ns:
                copies = self.network.broadcast(index, letter.message, moment)
            else:
                receivers = range(self.rules.validators) if letter.receivers is None else letter.receivers
                copies = self.network.send(index, receivers, moment)
            self._post(index, copies, letter.message)

    def _post(self, sender: int, copies: Copies, message: Any) -> None:
        """Put copies into the mail and count them; news of trades are the same for every protocol and not counted."""
        is_news = sender == EXCHANGE
        if copies and not is_news:
            self.messages += len(copies)
            self.bytes_sent += len(copies) * len(msgspec.msgpack.encode(message))
        for receiver, time in copies:
            if time not in self._mail:
                self._mail[time] = []
                self._clock.plan(time, self._deliver, None, ARRIVAL)
            self._mail[time].append((NEWS if is_news else sender, receiver, message))

    def _watch(self, index: int) -> None:
        """Record what is final now and what left the chain. A chain cut short by a crash has reverted nothing."""
        participant = self.participants[index]
        chain, final = participant.chain, participant.final_height
        known, known_final = self._watched[index]
        if len(chain) == len(known) and final == known_final and (not known or chain[-1] == known[-1]):
            return
        common = next((at for at, (one, other) in enumerate(zip(known, chain, strict=False)) if one != other), None)
        now, epoch = self._clock.now, self._epoch
        if common is None:
            common = min(len(known), len(chain))
        else:
            left = tuple(block.hex() for block in known[common:])
            self._record(BlocksReverted(now, epoch, index, left, max(0, known_final - common)))
            known, known_final = known[:common], min(known_final, common)
        for height in range(known_final + 1, final + 1):
            self._record(BlockFinal(now, epoch, index, chain[height - 1].hex(), height))
        longer = list(chain) if len(chain) >= len(known) else known
        self._watched[index] = (longer, max(final, known_final))
