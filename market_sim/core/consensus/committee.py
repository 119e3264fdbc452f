"""The committee: n validators at one table, driven by the run's clock and joined by one seeded network.

This is where the pure machines meet time. A step's durable part is written before its messages leave, its facts go
to the journal, and newly final blocks are told to whoever built the committee.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from market_sim.core.consensus.blocks import FinalBlock, Message, Rules
from market_sim.core.consensus.byzantine import Envelope, Traitor
from market_sim.core.consensus.catching_up import Request
from market_sim.core.consensus.durable import DurableRecord
from market_sim.core.consensus.monitors import Monitors
from market_sim.core.consensus.network import EXCHANGE, Copies, Network
from market_sim.core.consensus.payloads import Payloads
from market_sim.core.consensus.plots import Plot
from market_sim.core.consensus.signing import Ed25519Scheme, Scheme, VerifyMode
from market_sim.core.consensus.standing import Standing, standing_of
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
    """What the exchange announced, on its way to the validators."""

    number: int
    content: Any


class Question(msgspec.Struct, frozen=True):
    """A request on its way to one peer; channels between two validators are authenticated, so the asker is known."""

    asker: int
    request: Request


class Answer(msgspec.Struct, frozen=True):
    """What a peer knows, on its way to the validator that asked."""

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
        self.traitors = self._corrupt(randomness)
        for outage in network.conditions.outages:
            if outage.validator in self.traitors:
                raise InputError(f"n{outage.validator} lies: what it forgets in a crash is its own affair")
        self._missed: dict[int, list[News]] = {}
        """The validators that are down now, and what the exchange has announced meanwhile."""
        if not self.honest:
            raise InputError("every validator is byzantine: nobody is left who follows the rules")
        self.monitors = self._place_monitors() if paranoid else None
        self._mail: dict[int, list[tuple[int, Any]]] = {}
        self._told = [0] * rules.validators
        self._news = 0
        self.epoch = 0

    def _seat(self, index: int, disk: DurableRecord) -> Validator:
        signer = self._scheme.signer(index, self.rules.chain_id, self.genesis.hash)
        places = (self.rules, self.genesis, signer, self._verifiers[index], self._payloads[index])
        return Validator.restored(disk, index, *places)

    def _corrupt(self, randomness: Randomness) -> dict[int, Traitor]:
        traitors: dict[int, Traitor] = {}
        liars = sorted({behaviour.validator for behaviour in self.network.conditions.byzantine})
        plot = Plot(self.rules.validators, liars)
        for index in liars:
            behaviours = [one for one in self.network.conditions.byzantine if one.validator == index]
            signer = self._scheme.signer(index, self.rules.chain_id, self.genesis.hash)
            chance = randomness.stream(f"byzantine/{index}")
            elsewhere = self._scheme.signer(index, self.rules.chain_id + 1, self.genesis.hash)
            traitors[index] = Traitor(self.validators[index], behaviours, signer, elsewhere, chance, self.network, plot)
        return traitors

    def _place_monitors(self) -> Monitors:
        rules, is_valid = self.rules, self._verifiers[0].is_valid
        return Monitors(rules.validators, rules.variant, rules.leader, self.genesis.hash, self.honest, is_valid)

    # ---- the run ------------------------------------------------------------------------------------------------

    def start(self, first_epoch_at: int, epochs: int) -> None:
        """Plan the epochs on the clock: epoch e starts at first_epoch_at + (e - 1) * rules.epoch_ns."""
        self.network.begin(first_epoch_at, self._record)
        for epoch in range(1, epochs + 1):
            self._clock.plan(self.network.start_of(epoch), self._start_epoch, epoch, EPOCH)

    def publish(self, news: object) -> None:
        """The exchange has news: they travel to each validator, which passes them on at first sight."""
        self._news += 1
        parcel = News(self._news, news)
        self._post(self.network.broadcast(EXCHANGE, ("news", parcel.number), self._clock.now), parcel)

    def restart(self, index: int) -> None:
        """A validator crashes and comes back with what its disk holds; its peers send it what is not final yet."""
        if index in self.traitors:
            raise InputError(f"validator {index} is byzantine: what it forgets is its own affair")
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
            traitor = self._turned(index)
            if traitor is not None:
                self._carry_out_treason(index, *traitor.on_epoch(epoch))
            else:
                self._carry_out(index, validator.on_epoch(epoch))

    def _stop_and_return(self, epoch: int) -> list[int]:
        """Who is down from this epoch on hears nothing; who comes back starts from its disk and is told the news."""
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
        """All that arrives at this moment, in the order in which it was sent."""
        now = self._clock.now
        for receiver, thing in self._mail.pop(now):
            if receiver in self._missed:
                if type(thing) is News:
                    self._missed[receiver].append(thing)
                continue
            validator = self.validators[receiver]
            validator.now = now
            if type(thing) is News:
                self._learn_news(receiver, thing)
                continue
            if type(thing) is Question:
                self._answer(receiver, thing)
                continue
            if type(thing) is Answer:
                self._learn_answer(receiver, thing)
                continue
            if self.monitors is not None:
                self.monitors.delivered(receiver, thing)
            traitor = self._turned(receiver)
            if traitor is not None:
                self._carry_out_treason(receiver, *traitor.on_message(thing))
                continue
            if receiver in self.traitors:
                self.traitors[receiver].hear(thing)
            step = validator.on_message(thing)
            if step.facts or self.monitors is not None:
                self._carry_out(receiver, step)
            elif step is not NOTHING:
                self._send(receiver, step.send)
                self._ask(receiver, step.ask)

    def _learn_news(self, index: int, news: News) -> None:
        if not self._payloads[index].learn(news.content):
            return
        traitor = self._turned(index)
        if traitor is None or traitor.echoes():
            self._post(self.network.broadcast(index, ("news", news.number), self._clock.now), news)
        if traitor is None:
            self._carry_out(index, self.validators[index].on_payload_news())
        else:
            self._carry_out_treason(index, *traitor.on_payload_news())

    def _turned(self, index: int) -> Traitor | None:
        """The traitor in this seat, from the epoch on in which it turns; until then it is like the others."""
        traitor = self.traitors.get(index)
        return traitor if traitor is not None and traitor.turns_in <= self.epoch else None

    # ---- what a step leads to -----------------------------------------------------------------------------------

    def _carry_out(self, index: int, step: Step) -> None:
        if step.persist:
            self.disks[index].write(step.persist)
        for fact in step.facts:
            self._record(fact)
        if index not in self.traitors:
            self._watch(index, step)
        self._send(index, step.send)
        self._ask(index, step.ask)
        if step.persist:
            self._tell_final(index)

    def _ask(self, index: int, requests: Sequence[Request]) -> None:
        for request in requests:
            copies = self.network.send(index, range(self.rules.validators), self._clock.now)
            self._post(copies, Question(index, request))

    def _answer(self, index: int, question: Question) -> None:
        """A peer asks; a liar answers while it does nothing else that is wrong."""
        traitor = self.traitors.get(index)
        if traitor is not None and not traitor.echoes():
            return
        known = self.validators[index].peers.answer(question.asker, question.request)
        if known:
            self._post(self.network.send(index, (question.asker,), self._clock.now), Answer(known))

    def _learn_answer(self, index: int, answer: Answer) -> None:
        if index in self.traitors:
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

    def _carry_out_treason(self, index: int, envelopes: Sequence[Envelope], facts: Sequence[Event]) -> None:
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
        """Tell what is on the disk and was not told yet, so that a crash in between loses and repeats nothing."""
        blocks = self.disks[index].finalized[self._told[index] :]
        if blocks:
            self._told[index] += len(blocks)
            self._finalized(index, blocks)

    def _post(self, copies: Copies, thing: Message | News | Question | Answer) -> None:
        """Put copies into the mail; all that arrives in one millisecond shares one entry of the clock."""
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
            # Beyond the bound a fork is what a run may show, and then a validator keeps its first chain (R12), so that
            # it does not finalize what three in a row would make final: both are told, and neither is a bug.
            if hit.invariant not in ("C1", "C6") or len(self.traitors) <= self.rules.faults:
                raise InvariantBroken(f"{hit.invariant}: {hit.found}")

    # ---- questions ----------------------------------------------------------------------------------------------

    @property
    def honest(self) -> list[int]:
        """The validators that follow the rules in every epoch."""
        return [index for index in range(self.rules.validators) if index not in self.traitors]

    def standing(self) -> Standing:
        """Where the committee stands: what is proposed, notarized and final, and who agrees."""
        return standing_of(self.rules, [self.validators[index] for index in self.honest])
