"""Events of a run as a whole: its start and end, agents that join, strategies that fail, inputs."""

from __future__ import annotations

from typing import Final

import msgspec

from market_sim.core.models.event import Event, Numbers

RECORD: Final = "the-record"
"""The account that stands for everybody in the record of a backtest; it has no end of every asset, so what it holds
says nothing and no table lists it."""


class RunStarted(Event, frozen=True):
    """The first event of every journal: everything needed to replay the run, except its inputs."""

    scenario: str
    seed: int
    epochs: int
    parameters: dict[str, int | float | str | bool | None]
    options: dict[str, int | str | bool | None]
    """The options beside the scenario: validators, faults, the backend of settlement."""


class CommitteeSeated(Event, frozen=True):
    """The committee that orders the trades: n validators, of which f may fail and a quorum must sign."""

    validators: int
    faults: int
    quorum: int
    leaders: str
    genesis: str
    byzantine: tuple[int, ...]
    """The byzantine validators; the simulator knows them, the other validators do not."""


class AgentJoined(Event, frozen=True, omit_defaults=True):
    """An agent joins the run, with its strategy."""

    agent: str
    strategy: str
    parameters: dict[str, int | float | str | bool | None] = msgspec.field(default_factory=dict)
    """What its strategy was made with, as far as these are plain values, and what else the scenario says of it."""
    every_ms: float = 0.0
    """How often it wakes up."""
    latency_ms: float = 0.0


class StrategyFailed(Event, frozen=True):
    """A strategy raised an exception; its agent takes no further part and the run goes on."""

    agent: str
    strategy: str
    cause: str


class ParameterChanged(Event, frozen=True):
    """A strategy adapted one of its own parameters to the market, and why."""

    agent: str
    parameter: str
    before: float
    after: float
    reason: str


class WarningGiven(Event, frozen=True):
    """A warning at the start of a run: something that the scenario plans cannot happen in it."""

    sentence: str


class ShockHappened(Event, frozen=True):
    """A planned shock of the scenario changed the world from outside."""

    what: str
    numbers: Numbers


class ValueMoved(Event, frozen=True):
    """The believed value of an instrument changed; it is public."""

    symbol: str
    value: int


Term = int | float | str | bool | None


class InputReceived(Event, frozen=True):
    """An input came from outside during the run (market_sim/core/models/inputs.py lists the kinds of inputs)."""

    step: int
    """The number of steps that the run's clock had made before: an input comes between two steps."""
    sender: str
    """The account that asks; empty for an input to the market as a whole."""
    kind: str
    terms: dict[str, Term | dict[str, Term]]


class AnswerCompared(Event, frozen=True):
    """A check of a lesson compared a submission's result with the expected one; only the replays of checks hold it."""

    asked: str
    expected: str
    found: str
    trades: tuple[tuple[int, int, int], ...] = ()
    """If the result is trades: the resting order, the price and the quantity of each."""


class RunEnded(Event, frozen=True):
    """The last event: the run reached its planned end, or was interrupted."""

    complete: bool
