"""What happens to a run as a whole: it starts, it ends, somebody joins, a student's strategy fails."""

from __future__ import annotations

from market_sim.core.models.event import Event, Numbers


class RunStarted(Event, frozen=True):
    """The first event of every journal: all that is needed to play the run again."""

    scenario: str
    seed: int
    epochs: int
    parameters: dict[str, int | float | str | bool | None]
    options: dict[str, int | str | bool | None]
    """What was chosen beside the scenario: validators, faults, where trades are settled."""


class CommitteeSeated(Event, frozen=True):
    """Who will agree on the order of trades: n validators, of which f may fail and a quorum must sign."""

    validators: int
    faults: int
    quorum: int
    leaders: str
    genesis: str
    byzantine: tuple[int, ...]
    """The validators that will break the rules: the simulator's truth, known to none of the others."""


class AgentJoined(Event, frozen=True):
    """Somebody takes part: which account, which strategy."""

    agent: str
    strategy: str


class StrategyFailed(Event, frozen=True):
    """A strategy raised; its agent takes no further part and the run goes on."""

    agent: str
    strategy: str
    cause: str


class WarningGiven(Event, frozen=True):
    """Something that the scenario plans cannot happen in this run; told when the run starts."""

    sentence: str


class ShockHappened(Event, frozen=True):
    """The scenario changed the world from outside at its appointed time."""

    what: str
    numbers: Numbers


class ValueMoved(Event, frozen=True):
    """What an instrument is believed to be worth has changed; everybody can see it."""

    symbol: str
    value: int


Term = int | str | bool | None


class InputReceived(Event, frozen=True):
    """Something came from outside while the run went on; market_sim/core/models/inputs.py says what can come."""

    step: int
    """How much had happened on the run's clock by then: an input came between two of these steps."""
    sender: str
    """The account that asks; empty for what is asked of the market as a whole."""
    kind: str
    terms: dict[str, Term | dict[str, Term]]


class AnswerCompared(Event, frozen=True):
    """A check of a lesson compared what an answer gives here with what is right; only replays of checks hold it."""

    asked: str
    expected: str
    found: str
    trades: tuple[tuple[int, int, int], ...] = ()
    """Where the answer gives trades: the order that waited, the price and the quantity of each."""


class RunEnded(Event, frozen=True):
    """The last event: the run came to its planned end, or was interrupted."""

    complete: bool
