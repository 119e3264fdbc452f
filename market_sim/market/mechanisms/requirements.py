"""Requirements: how much equity a position must have behind it (rulebook F-2.1, F-2.3, F-2.4, F-2.5).

A profile answers for a whole set of positions at one snapshot of marks, once to open them (initial) and once to keep
them (maintenance). `us_strategy` judges each position by itself, by Regulation T and FINRA 4210: half of stock, a
quarter to keep it; what Cboe asks for a written option; a part of the notional for a future or a perpetual. The
`Portfolio` profile asks what ten moves of each underlying would cost at worst.

All amounts are requirements on equity as `equity` counts it, in which short positions are already subtracted. So a
short sale's 150 % are 50 % here, and a written option's premium is not asked for twice. To open a position never needs
less than to keep it: a requirement with a least amount has it at the opening too.

>>> from market_sim.core.models.instruments import Stock
>>> ACME = {"ACME": Stock("ACME")}
>>> us_strategy.requirement({"ACME": 100}, {"ACME": 80_00}, ACME, initial=True)
400000
>>> us_strategy.requirement({"ACME": -100}, {"ACME": 80_00}, ACME, initial=False)
240000
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.instruments import Instrument
from market_sim.market.mechanisms.margin_rules import RULES, ContractTerms, Position
from market_sim.pricing.perpetual import Tier
from market_sim.pricing.portfolio_margin import Leg, scan

Positions = Mapping[str, int]
Instruments = Mapping[str, Instrument]


class Profile(Protocol):
    """A broker's rules."""

    @property
    def name(self) -> str:
        """What the agreement calls it."""

    def requirement(self, positions: Positions, marks: Positions, instruments: Instruments, *, initial: bool) -> int:
        """The equity that these positions need together."""

    def with_orders(
        self, positions: Positions, buys: Positions, sells: Positions, marks: Positions, instruments: Instruments
    ) -> int:
        """The equity to open these positions whichever of these orders trade, in whatever part (L2)."""


@dataclass(frozen=True)
class Strategy:
    """Each position by itself; only stock under a written call counts for it."""

    name: str = "us_strategy"
    leverage: int = 10
    """Of a future or a perpetual: its notional over what it takes to open it."""
    tiers: Sequence[Tier] = field(default=(Tier(0, 50),))
    """Of a future or a perpetual: what it takes to keep it, by its notional."""

    def __post_init__(self) -> None:
        if type(self.leverage) is not int or self.leverage < 1:
            raise InputError(f"a leverage is a whole number from 1 on, found {self.leverage!r}")
        for tier in self.tiers:
            if tier.maintenance_bps * self.leverage >= 10_000:
                raise InputError(
                    f"at leverage {self.leverage} the margin is {10_000 / self.leverage:g} bps, "
                    f"it must exceed the maintenance of {tier.maintenance_bps}"
                )

    @property
    def rules(self) -> Numbers:
        """Its numbers, as the journal tells them."""
        return {"leverage": self.leverage, "tiers": " ".join(f"{tier[0]}:{tier[1]}" for tier in self.tiers)}

    def requirement(self, positions: Positions, marks: Positions, instruments: Instruments, *, initial: bool) -> int:
        """The sum over all positions."""
        return sum(
            self.of_one(symbol, held, positions, marks, instruments, initial)
            for symbol, held in positions.items()
            if held
        )

    def with_orders(
        self, positions: Positions, buys: Positions, sells: Positions, marks: Positions, instruments: Instruments
    ) -> int:
        """For each instrument the worse end: all its buys and no sell trade, or all its sells and no buy.

        What lies between needs less, because a requirement grows with the size of a position on either side.
        """
        lowest = {symbol: held - sells.get(symbol, 0) for symbol, held in positions.items()}
        needed = 0
        for symbol, held in positions.items():
            ends = held + buys.get(symbol, 0), lowest[symbol]
            needed += max(self.of_one(symbol, end, lowest, marks, instruments, True) for end in ends)
        return needed

    def of_one(
        self, symbol: str, held: int, positions: Positions, marks: Positions, instruments: Instruments, initial: bool
    ) -> int:
        """What one position needs; what has no mark, and is worth nothing, needs nothing when it is owned."""
        position = Position(instruments[symbol], held, positions, marks)
        return RULES[position.instrument.margin_rule].requirement(
            position, ContractTerms(self.leverage, self.tiers), initial
        )


@dataclass(frozen=True)
class Portfolio:
    """The worst of ten moves of each underlying, everything on it taken together; contracts as `us_strategy` does."""

    name: str = "portfolio"
    group: str = "stock"
    volatility: float = 0.3
    years: float = 0.25
    """Of every option until its expiry: a broker would look each one up, the moves of the price matter more."""
    contracts: Strategy = field(default_factory=Strategy)

    @property
    def rules(self) -> Numbers:
        """Its numbers, as the journal tells them."""
        own: Numbers = {"group": self.group, "volatility": repr(self.volatility), "years": repr(self.years)}
        return {**own, **self.contracts.rules}

    def requirement(self, positions: Positions, marks: Positions, instruments: Instruments, *, initial: bool) -> int:
        """The sum over all underlyings; opening and keeping cost the same (FINRA 4210(g))."""
        legs: dict[str, list[Leg]] = {}
        total = 0
        for symbol, held in positions.items():
            if not held:
                continue
            position = Position(instruments[symbol], held, positions, marks)
            found = RULES[position.instrument.margin_rule].leg(position, self.years, self.volatility)
            if found is None:
                total += self.contracts.of_one(symbol, held, positions, marks, instruments, initial)
            else:
                underlying, leg = found
                legs.setdefault(underlying, []).append(leg)
        scans = (scan(found, spot=marks.get(base, 0), group=self.group) for base, found in legs.items())
        return total + sum(each.requirement for each in scans)

    def with_orders(
        self, positions: Positions, buys: Positions, sells: Positions, marks: Positions, instruments: Instruments
    ) -> int:
        """What is held together, and each side of each open order by itself: an order may trade alone."""
        sides = [{symbol: size} for symbol, size in buys.items()] + [{symbol: -size} for symbol, size in sells.items()]
        alone = (self.requirement(side, marks, instruments, initial=True) for side in sides)
        return self.requirement(positions, marks, instruments, initial=True) + sum(alone)


us_strategy = Strategy()


def profile_of(name: str, rules: Numbers) -> Strategy | Portfolio | None:
    """The profile that tells these numbers; None for a profile that tells none.

    >>> profile_of("us_strategy", us_strategy.rules) == us_strategy
    True
    >>> profile_of("portfolio", Portfolio(group="broad_index").rules) == Portfolio(group="broad_index")
    True
    >>> profile_of("my own", {}) is None
    True
    """
    if "tiers" not in rules:
        return None
    tiers = tuple(Tier(*map(int, tier.split(":"))) for tier in str(rules["tiers"]).split())
    if "group" not in rules:
        return Strategy(name, int(rules["leverage"]), tiers)
    contracts = Strategy(leverage=int(rules["leverage"]), tiers=tiers)
    return Portfolio(name, str(rules["group"]), float(rules["volatility"]), float(rules["years"]), contracts)
