"""The surveillance league: detectors of misconduct, scored by precision, recall and delay on hidden markets.

A detector is a class with one method, in a file of the student's:

    class Mine:
        def feed(self, event):        # a plain dictionary: an order, a cancellation, an amendment or a trade
            return []                 # the accounts that this event convicts

It runs in the sandbox in which answers are graded, sees events one by one in their order, and never the future.
Accounts have other names in each market, so that a name is no hint. Some markets have culprits among honest makers,
some have none.

    precision = accused culprits / accused accounts           recall = accused culprits / all culprits
    points = 100 x 2 x precision x recall / (precision + recall) x (1 - delay / 2)

The delay is the mean time from the beginning of a market to an accusation of a culprit, as a share of its length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import AccountOpened, OrderAccepted, OrderAmended, OrderCancelled, Trade
from market_sim.core.randomness import Randomness
from market_sim.course.isolation.levels import best
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.problems import StudentProblem
from market_sim.course.isolation.student import StudentProcess
from market_sim.market.compliance.detectors.watch import Watch
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.spoofer import SpooferScenario
from market_sim.simulation.scenarios.wash_trader import WashTrader

SECONDS = 60.0
"""How long all decisions of one detector in one market may take."""
MARKETS = (SpooferScenario(), WashTrader(), SpooferScenario(honest=True), WashTrader(honest=True))
"""What is played with each seed."""
REFERENCE, FLAG_ALL, FLAG_NONE = "reference", "flag all", "flag none"

Seen = dict[str, Any]
Feed = Callable[[Seen], Iterable[str]]


@dataclass(frozen=True)
class Round:
    """One market of the league: what a detector sees of it, and who is guilty."""

    name: str
    events: tuple[Event, ...]
    seen: tuple[Seen | None, ...]
    """Each event as a detector sees it; None for one that it does not see."""
    accounts: tuple[str, ...]
    guilty: frozenset[str]
    length: int


@dataclass(frozen=True)
class Score:
    """What a detector achieved over all markets."""

    detector: str
    found: int
    accused: int
    culprits: int
    delay: float
    """The mean delay of the found culprits, as a share of the length of a market; 0 if none was found."""
    missed: tuple[str, ...] = ()
    """The kinds of market in which a culprit was missed, with how many."""
    wronged: tuple[str, ...] = ()
    """The kinds of market in which an honest account was accused, with how many."""

    @property
    def precision(self) -> float:
        """The share of culprits among the accused; 0 if nobody was accused."""
        return self.found / self.accused if self.accused else 0.0

    @property
    def recall(self) -> float:
        """The share of the culprits that were accused."""
        return self.found / self.culprits if self.culprits else 0.0

    @property
    def points(self) -> float:
        """From 0 to 100.

        >>> Score("all", found=2, accused=10, culprits=2, delay=0.0).points, Score("none", 0, 0, 2, 0.0).points
        (33.3, 0.0)
        """
        both = self.precision + self.recall
        balance = 2 * self.precision * self.recall / both if both else 0.0
        return round(100 * balance * (1 - self.delay / 2), 1)


class Contender(Protocol):
    """What the league can score: a name, and a new `feed` for each market."""

    name: str

    def begin(self, market: Round, room: ExitStack) -> Feed:
        """A detector that has seen nothing yet."""


def markets(seeds: Sequence[int]) -> list[Round]:
    """The markets of these seeds."""
    return markets_of(MARKETS, seeds)


def markets_of(scenarios: Sequence[SpooferScenario | WashTrader], seeds: Sequence[int]) -> list[Round]:
    """The markets of these scenarios and seeds."""
    return [_market(scenario, seed) for seed in seeds for scenario in scenarios]


def hidden_seeds(count: int, secret: int) -> list[int]:
    """Seeds of markets that follow from a number that only the instructor knows."""
    stream = Randomness(secret).stream("league")
    return [int(stream.random() * 2**31) for _ in range(count)]


def _market(scenario: SpooferScenario | WashTrader, seed: int) -> Round:
    events = tuple(simulate(scenario, Options(seed=seed, settlement="none")).journal)
    names = [event.account for event in events if type(event) is AccountOpened]
    mixed = list(names)
    Randomness(seed).stream(f"league/{scenario.name}/{scenario.honest}").shuffle(mixed)
    masks = {name: f"account-{number:02}" for number, name in enumerate(mixed, 1)}
    owners: dict[int, str] = {}
    seen = tuple(_seen(event, masks, owners) for event in events)
    guilty = frozenset(masks[name] for name in scenario.guilty)
    told = f"{scenario.name}{' without culprits' if scenario.honest else ''}"
    return Round(told, events, seen, tuple(masks.values()), guilty, events[-1].time)


def _seen(event: Event, masks: dict[str, str], owners: dict[int, str]) -> Seen | None:
    """An event as a detector sees it: plain values, under the names that the accounts have in the league."""
    if type(event) is OrderAccepted:
        terms = event.terms
        owners[event.order] = masks[event.account]
        return {
            "event": "order", "time": event.time, "order": event.order, "account": masks[event.account],
            "side": terms.side, "quantity": terms.quantity, "limit": terms.limit,
            "at_once": terms.time_in_force in ("ioc", "fok"),
        }  # fmt: skip
    if type(event) is OrderCancelled:
        by = "owner" if event.reason == "CANCELLED" else "exchange"
        return {
            "event": "cancel", "time": event.time, "order": event.order, "account": owners[event.order],
            "quantity": event.quantity, "by": by,
        }  # fmt: skip
    if type(event) is OrderAmended:
        return {
            "event": "amend", "time": event.time, "order": event.order, "account": owners[event.order],
            "quantity": event.quantity, "limit": event.limit,
        }  # fmt: skip
    if type(event) is Trade:
        return {
            "event": "trade", "time": event.time, "trade": event.trade, "price": event.price,
            "quantity": event.quantity, "side": event.side, "maker": masks[event.maker], "taker": masks[event.taker],
            "maker_order": event.maker_order, "taker_order": event.taker_order,
        }  # fmt: skip
    return None


def score(detector: Contender, played: Sequence[Round]) -> Score:
    """Let a detector watch all markets, and count whom it accuses."""
    found, accused, culprits, delays = 0, 0, 0, list[float]()
    missed, wronged = dict[str, int](), dict[str, int]()
    for market in played:
        first = _accusations(detector, market)
        right = [name for name in first if name in market.guilty]
        found, accused, culprits = found + len(right), accused + len(first), culprits + len(market.guilty)
        delays += [first[name] / market.length for name in right]
        missed[market.name] = missed.get(market.name, 0) + len(market.guilty) - len(right)
        wronged[market.name] = wronged.get(market.name, 0) + len(first) - len(right)
    delay = sum(delays) / len(delays) if delays else 0.0
    return Score(detector.name, found, accused, culprits, delay, _counted(missed), _counted(wronged))


def _counted(numbers: dict[str, int]) -> tuple[str, ...]:
    return tuple(f"{number} in {name}" for name, number in numbers.items() if number)


def _accusations(detector: Contender, market: Round) -> dict[str, int]:
    """Whom a detector accuses in one market, and when first."""
    first: dict[str, int] = {}
    with ExitStack() as room:
        feed = detector.begin(market, room)
        for event, seen in zip(market.events, market.seen, strict=True):
            if seen is None:
                continue
            for name in _names(detector.name, feed(seen), market):
                first.setdefault(name, event.time)
    return first


def _names(detector: str, answer: Any, market: Round) -> Iterable[str]:
    if answer is None:
        return ()
    if not isinstance(answer, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in answer):
        raise InputError(f"{detector}: feed(event) returns a list of accounts, found {answer!r:.100}")
    for name in answer:
        if name not in market.accounts:
            raise InputError(f"{detector}: feed(event) accused {name!r:.100}, and no event has such an account")
    return sorted(answer)


# ---- detectors


class Flag:
    """Accuses every account that it sees, or none: what a detector has to beat."""

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, market: Round, room: ExitStack) -> Feed:
        """The same answer to everything."""
        if self.name == FLAG_NONE:
            return lambda seen: ()
        return lambda seen: [seen[key] for key in ("account", "maker", "taker") if key in seen]


class Reference:
    """The detectors of the product, on the events of the journal."""

    name = REFERENCE

    def begin(self, market: Round, room: ExitStack) -> Feed:
        """Read the journal beside the events that a detector sees."""
        watch, events = Watch(), iter(zip(market.events, market.seen, strict=True))
        names = _unmasked(market)

        def feed(seen: Seen) -> Iterable[str]:
            found: list[str] = []
            for event, shown in events:
                alerts = watch.feed(event)
                found += [names[name] for alert in alerts if alert.accuses for name in alert.accounts]
                if shown is seen:
                    break
            return found

        return feed


def _unmasked(market: Round) -> dict[str, str]:
    """The league's name of each account, from the orders; an account without one cannot be accused."""
    return {
        event.account: shown["account"]
        for event, shown in zip(market.events, market.seen, strict=True)
        if type(event) is OrderAccepted and shown is not None
    }


