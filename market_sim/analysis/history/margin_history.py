"""The history of margin accounts: equity and requirement over time, from the journal alone.

Equity is computed at evenly spaced moments, at the believed value, otherwise at the mid price, otherwise at the last
trade. Where an event states an equity or a requirement (a call, a liquidation), that number is used. The requirement is
computed for shares under the ordinary rules; elsewhere each stated requirement holds until the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from market_sim.analysis.instruments import instruments_in
from market_sim.analysis.three_clocks import terms_in
from market_sim.core.data.fold import Fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import (
    LiquidationEnded,
    LiquidationStarted,
    MarginCalled,
    MarginCallMet,
    MarginGranted,
    PositionSold,
)
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.mechanisms.equity import Owing, equity, owing_of
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.requirements import us_strategy

Told = MarginCalled | MarginCallMet | LiquidationStarted | PositionSold | LiquidationEnded
"""Events that state the equity and the requirement of an account."""
TOLD = (MarginCalled, MarginCallMet, LiquidationStarted, PositionSold, LiquidationEnded)


@dataclass
class Margined:
    """One margin account: its equity and requirement over time, and the events that state them."""

    account: str
    times: list[int] = field(default_factory=list)
    equities: list[int] = field(default_factory=list)
    required: list[tuple[int, int | None]] = field(default_factory=list)
    """Pairs of time and amount; None from a time on at which the requirement is unknown."""
    told: list[Told] = field(default_factory=list)

    def add(self, time: int, amount: int, required: int | None) -> None:
        """Add a point; a stated requirement holds until the next is known."""
        self.times.append(time)
        self.equities.append(amount)
        if required is not None or (self.required and not self.told):
            self.required.append((time, required))

    @property
    def lowest(self) -> int:
        """The lowest equity."""
        return min(self.equities, default=0)

    def of(self, kind: type[Event]) -> int:
        """The number of its events of this kind."""
        return sum(type(event) is kind for event in self.told)


class MarkHistory:
    """The marks over time: believed values, otherwise mid prices, otherwise last trades."""

    def __init__(self, middles: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        self._middles = {symbol: iter(points) for symbol, points in middles.items()}
        self._next = {symbol: next(points, None) for symbol, points in self._middles.items()}
        self._known: dict[str, int] = {}
        self._trades: dict[str, int] = {}
        self._values: dict[str, int] = {}

    def add(self, event: Event) -> None:
        """Add a trade or a new value."""
        if type(event) is Trade:
            self._trades[event.symbol] = event.price
        elif type(event) is ValueMoved:
            self._values[event.symbol] = event.value

    def at(self, time: int) -> dict[str, int]:
        """The marks at a time; the times of successive calls must ascend."""
        for symbol, points in self._middles.items():
            point = self._next[symbol]
            while point is not None and point[0] <= time:
                self._known[symbol] = point[1]
                point = self._next[symbol] = next(points, None)
        return self._trades | self._known | self._values


def margin_history(
    journal: Journal, moments: Iterable[int], middles: Mapping[str, Sequence[tuple[int, int]]], quote: str
) -> list[Margined]:
    """The margin accounts at these moments, those with the most events first."""
    accounts = {event.account: Margined(event.account) for event in journal.of(MarginGranted)}
    ordinary = {event.account for event in journal.of(MarginGranted) if event.profile == us_strategy.name}
    if not accounts:
        return []
    terms, balances, owed, marks = terms_in(journal), Fold(), Liabilities(), MarkHistory(middles)
    shares = {symbol: each for symbol, each in instruments_in(journal).items() if each.margin_rule == "share"}
    coming = iter(moments)
    moment = next(coming, None)
    for event in journal:
        while moment is not None and event.time > moment:
            prices = marks.at(moment)
            for name, account in accounts.items():
                held, owing = balances.balances.get(name, {}), owing_of(owed, name)
                needed = maintenance_margin(held, owing, prices, shares, quote) if name in ordinary else None
                account.add(moment, equity(held, owing, prices, terms, quote), needed)
            moment = next(coming, None)
        if isinstance(event, TOLD):
            accounts[event.account].told.append(event)
            # The equity of an isolated contract is only a part of the account's.
            if not getattr(event, "pool", ""):
                accounts[event.account].add(event.time, event.equity, event.requirement)
        balances.add(event)
        owed.read((event,))
        marks.add(event)
    return sorted(accounts.values(), key=lambda one: -len(one.told))


def maintenance_margin(
    held: Mapping[str, int], owing: Owing, marks: Mapping[str, int], shares: Mapping[str, Instrument], quote: str
) -> int | None:
    """The maintenance margin of an account with shares and cash only; None for any other account."""
    net = {symbol: amount for symbol, amount in held.items() if amount and symbol != quote}
    for symbol, amount in owing.borrowed.items():
        net[symbol] = net.get(symbol, 0) - amount
    if any(symbol not in shares or symbol not in marks for symbol in net) or owing.contracts:
        return None
    return us_strategy.requirement(net, marks, shares, initial=False)
