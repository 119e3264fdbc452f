"""The latency budget: what an order passes before it is matched, each stage a distribution that is chosen by a stack.

Nothing of it is performed: the *kernel* stack stands for a message through the sockets of an operating system, the
*bypass* stack for a program that reads the network card itself. The numbers are assumptions of this product that show
which stage is worth making faster (rulebook F-4.10). The messages of a participant that joins with a stack take these
times in the run.

>>> [stage.name for stage in STAGES]
['network card', 'kernel', 'parse', 'risk', 'match']
>>> total_mean_us("kernel") > total_mean_us("bypass")
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.market.venues.latency import Delay

KERNEL: Final = "kernel"
BYPASS: Final = "bypass"
STACKS: Final = (KERNEL, BYPASS)


@dataclass(frozen=True)
class Stage:
    """One stage, with its delay in each stack."""

    name: str
    delays: Mapping[str, Delay]


def _stage(name: str, kernel_us: tuple[float, float], bypass_us: tuple[float, float]) -> Stage:
    """A stage from the mean and the 99th percentile in each stack, in microseconds."""
    both = zip(STACKS, (kernel_us, bypass_us), strict=True)
    return Stage(name, {stack: Delay(mean / 1_000, p99 / 1_000) for stack, (mean, p99) in both})


STAGES: Final = (
    _stage("network card", (2.0, 4.0), (1.0, 1.5)),
    _stage("kernel", (12.0, 60.0), (0.0, 0.0)),
    _stage("parse", (1.0, 3.0), (1.0, 3.0)),
    _stage("risk", (1.5, 4.0), (1.5, 4.0)),
    _stage("match", (2.0, 8.0), (2.0, 8.0)),
)
"""The stages in the order in which a message passes them."""


def total_mean_us(stack: str) -> float:
    """The mean of all stages together, in microseconds."""
    return sum(stage.delays[stack].mean_ms for stage in STAGES) * 1_000


class Machine:
    """What the messages of one participant pass, one after the other, before their orders can match."""

    def __init__(self, stack: str, stream: Stream) -> None:
        self.stack = known_stack(stack)
        self._delays, self._stream = tuple(stage.delays[stack] for stage in STAGES), stream
        self._newest = 0

    def passed(self) -> tuple[int, ...]:
        """How long the next message spends in each stage, in nanoseconds."""
        return tuple(delay.draw(self._stream) for delay in self._delays)

    def leaves(self, sent: int, passed: tuple[int, ...]) -> int:
        """When a message that is sent now has passed them; never before an earlier one, as on one connection."""
        self._newest = max(self._newest, sent + sum(passed))
        return self._newest


def known_stack(stack: str) -> str:
    """A stack by its name; InputError for another."""
    if stack not in STACKS:
        raise InputError(f"a stack is {' or '.join(STACKS)}, found {stack!r}")
    return stack


def drawn(stack: str, messages: int, stream: Stream) -> list[tuple[int, ...]]:
    """How long each of these messages spends in each stage, in nanoseconds."""
    machine = Machine(stack, stream)
    if messages < 1:
        raise InputError(f"a budget is drawn for at least one message, found {messages}")
    return [machine.passed() for _ in range(messages)]