class FromFile:
    """A student's detector, `FILE.py:Class`, in a process of its own for each market."""

    def __init__(self, told: str) -> None:
        file, _, kind = told.rpartition(":")
        if not file or not kind.isidentifier():
            raise InputError(f"a detector is FILE.py:Class, found {told!r}")
        self.name = kind
        self._file = Path(file)

    def begin(self, market: Round, room: ExitStack) -> Feed:
        """Start a process with a new object of the class."""
        process = StudentProcess(self._file, Limits(seconds=SECONDS), best(), shown_as=self._file.name)
        try:
            room.enter_context(process)
            made = process.make(self.name)
        except StudentProblem as problem:
            raise InputError(str(problem)) from None

        def feed(seen: Seen) -> Iterable[str]:
            try:
                answer: Iterable[str] = made.call("feed", seen)
            except StudentProblem as problem:
                raise InputError(str(problem)) from None
            return answer

        return feed


def league(detectors: Sequence[Contender], seeds: Sequence[int]) -> list[Score]:
    """The scores of these detectors, the reference, and the two that do not look; the best first."""
    played = markets(seeds)
    everybody = [*detectors, Reference(), Flag(FLAG_ALL), Flag(FLAG_NONE)]
    return sorted((score(one, played) for one in everybody), key=lambda one: -one.points)
