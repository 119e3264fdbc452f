"""The committee: n validators, driven by the run's clock and connected by one seeded network.

A validator is a pure state machine; the committee gives it time and carries out its steps. The durable part of a step
is written before its messages leave, its facts go to the journal, and new final blocks go to the `finalized` callback.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from market_sim.core.consensus.blocks import FinalBlock, Message, Rules
from market_sim.core.consensus.byzantine import ByzantineValidator, Envelope
from market_sim.core.consensus.catching_up import Request
from market_sim.core.consensus.collusion import Collusion
from market_sim.core.consensus.durable import DurableRecord
from market_sim.core.consensus.monitors import Monitors
from market_sim.core.consensus.network import EXCHANGE, Copies, Network
from market_sim.core.consensus.payloads import Payloads
from market_sim.core.consensus.signing import Ed25519Scheme, Scheme, VerifyMode
from market_sim.core.consensus.status import CommitteeStatus, status_of
from market_sim.core.consensus.step import NOTHING, Step
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.event import Event
from market_sim.core.randomness import Randomness

ARRIVAL: Final = 0
EPOCH: Final = 1


class Timetable(Protocol):
    """The part of the run's clock that a committee needs."""

    now: int

    def plan(self, time: int, action: Callable[[Any], object], argument: Any = None, rank: int = ARRIVAL) -> None:
        """Call the action with the argument at this time; at equal times the lower rank first (R1)."""


class News(msgspec.Struct, frozen=True):
    """An announcement (new trades of the exchange, a report of a validator) on its way to the validators."""

    number: int
    content: Any


class Question(msgspec.Struct, frozen=True):
    """A request on its way to one peer. Channels between validators are authenticated, so the asker is known."""

    asker: int
    request: Request


class Answer(msgspec.Struct, frozen=True):
    """The messages of one peer on their way to the validator that asked."""

    messages: tuple[Message, ...]


