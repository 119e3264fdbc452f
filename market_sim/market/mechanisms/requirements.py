"""Margin profiles: the equity that a set of positions requires (rulebook F-2.1, F-2.3, F-2.4, F-2.5).

A profile gives the requirement of all positions of an account at one snapshot of marks, initial (to open them) and
maintenance (to keep them). `us_strategy` is strategy-based: it takes each position by itself, by Regulation T and FINRA
4210 (50 % and 25 % of stock), Cboe's rule for a written option, and a part of the notional of a future or a perpetual.
`PortfolioMargin` takes the largest loss over ten moves of each underlying.

All amounts are requirements on equity as `equity` counts it, with short positions already subtracted. So a short sale's
150 % are 50 % here, and a written option's premium is not required twice. The initial requirement is never below
maintenance: a minimum applies to both.

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
    """The margin rules of a broker."""

    @property
    def name(self) -> str:
        """The name in the agreement."""

    def requirement(self, positions: Positions, marks: Positions, instruments: Instruments, *, initial: bool) -> int:
        """The equity that these positions require together."""

    def with_orders(
        self, positions: Positions, buys: Positions, sells: Positions, marks: Positions, instruments: Instruments
    ) -> int:
        """The initial requirement of these positions for every possible fill of these orders (L2)."""


@dataclass(frozen=True)
class StrategyMargin:
    """Strategy-based margin: each position by itself, except that stock covers written calls on it."""

    name: str = "us_strategy"
    leverage: int = 10
    """For futures and perpetuals: the notional over the initial margin."""
    tiers: Sequence[Tier] = field(default=(Tier(0, 50),))
    """For futures and perpetuals: the maintenance margin by notional."""

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
        """The parameters of the profile, for the journal."""
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
        """For each instrument the worse extreme: all its buys trade and no sell, or all its sells and no buy.

        Positions in between require less, because a requirement grows with the size of a position on either side.
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
        """The requirement of one position; an owned position without a mark requires none."""
        position = Position(instruments[symbol], held, positions, marks)
        return RULES[position.instrument.margin_rule].requirement(
            position, ContractTerms(self.leverage, self.tiers), initial
        )


@dataclass(frozen=True)
class PortfolioMargin:
    """Portfolio margin: the largest loss over ten moves of each underlying; margined contracts as in `us_strategy`."""

    name: str = "portfolio"
    group: str = "stock"
    volatility: float = 0.3
    years: float = 0.25
    """The time to expiry of every option, a simplification: the moves of the price matter more."""
    contracts: StrategyMargin = field(default_factory=StrategyMargin)

    @property
    def rules(self) -> Numbers:
        """The parameters of the profile, for the journal."""
        own: Numbers = {"group": self.group, "volatility": repr(self.volatility), "years": repr(self.years)}
        return {**own, **self.contracts.rules}

    def requirement(self, positions: Positions, marks: Positions, instruments: Instruments, *, initial: bool) -> int:
        """The sum over all underlyings; initial and maintenance are the same (FINRA 4210(g))."""
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
        """The positions together, plus each side of the open orders by itself, because an order may trade alone."""
        sides = [{symbol: size} for symbol, size in buys.items()] + [{symbol: -size} for symbol, size in sells.items()]
        alone = (self.requirement(side, marks, instruments, initial=True) for side in sides)
        return self.requirement(positions, marks, instruments, initial=True) + sum(alone)


us_strategy = StrategyMargin()


def profile_of(name: str, rules: Numbers) -> StrategyMargin | PortfolioMargin | None:
    """The profile with these parameters from the journal; None for a profile that states none.

    >>> profile_of("us_strategy", us_strategy.rules) == us_strategy
    True
    >>> profile_of("portfolio", PortfolioMargin(group="broad_index").rules) == PortfolioMargin(group="broad_index")
    True
    >>> profile_of("my own", {}) is None
    True
    """
    if "tiers" not in rules:
        return None
    tiers = tuple(Tier(*map(int, tier.split(":"))) for tier in str(rules["tiers"]).split())
    if "group" not in rules:
        return StrategyMargin(name, int(rules["leverage"]), tiers)
    contracts = StrategyMargin(leverage=int(rules["leverage"]), tiers=tiers)
    return PortfolioMargin(name, str(rules["group"]), float(rules["volatility"]), float(rules["years"]), contracts)
