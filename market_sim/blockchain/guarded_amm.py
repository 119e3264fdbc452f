"""An automated market maker that a fast move of its price halts, by the rule that the exchange has for an instrument.

This is the adapter of `contracts/GuardedAmm.sol`. Its calls are those of a pool (`amm.py`); in a halt `buy` and `sell`
are refused, `add` and `remove` are not. The trade that moved the price stands. The price at which trading resumes
begins a new window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.blockchain.amm import FIELDS, Amm
from market_sim.blockchain.amm_model import AmmModel
from market_sim.blockchain.guarded_amm_model import ONE_IN_TWENTY, GuardedAmmModel, HaltRule
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers


@dataclass
class GuardedAmm(Amm):
    """The adapter of a guarded pool."""

    kind: ClassVar[str] = "GuardedAmm"
    fields: ClassVar[tuple[str, ...]] = (*FIELDS, "mean", "windowFrom", "windowSum", "haltedUntil")

    rule: HaltRule = ONE_IN_TWENTY

    def __post_init__(self) -> None:
        if not self.rule.is_possible:
            move, window, halt = self.rule
            raise InputError(
                f"a halt needs a move of 1 to 10,000 basis points, and a window and a halt of at least 1 epoch, found "
                f"{move:,}, {window} and {halt}"
            )
        super().__post_init__()

    def terms(self) -> Numbers:
        """What the pool trades, its fee, and its rule."""
        move, window, halt = self.rule
        return super().terms() | {"moveBps": move, "window": window, "halt": halt}

    def _rule(self) -> tuple[int, ...]:
        return self.rule

    def _model(self, observed: int) -> AmmModel:
        return GuardedAmmModel(self.fee_bps, observed, rule=self.rule)
