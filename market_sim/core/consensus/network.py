"""The network between the validators: delays, losses, duplicates, reordering and partitions, drawn from the seed.

The model is partial synchrony: a message sent at time r arrives by max(GST, r) + Delta. The default is synchronous
(GST = 0) with delays far below Delta. The transport sends a lost copy again, and a partition holds copies back until it
ends, so nothing is lost for good. Each pair of participants draws from its own named stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from market_sim.core.consensus.behaviours import Behaviour, Outage, parse_epochs
from market_sim.core.consensus.blocks import Rules
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import ConsensusEvent, NetworkFault
from market_sim.core.randomness import Randomness, Stream
from market_sim.core.units import MILLISECOND

EXCHANGE: Final = -1
"""The sender index of the exchange, which is no validator."""

Copies = list[tuple[int, int]]
"""Pairs of a receiver and the time at which its copy arrives."""


@dataclass(frozen=True)
class Partition:
    """From the first to the last epoch the senders do not reach the receivers, in one direction or in both."""

    first: int
    last: int
    senders: frozenset[int]
    receivers: frozenset[int]
    both_ways: bool = True

    def separates(self, sender: int, receiver: int, epoch: int) -> bool:
        """Whether a copy from one to the other is held back in this epoch."""
        if not self.first <= epoch <= self.last:
            return False
        forth = sender in self.senders and receiver in self.receivers
        return forth or (self.both_ways and sender in self.receivers and receiver in self.senders)


@dataclass(frozen=True)
class Conditions:
    """The conditions of a run: how the network treats messages, which validators are byzantine, and the outages."""

    # Two of the fastest hops take longer than one of the slowest: without faults no vote overtakes its proposal.
    fastest_ns: int = 20 * MILLISECOND
    slowest_ns: int = 39 * MILLISECOND
    stable_from_epoch: int = 1
    slowest_before_ns: int = 2_500 * MILLISECOND
    loss_percent: int = 0
    duplicate_percent: int = 0
    reorder_percent: int = 0
    partitions: tuple[Partition, ...] = ()
    byzantine: tuple[Behaviour, ...] = ()
    outages: tuple[Outage, ...] = ()
    literal_echo: bool | None = None

    def __post_init__(self) -> None:
        if not MILLISECOND <= self.fastest_ns <= self.slowest_ns:
            raise InputError(
                f"delays from {self.fastest_ns} to {self.slowest_ns} ns: expected 1 ms <= fastest <= slowest"
            )
        for name in ("loss_percent", "duplicate_percent", "reorder_percent"):
            if not 0 <= getattr(self, name) <= 90:
                raise InputError(f"{name} is from 0 to 90, not {getattr(self, name)}")


class Network:
    """The arrival times of all copies of all messages; the same seed gives the same times."""

    def __init__(self, rules: Rules, randomness: Randomness, conditions: Conditions | None = None) -> None:
        self.rules = rules
        self.conditions = conditions = conditions or Conditions()
        if conditions.slowest_ns > rules.delta_ns:
            raise InputError(f"delays of {conditions.slowest_ns} ns exceed Delta, {rules.delta_ns} ns")
        literal = conditions.literal_echo
        # R9 is literal in a small committee; in a large one the network leaves out echoes that can change nothing.
        self.echoes_literally = rules.validators <= 7 if literal is None else literal
        self._randomness = randomness
        self._rows: dict[int, list[tuple[int, Stream]]] = {}
        self._low = conditions.fastest_ns // MILLISECOND
        self._span = conditions.slowest_ns // MILLISECOND - self._low + 1
        self._span_before = max(1, conditions.slowest_before_ns // MILLISECOND - self._low)
        self._first_epoch_at = 0
        self._stable_at = self._start_of_stability()
        self._disturbed = bool(
            conditions.loss_percent
            or conditions.duplicate_percent
            or conditions.reorder_percent
            or conditions.partitions
            or conditions.stable_from_epoch > 1
        )
        self._record: Callable[[ConsensusEvent], None] = _forget
        # Which receivers have a copy of which message, of this epoch and the one before: they need no echo.
        self._covered: dict[object, set[int]] = {}
        self._covered_before: dict[object, set[int]] = {}
        self.epoch = 0

    def begin(self, first_epoch_at: int, record: Callable[[ConsensusEvent], None]) -> None:
        """Count epochs from this moment, and record faults here."""
        self._first_epoch_at = first_epoch_at
        self._stable_at = self._start_of_stability()
        self._record = record

    def start_epoch(self, epoch: int, now: int) -> None:
        """A new epoch: record the partitions and outages that begin, and forget old deliveries."""
        self.epoch = epoch
        self._covered_before, self._covered = self._covered, {}
        for cut in self.conditions.partitions:
            if cut.first == epoch:
                kind = "partition" if cut.both_ways else "one-way partition"
                sides = (tuple(sorted(cut.senders)), tuple(sorted(cut.receivers)))
                self._record(NetworkFault(now, epoch, kind, *sides, self.start_of(cut.last + 1)))
        for outage in self.conditions.outages:
            if outage.first == epoch:
                until = self.start_of(outage.last + 1)
                self._record(NetworkFault(now, epoch, "crash", (outage.validator,), (), until))

    def start_of(self, epoch: int) -> int:
        """The time at which an epoch starts."""
        return self._first_epoch_at + (epoch - 1) * self.rules.epoch_ns

    def _start_of_stability(self) -> int:
        # A network that is stable from the first epoch on is stable before it, too: no fault has begun then.
        first = self.conditions.stable_from_epoch
        return self.start_of(first) if first > 1 else 0

    # ---- copies -------------------------------------------------------------------------------------------------

    def broadcast(self, sender: int, message: object, now: int) -> Copies:
        """The copies of a message for every other validator.

        In a large committee an echo is left out for each receiver that gets a copy of the same message within Delta.
        The key is the whole message: a leader's vote and its proposal carry the same signature, and a receiver that has
        one may lack the other.
        """
        if self.echoes_literally:
            return self._copies(sender, now)
        covered = self._covered.get(message) or self._covered_before.get(message)
        if covered is None:
            covered = self._covered[message] = {sender}
            copies = self._copies(sender, now)
        elif len(covered) == self.rules.validators:
            return []
        else:
            copies = self.send(sender, [one for one in range(self.rules.validators) if one not in covered], now)
        covered.update(receiver for receiver, time in copies if time <= now + self.rules.delta_ns)
        return copies

    def forget(self, receiver: int) -> None:
        """A validator lost what it had received, so it needs every echo again."""
        for covered in (*self._covered.values(), *self._covered_before.values()):
            covered.discard(receiver)

    def _copies(self, sender: int, now: int) -> Copies:
        if self._disturbed:
            return self.send(sender, range(self.rules.validators), now)
        low, span = self._low, self._span
        return [
            (receiver, now + (low + int(chance.random() * span)) * MILLISECOND)
            for receiver, chance in self._row(sender)
        ]

    def send(self, sender: int, receivers: Sequence[int], now: int) -> Copies:
        """The copies of a message for these receivers; under duplication a receiver may get two."""
        copies: Copies = []
        duplicate_percent = self.conditions.duplicate_percent
        for receiver, chance in self._row(sender):
            if receiver in receivers:
                copies.append((receiver, self._arrival(sender, receiver, now, chance)))
                if duplicate_percent and _strikes(chance, duplicate_percent):
                    again = self._arrival(sender, receiver, now, chance)
                    copies.append((receiver, again))
                    self._fault("duplicate", sender, receiver, now, again)
        return copies

    def _row(self, sender: int) -> list[tuple[int, Stream]]:
        row = self._rows.get(sender)
        if row is None:
            name = "exchange" if sender == EXCHANGE else str(sender)
            row = self._rows[sender] = [
                (receiver, self._randomness.stream(f"network/{name}/{receiver}"))
                for receiver in range(self.rules.validators)
                if receiver != sender
            ]
        return row

    def _arrival(self, sender: int, receiver: int, now: int, chance: Stream) -> int:
        """The arrival time of one copy: at most max(GST, time of sending) + Delta; a partition counts as before GST."""
        delta, conditions = self.rules.delta_ns, self.conditions
        leaves = self._held_back_until(sender, receiver, now) if conditions.partitions else now
        if leaves < self._stable_at:
            span, latest = self._span_before, self._stable_at + delta
        else:
            span, latest = self._span, leaves + delta
        time = leaves + (self._low + int(chance.random() * span)) * MILLISECOND
        if conditions.reorder_percent and _strikes(chance, conditions.reorder_percent):
            time = leaves + int(chance.random() * delta) // MILLISECOND * MILLISECOND + MILLISECOND
            self._fault("reorder", sender, receiver, now, min(time, latest))
        if conditions.loss_percent:
            while time < latest and _strikes(chance, conditions.loss_percent):
                time += delta // 4
                self._fault("loss", sender, receiver, now, min(time, latest))
        return time if time < latest else latest

    def _held_back_until(self, sender: int, receiver: int, now: int) -> int:
        """The first moment at which no partition separates the two."""
        epoch = sent_in = (now - self._first_epoch_at) // self.rules.epoch_ns + 1
        while any(cut.separates(sender, receiver, epoch) for cut in self.conditions.partitions):
            epoch += 1
        return now if epoch == sent_in else self.start_of(epoch)

    def _fault(self, kind: str, sender: int, receiver: int, now: int, until: int) -> None:
        self._record(NetworkFault(now, self.epoch, kind, (sender,), (receiver,), until))


def parse_partitions(text: str, validators: int) -> tuple[Partition, ...]:
    """The partitions that a person typed, separated by commas: epochs, then optionally the two sides.

    >>> [cut] = parse_partitions("4-6", 4)
    >>> cut.first, cut.last, sorted(cut.senders), sorted(cut.receivers)
    (4, 6, [0, 1], [2, 3])
    >>> [cut] = parse_partitions("4-6:0+2>3", 4)
    >>> sorted(cut.senders), sorted(cut.receivers), cut.both_ways
    ([0, 2], [3], False)
    """
    return tuple(_parse_partition(part.strip(), validators) for part in text.split(",") if part.strip())


def _parse_partition(part: str, validators: int) -> Partition:
    epochs, colon, sides = part.partition(":")
    both_ways = ">" not in sides
    left, between, right = sides.partition("|" if both_ways else ">")
    try:
        first, last = parse_epochs(epochs)
        one = frozenset(map(int, left.split("+"))) if colon else frozenset(range(validators // 2))
        other = frozenset(map(int, right.split("+"))) if between else frozenset(range(validators)) - one
    except ValueError:
        raise InputError(f"a partition looks like 4-6 or 4-6:0+1|2+3 or 4-6:0>3, not {part!r}") from None
    if one & other or not (one and other) or not one | other <= set(range(validators)):
        raise InputError(f"the sides of the partition {part!r} are not two groups of validators 0 to {validators - 1}")
    return Partition(first, last, one, other, both_ways)


def _strikes(chance: Stream, percent: int) -> bool:
    return chance.random() * 100 < percent


def _forget(event: ConsensusEvent) -> None:
    """Drop the faults of a network that has no journal yet."""
