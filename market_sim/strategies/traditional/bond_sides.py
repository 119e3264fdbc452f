"""The users of the bonds of validators: owners, one who reports evidence, and one who accuses without it.

They look at what the contract did and at the signatures that are collected, which is public, and at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.reports import CallDone
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View

CONTRACT = "bonds"


@dataclass
class BondOwner(Strategy):
    """Pays the bond of a validator; may give notice, and withdraws the bond when the notice is over."""

    validator: int
    leaves: int = 0
    """The epoch after which it gives notice; 0 for an owner that stays."""
    _has_paid: bool = field(default=False, init=False, repr=False)
    _has_left: bool = field(default=False, init=False, repr=False)
    _until: int = field(default=0, init=False, repr=False)
    """The epoch from which it can withdraw, once that is known and as long as it has not."""

    def decide(self, view: View) -> Iterable[Intent]:
        """The clock of the contract is the last settled epoch, so a withdrawal may come too early and is repeated."""
        for report in view.reports:
            if isinstance(report, CallDone) and report.function == "give_notice" and report.succeeded:
                self._until = int(report.numbers["until"])
            elif isinstance(report, CallDone) and report.reason == "NoticeRuns":
                self._until = view.time // TRADING_DAY_NS
        if not self._has_paid:
            self._has_paid = True
            yield CallContract(CONTRACT, "deposit", (self.validator,))
        if self.leaves and not self._has_left and view.time > (self.leaves + 1) * TRADING_DAY_NS:
            self._has_left = True
            yield CallContract(CONTRACT, "give_notice", (self.validator,))
        if self._until and view.time > (self._until + 1) * TRADING_DAY_NS:
            self._until = 0
            yield CallContract(CONTRACT, "withdraw", (self.validator,))


@dataclass
class EvidenceReporter(Strategy):
    """Reports each pair of signatures that convicts a validator, as soon as it is known."""

    convicted: Callable[[], Sequence[tuple[int, int]]]
    _reported: int = field(default=0, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """A bond is taken once, so of several pairs of one validator the first one counts."""
        for validator, block in self.convicted()[self._reported :]:
            self._reported += 1
            yield CallContract(CONTRACT, "report", (validator, block, block))


@dataclass
class FalseAccuser(Strategy):
    """Accuses an honest validator: of one result, shown twice, and of the results of two blocks."""

    validator: int
    epoch: int = 4
    _has_accused: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Once the first blocks are final."""
        if not self._has_accused and view.time > (self.epoch + 1) * TRADING_DAY_NS:
            self._has_accused = True
            for other in (1, 2):
                yield CallContract(CONTRACT, "report", (self.validator, 1, other))
