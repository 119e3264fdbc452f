"""What one position needs behind it, by the rule that its instrument names (rulebook F-2.1, F-2.3, F-2.5).

    share           half of it to open, a quarter to keep; a short sale its 150 %
    paid in full    nothing is lent on what may become worthless
    option          what is held is paid in full; a written one needs what Cboe asks, unless stock covers it
    prediction      what is held is paid in full; a sold one needs the rest of its payout
    contract        a part of the notional, because a trade moves no money

An instrument says which (`Instrument.margin_rule`), so that a new kind of instrument needs a line there, and a new rule
needs an entry here. All amounts are requirements on equity: a short position is already subtracted from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from market_sim.core.errors import InvariantBroken
from market_sim.core.models.derivatives import Option, PredictionContract
from market_sim.core.models.instruments import Instrument
from market_sim.pricing.margin_formulas import (
    WrittenOption,
    initial_long,
    initial_short,
    maintenance_long,
    maintenance_short,
)
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.perpetual import Tier, initial_margin, maintenance_margin
from market_sim.pricing.portfolio_margin import Leg


class Position(NamedTuple):
    """What is held of one instrument, beside everything else that the account holds, at one snapshot of marks."""

    instrument: Instrument
    held: int
    positions: Mapping[str, int]
    marks: Mapping[str, int]

    @property
    def mark(self) -> int:
        """What one unit is worth; what has no mark is worth nothing, and needs nothing when it is owned."""
        return self.marks.get(self.instrument.symbol, 0)

    @property
    def size(self) -> int:
        """How many units, long or short, times what one step of the price is worth."""
        return abs(self.held) * self.instrument.multiplier


class ContractTerms(NamedTuple):
    """What a broker asks for a contract that moves no money when it trades."""

    leverage: int
    """The notional over what it takes to open it."""
    tiers: Sequence[Tier]
    """What it takes to keep it, by the notional."""


class MarginRule:
    """Paid in full, whether long or short."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """The equity that the position needs, to open it or to keep it."""
        return position.mark * position.size

    def leg(self, position: Position, years: float, volatility: float) -> tuple[str, Leg] | None:
        """The position as a part of a portfolio: of which underlying, and how it moves with it; None if it is none."""
        return None


class ShareRule(MarginRule):
    """Regulation T and FINRA 4210."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """Long: a half and a quarter. Short: what must be there beside the proceeds."""
        mark, size = position.mark, position.size
        if position.held > 0:
            return initial_long(mark * size) if initial else maintenance_long(mark * size)
        return initial_short(mark, size) - mark * size if initial else maintenance_short(mark, size)

    def leg(self, position: Position, years: float, volatility: float) -> tuple[str, Leg] | None:
        """It moves one for one."""
        return position.instrument.symbol, Leg(position.held, position.instrument.multiplier)


class OptionRule(MarginRule):
    """Cboe 10.3; opening and keeping cost the same."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """A written option without its premium; a call on stock that is there asks nothing more."""
        if position.held >= 0:
            return super().requirement(position, terms, initial)
        option, positions, marks = _option(position), position.positions, position.marks
        covered = max(0, positions.get(option.underlying, 0)) // option.delivers if option.right == "call" else 0
        naked = -position.held - min(-position.held, covered)
        if not naked:
            return 0
        base = marks.get(option.underlying)
        spot = option.strike if base is None else option.unit.worth(base)
        short = WrittenOption(option.right, spot, option.strike, position.mark, option.multiplier)
        return short.requirement(naked) - short.proceeds * naked

    def leg(self, position: Position, years: float, volatility: float) -> tuple[str, Leg] | None:
        """Valued anew at each moved price of its underlying, if that has a price."""
        option = _option(position)
        spot, unit = position.marks.get(option.underlying, 0), option.unit
        if spot <= 0:
            return None
        strike = (option.strike * unit.parts - unit.cash) / unit.shares  # in the terms of a share of today
        vanilla = VanillaOption(option.right, spot, strike, years, volatility)
        return option.underlying, Leg(position.held, option.delivers, vanilla, units=option.multiplier)


class PredictionRule(MarginRule):
    """Nothing is owed beyond the payout."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """Sold: what the payout is above the mark."""
        contract = position.instrument
        if position.held >= 0 or not isinstance(contract, PredictionContract):
            return super().requirement(position, terms, initial)
        return position.size * max(0, contract.payout - position.mark)


class ContractRule(MarginRule):
    """Futures and perpetuals: a part of the notional on either side."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """The notional over the leverage to open, by tiers to keep."""
        notional = position.mark * position.size
        return initial_margin(notional, terms.leverage) if initial else maintenance_margin(notional, terms.tiers)


def _option(position: Position) -> Option:
    option = position.instrument
    if not isinstance(option, Option):
        raise InvariantBroken(f"{option.symbol} names the margin rule of an option and is none")
    return option


RULES: Final[Mapping[str, MarginRule]] = {
    "share": ShareRule(),
    "paid in full": MarginRule(),
    "option": OptionRule(),
    "prediction": PredictionRule(),
    "contract": ContractRule(),
}
"""By the name that an instrument gives."""