class Committee:
    """The validators of one chain, each with its own view, its own disk and its own payloads."""

    def __init__(
        self,
        rules: Rules,
        randomness: Randomness,
        network: Network,
        clock: Timetable,
        record: Callable[[Event], None],
        payloads: Sequence[Payloads],
        finalized: Callable[[int, Sequence[FinalBlock]], object],
        verify: VerifyMode = "shared",
        paranoid: bool = False,
        scheme: Scheme | None = None,
    ) -> None:
        if len(payloads) != rules.validators:
            raise InputError(f"{rules.validators} validators need {rules.validators} payloads, not {len(payloads)}")
        self.rules = rules
        self.network = network
        self._clock = clock
        self._record = record
        self._payloads = payloads
        self._finalized = finalized
        self._scheme = scheme or Ed25519Scheme(randomness, rules.validators)
        self.genesis = rules.genesis(self._scheme.public_keys)
        self._verifiers = self._scheme.verifiers(rules.chain_id, self.genesis.hash, verify)
        self.disks = [DurableRecord() for _ in payloads]
        self.validators = [self._seat(index, DurableRecord()) for index in range(rules.validators)]
        self.byzantine = self._corrupt(randomness)
        for outage in network.conditions.outages:
            if outage.validator in self.byzantine:
                raise InputError(f"n{outage.validator} is byzantine: an outage needs an honest validator")
        self._missed: dict[int, list[News]] = {}
        """The validators that are down, each with the announcements that it has missed."""
        if not self.honest:
            raise InputError("every validator is byzantine: expected at least one that follows the rules")
        self.monitors = self._place_monitors() if paranoid else None
        self._mail: dict[int, list[tuple[int, Any]]] = {}
        self._told = [0] * rules.validators
        self._news = 0
        self.epoch = self._epochs = 0

    def _seat(self, index: int, disk: DurableRecord) -> Validator:
        signer = self._scheme.signer(index, self.rules.chain_id, self.genesis.hash)
        places = (self.rules, self.genesis, signer, self._verifiers[index], self._payloads[index])
        return Validator.restored(disk, index, *places)

    def _corrupt(self, randomness: Randomness) -> dict[int, ByzantineValidator]:
        byzantine: dict[int, ByzantineValidator] = {}
        liars = sorted({behaviour.validator for behaviour in self.network.conditions.byzantine})
        collusion = Collusion(self.rules.validators, liars)
        for index in liars:
            behaviours = [one for one in self.network.conditions.byzantine if one.validator == index]
            signer = self._scheme.signer(index, self.rules.chain_id, self.genesis.hash)
            chance = randomness.stream(f"byzantine/{index}")
            elsewhere = self._scheme.signer(index, self.rules.chain_id + 1, self.genesis.hash)
            byzantine[index] = ByzantineValidator(
                self.validators[index], behaviours, signer, elsewhere, chance, self.network, collusion,
                self._payloads[index],
            )  # fmt: skip
        return byzantine

    def _place_monitors(self) -> Monitors:
        rules, is_valid = self.rules, self._verifiers[0].is_valid
        return Monitors(rules.validators, rules.variant, rules.leader, self.genesis.hash, self.honest, is_valid)

    # ---- the run ------------------------------------------------------------------------------------------------

    def start(self, first_epoch_at: int, epochs: int) -> None:
        """Begin the epochs: epoch e starts at first_epoch_at + (e - 1) * rules.epoch_ns, and plans the next one."""
        self.network.begin(first_epoch_at, self._record)
        self._epochs = epochs
        self._plan_epoch(1)

    def _plan_epoch(self, epoch: int) -> None:
        if epoch <= self._epochs:
            self._clock.plan(self.network.start_of(epoch), self._start_epoch, epoch, EPOCH)

    def publish(self, news: object) -> None:
        """Send an announcement of the exchange to each validator, which passes it on at first sight."""
        self._news += 1
        parcel = News(self._news, news)
        self._post(self.network.broadcast(EXCHANGE, ("news", parcel.number), self._clock.now), parcel)

    def tell(self, index: int, news: object) -> None:
        """Send what a validator says beside the protocol to the others, unless its behaviour keeps it silent."""
        adversary = self._adversary(index)
        if adversary is None or adversary.echoes():
            self._news += 1
            parcel = News(self._news, news)
            self._post(self.network.broadcast(index, ("news", parcel.number), self._clock.now), parcel)

    def restart(self, index: int) -> None:
        """Crash and restart a validator: it keeps what its disk holds, and its peers send it what is not final yet."""
        if index in self.byzantine:
            raise InputError(f"validator {index} is byzantine: a restart needs an honest validator")
        validator = self.validators[index] = self._seat(index, self.disks[index])
        self.network.forget(index)
        if self.monitors is not None:
            self.monitors.restarted(index, [final.hash for final in self.disks[index].finalized])
        validator.now = self._clock.now
        self._tell_final(index)
        if self.epoch:
            self._carry_out(index, validator.on_epoch(self.epoch))
        for peer, other in enumerate(self.validators):
            if peer != index:
                known = tuple(other.peers.recall(validator.finalized.height))
                self._post(self.network.send(peer, (index,), self._clock.now), Answer(known))

    def _start_epoch(self, epoch: int) -> None:
        now = self._clock.now
        self._plan_epoch(epoch + 1)
        self.epoch = epoch
        self._record(EpochStarted(now, epoch, self.rules.leader(epoch)))
        self.network.start_epoch(epoch, now)
        back = self._stop_and_return(epoch)
        for index, validator in enumerate(self.validators):
            if index in self._missed or index in back:
                continue
            validator.now = now
            if self.monitors is not None:
                self.monitors.epoch_started(index, epoch)
            adversary = self._adversary(index)
            if adversary is not None:
                self._carry_out_adversary(index, *adversary.on_epoch(epoch))
            else:
                self._carry_out(index, validator.on_epoch(epoch))

    def _stop_and_return(self, epoch: int) -> list[int]:
        """Stop the validators that go down in this epoch; restart those that come back, with the missed news."""
        outages = self.network.conditions.outages
        down = [one.validator for one in outages if one.first <= epoch <= one.last]
        back = [index for index in self._missed if index not in down]
        for index in back:
            missed = self._missed.pop(index)
            if self.monitors is not None:
                self.monitors.epoch_started(index, epoch)
            self.restart(index)
            for news in missed:
                self._learn_news(index, news)
        for index in down:
            self._missed.setdefault(index, [])
        return back

    def _deliver(self, _: object) -> None:
        """Deliver everything that arrives at this moment, in the order in which it was sent."""
        now = self._clock.now
        for receiver, thing in self._mail.pop(now):
            if receiver in self._missed:
                if type(thing) is News:
                    self._missed[receiver].append(thing)
                continue
            validator = self.validators[receiver]
            validator.now = now
            kind = type(thing)
            if kind is News:
                self._learn_news(receiver, thing)
                continue
            if kind is Question:
                self._answer(receiver, thing)
                continue
            if kind is Answer:
                self._learn_answer(receiver, thing)
                continue
            is_news = self.monitors is not None and self.monitors.delivered(receiver, thing)
            if receiver in self.byzantine:
                adversary = self._adversary(receiver)
                if adversary is not None:
                    self._carry_out_adversary(receiver, *adversary.on_message(thing))
                    continue
                self.byzantine[receiver].hear(thing)
            step = validator.on_message(thing)
            if step is NOTHING:
                if is_news:  # to the monitors, and not to the validator
                    self._watch(receiver, step)
            elif step.facts or self.monitors is not None:
                self._carry_out(receiver, step)
            else:
                self._send(receiver, step.send)
                self._ask(receiver, step.ask)

    def _learn_news(self, index: int, news: News) -> None:
        if not self._payloads[index].learn(news.content):
            return
        adversary = self._adversary(index)
        if adversary is None or adversary.echoes():
            self._post(self.network.broadcast(index, ("news", news.number), self._clock.now), news)
        if adversary is None:
            self._carry_out(index, self.validators[index].on_payload_news())
        else:
            self._carry_out_adversary(index, *adversary.on_payload_news())

    def _adversary(self, index: int) -> ByzantineValidator | None:
        """The byzantine validator with this index, from its first byzantine epoch on; before that, None."""
        adversary = self.byzantine.get(index)
        return adversary if adversary is not None and adversary.byzantine_from <= self.epoch else None

    # ---- what a step leads to -----------------------------------------------------------------------------------

    def _carry_out(self, index: int, step: Step) -> None:
        if step.persist:
            self.disks[index].write(step.persist)
        for fact in step.facts:
            self._record(fact)
        if index not in self.byzantine:
            self._watch(index, step)
        if step.send:
            self._send(index, step.send)
        if step.ask:
            self._ask(index, step.ask)
        if step.persist:
            self._tell_final(index)

    def _ask(self, index: int, requests: Sequence[Request]) -> None:
        for request in requests:
            copies = self.network.send(index, range(self.rules.validators), self._clock.now)
            self._post(copies, Question(index, request))

    def _answer(self, index: int, question: Question) -> None:
        """Answer a peer. A byzantine validator answers too, unless its behaviour stops its echo."""
        adversary = self.byzantine.get(index)
        if adversary is not None and not adversary.echoes():
            return
        known = self.validators[index].peers.answer(question.asker, question.request)
        if known:
            self._post(self.network.send(index, (question.asker,), self._clock.now), Answer(known))

    def _learn_answer(self, index: int, answer: Answer) -> None:
        if self._adversary(index) is not None:
            return
        validator = self.validators[index]
        if self.monitors is not None:
            for message in answer.messages:
                if not validator.knows(message):
                    self.monitors.delivered(index, message)
        self._carry_out(index, validator.on_answer(answer.messages))

    def _send(self, index: int, messages: Sequence[Message]) -> None:
        now, network = self._clock.now, self.network
        for message in messages:
            copies = network.broadcast(index, message, now)
            if copies:
                self._post(copies, message)

    def _carry_out_adversary(self, index: int, envelopes: Sequence[Envelope], facts: Sequence[Event]) -> None:
        for fact in facts:
            self._record(fact)
        everyone = range(self.rules.validators)
        for envelope in envelopes:
            moment = self._clock.now + envelope.delay_ns
            if envelope.receivers is None and not envelope.delay_ns:
                copies = self.network.broadcast(index, envelope.message, moment)
            else:
                receivers = everyone if envelope.receivers is None else envelope.receivers
                copies = self.network.send(index, receivers, moment)
            self._post(copies, envelope.message)

    def _tell_final(self, index: int) -> None:
        """Report the final blocks on the disk that were not reported yet: a crash neither loses nor repeats one."""
        blocks = self.disks[index].finalized[self._told[index] :]
        if blocks:
            self._told[index] += len(blocks)
            for act in self.byzantine[index].acts_on(blocks, self.epoch) if index in self.byzantine else ():
                self._record(act)
            self._finalized(index, blocks)

    def _post(self, copies: Copies, thing: Message | News | Question | Answer) -> None:
        """Put copies into the mail; everything that arrives in the same millisecond shares one entry of the clock."""
        mail = self._mail
        for receiver, time in copies:
            bag = mail.get(time)
            if bag is None:
                mail[time] = [(receiver, thing)]
                self._clock.plan(time, self._deliver, None, ARRIVAL)
            else:
                bag.append((receiver, thing))

    def _watch(self, index: int, step: Step) -> None:
        if self.monitors is None:
            return
        load = self.validators[index].bounds.load
        hits = self.monitors.stepped(index, step.facts, load, self._clock.now)
        for hit in hits:
            self._record(hit)
        for hit in hits:
            # Beyond the bound a fork is possible (C1), and then a validator keeps its first chain (R12) instead of
            # finalizing three in a row (C6). Both are recorded; neither is a bug.
            if hit.invariant not in ("C1", "C6") or len(self.byzantine) <= self.rules.faults:
                raise InvariantBroken(f"{hit.invariant}: {hit.found}")

    # ---- questions ----------------------------------------------------------------------------------------------

    @property
    def honest(self) -> list[int]:
        """The validators that follow the rules in every epoch."""
        return [index for index in range(self.rules.validators) if index not in self.byzantine]

    def status(self) -> CommitteeStatus:
        """What is proposed, notarized and final, and whether all honest validators agree."""
        return status_of(self.rules, [self.validators[index] for index in self.honest])
