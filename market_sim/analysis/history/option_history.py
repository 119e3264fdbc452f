"""The history of options in a run: open interest over time, exercises, and expiry.

Open interest is the sum of all long positions, which is the sum of all short ones: each contract has two sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed, Trade, Transferred
from market_sim.core.models.mechanism_events import Exercised, InstrumentExpired, Lapsed, TermsAdjusted
from market_sim.core.models.unit import Unit


@dataclass
class OptionLife:
    """One option: its terms, its open interest after each change, and its end."""

    listed: InstrumentListed
    agreed: int
    """The strike that it was listed with."""
    unit: Unit = field(default_factory=Unit)
    """The deliverable of one unit, which corporate actions change."""
    times: list[int] = field(default_factory=list)
    open_interest: list[int] = field(default_factory=list)
    exercised: list[Exercised] = field(default_factory=list)
    lapsed: int = 0
    ended: InstrumentExpired | None = None
    _positions: dict[str, int] = field(default_factory=dict)

    @property
    def symbol(self) -> str:
        """The symbol of the option."""
        return self.listed.symbol

    @property
    def strike(self) -> int:
        """The strike for one present share."""
        return self.unit.per_share(self.agreed)

    @property
    def is_call(self) -> bool:
        """Whether the option is a call."""
        return self.listed.terms.get("right") == "call"

    @property
    def underlying(self) -> str:
        """The symbol of the underlying."""
        return str(self.listed.terms.get("underlying", ""))

    @property
    def left(self) -> int:
        """The open interest at expiry, or at the end of the run."""
        if self.ended is not None:
            return self.ended.open_interest
        return self.open_interest[-1] if self.open_interest else 0

    @property
    def most(self) -> int:
        """The largest open interest."""
        return max(self.open_interest, default=0)

    def worth(self, price: int) -> int:
        """The intrinsic value of the contracts left, at this price of the underlying."""
        worth = self.unit.worth(price)
        inside = worth - self.agreed if self.is_call else self.agreed - worth
        return max(0, inside) * self.left * self.listed.multiplier

    def exercised_by(self, way: str) -> int:
        """The number exercised by choice, or by exception."""
        return sum(event.quantity for event in self.exercised if event.by == way)

    def move(self, time: int, source: str, target: str, quantity: int) -> None:
        """Move contracts from one account to another."""
        for name, change in ((source, -quantity), (target, quantity)):
            self._positions[name] = self._positions.get(name, 0) + change
        self.times.append(time)
        self.open_interest.append(sum(held for held in self._positions.values() if held > 0))


def option_lives(journal: Journal) -> list[OptionLife]:
    """The options of a run, in the order of listing."""
    listed = [event for event in journal.of(InstrumentListed) if event.kind == "option"]
    lives = {event.symbol: OptionLife(event, int(str(event.terms["strike"]))) for event in listed}
    for event in journal if lives else ():
        if isinstance(event, Trade):
            if event.symbol in lives:
                buyer, seller = (event.taker, event.maker)[:: event.side]
                lives[event.symbol].move(event.time, seller, buyer, event.quantity)
        elif isinstance(event, Transferred):
            if event.asset in lives:
                lives[event.asset].move(event.time, event.source, event.target, event.amount)
        elif isinstance(event, (Exercised, Lapsed, InstrumentExpired, TermsAdjusted)) and event.symbol in lives:
            _note(lives[event.symbol], event)
    return list(lives.values())


def _note(life: OptionLife, event: Exercised | Lapsed | InstrumentExpired | TermsAdjusted) -> None:
    if isinstance(event, Exercised):
        life.exercised.append(event)
    elif isinstance(event, Lapsed):
        life.lapsed += event.quantity
    elif isinstance(event, TermsAdjusted):
        life.unit = Unit(event.shares, event.parts, event.cash)
    else:
        life.ended = event


def open_interest(lives: list[OptionLife]) -> Iterator[tuple[int, int]]:
    """The total open interest of these options after each change: pairs of time and amount."""
    changes = sorted(
        (time, number, place) for number, life in enumerate(lives) for place, time in enumerate(life.times)
    )
    now = [0] * len(lives)
    for time, number, place in changes:
        now[number] = lives[number].open_interest[place]
        yield time, sum(now)
