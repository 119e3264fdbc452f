"""The model of a pool that a fast move of its price halts: the rules of `GuardedAmm.sol` in Python.

What is far from the mean is decided by the exchange's own rule for the halt of one instrument (rulebook F-6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from market_sim.blockchain.amm_model import SCALE, AmmModel
from market_sim.blockchain.settlement import ChainReverted
from market_sim.core.models.event import Numbers
from market_sim.core.units import BPS
from market_sim.market.compliance.trade_window import is_far


class HaltRule(NamedTuple):
    """The rule: a trade this far from the mean of the window before it stands, and halts the pool."""

    move_bps: int = 500
    window: int = 2
    """The epochs over which the mean is taken, at least."""
    halt: int = 3
    """The epochs without trades."""

    @property
    def is_possible(self) -> bool:
        """Whether a contract takes these terms."""
        return 0 < self.move_bps <= BPS and self.window > 0 and self.halt > 0


ONE_IN_TWENTY: Final = HaltRule()
"""The exchange's own limit for one instrument: 5 %."""


@dataclass
class GuardedAmmModel(AmmModel):
    """A pool with its mean price and its halt; fields are named after those of the contract."""

    rule: HaltRule = ONE_IN_TWENTY
    mean: int = 0
    windowFrom: int = 0
    windowSum: int = 0
    haltedUntil: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.rule.is_possible:
            move, window, halt = self.rule
            raise ChainReverted("BadHalt", {"moveBps": move, "window": window, "halt": halt})

    def _before_trade(self) -> Numbers:
        """Refuse a trade in a halt; otherwise keep the mean up to date. Resumption begins a new window."""
        settled, price, seen = self.observed, self._spot(), Numbers()
        if settled < self.haltedUntil:
            raise ChainReverted("TradingHalted", {"until": self.haltedUntil, "settled": settled})
        if self.haltedUntil:
            self.haltedUntil = 0
            seen = {"resumedAt": settled}
        elif self.mean:
            if settled - self.windowFrom < self.rule.window:
                return {}
            price = (self.cumulative - self.windowSum) // (settled - self.windowFrom)
        self.mean, self.windowFrom, self.windowSum = price, settled, self.cumulative
        return seen | {"mean": price}

    def _after_trade(self) -> Numbers:
        """Halt the pool if the new price is far from the mean."""
        price = self._spot()
        if not is_far((self.mean, 1), price, self.rule.move_bps):
            return {}
        self.haltedUntil = self.observed + self.rule.halt
        return {"reached": price, "haltedUntil": self.haltedUntil}

    def _spot(self) -> int:
        return self.quoteReserve * SCALE // self.baseReserve
