"""Margin rules: the requirement of one position, by the rule that its instrument names (rulebook F-2.1, F-2.3, F-2.5).

    share           50 % initial and 25 % maintenance; 150 % for a short sale
    paid in full    no loan on an instrument that may become worthless
    option          long: paid in full; written: Cboe's requirement, unless stock covers it
    prediction      long: paid in full; sold: the rest of the payout
    contract        a part of the notional, because a trade moves no cash

An instrument names its rule (`Instrument.margin_rule`), so a new kind of instrument needs one line there, and a new
rule needs an entry here. All amounts are requirements on equity, from which a short position is already subtracted.
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
    """The position in one instrument, with all positions of the account, at one snapshot of marks."""

    instrument: Instrument
    held: int
    positions: Mapping[str, int]
    marks: Mapping[str, int]

    @property
    def mark(self) -> int:
        """The mark of one unit; without a mark the value is 0, and an owned position needs no margin."""
        return self.marks.get(self.instrument.symbol, 0)

    @property
    def size(self) -> int:
        """The number of units, long or short, times the multiplier."""
        return abs(self.held) * self.instrument.multiplier


class ContractTerms(NamedTuple):
    """The margin terms of a margined contract."""

    leverage: int
    """The notional over the initial margin."""
    tiers: Sequence[Tier]
    """The maintenance margin by notional."""


class MarginRule:
    """Paid in full, whether long or short."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """The equity that the position requires, initial or maintenance."""
        return position.mark * position.size

    def leg(self, position: Position, years: float, volatility: float) -> tuple[str, Leg] | None:
        """The position as a leg of a portfolio on one underlying; None if portfolio margin does not apply."""
        return None


class ShareRule(MarginRule):
    """Regulation T and FINRA 4210."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """Long: 50 % and 25 %. Short: the requirement beside the proceeds."""
        mark, size = position.mark, position.size
        if position.held > 0:
            return initial_long(mark * size) if initial else maintenance_long(mark * size)
        return initial_short(mark, size) - mark * size if initial else maintenance_short(mark, size)

    def leg(self, position: Position, years: float, volatility: float) -> tuple[str, Leg] | None:
        """It moves one for one."""
        return position.instrument.symbol, Leg(position.held, position.instrument.multiplier)


class OptionRule(MarginRule):
    """Cboe 10.3; the initial and the maintenance requirement are the same."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """Written: Cboe's requirement without the premium; a covered call requires nothing more."""
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
        """A leg that is revalued at each price of its underlying, if that has a mark."""
        option = _option(position)
        spot, unit = position.marks.get(option.underlying, 0), option.unit
        if spot <= 0:
            return None
        strike = (option.strike * unit.parts - unit.cash) / unit.shares  # in terms of a present share
        vanilla = VanillaOption(option.right, spot, strike, years, volatility)
        return option.underlying, Leg(position.held, option.delivers, vanilla, units=option.multiplier)


class PredictionRule(MarginRule):
    """Prediction contracts, whose loss is limited by the payout."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """Sold: the payout less the mark."""
        contract = position.instrument
        if position.held >= 0 or not isinstance(contract, PredictionContract):
            return super().requirement(position, terms, initial)
        return position.size * max(0, contract.payout - position.mark)


class ContractRule(MarginRule):
    """Futures and perpetuals: a part of the notional on either side."""

    def requirement(self, position: Position, terms: ContractTerms, initial: bool) -> int:
        """Initial: the notional over the leverage. Maintenance: by tiers."""
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
"""The rules by name."""
