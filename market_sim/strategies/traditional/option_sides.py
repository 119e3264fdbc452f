"""The users of option series on the chain: a writer, holders, one who proposes the price, and one who watches it.

They look at what the contracts did and at the final chain, which is public, and at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.core.models.settlement_events import CallExecuted
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.reports import CallDone
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View

Seen = Sequence[CallExecuted]
"""What a contract did so far."""
CASH_IN = ("expire", "claim")
"""The calls that fix the payoff of a series and claim it."""


@dataclass
class OptionWriter(Strategy):
    """Writes units of each series for its holder, and claims what is left once the price is final."""

    holders: Sequence[tuple[str, str]]
    """The series, and the account that gets its units."""
    quantity: int
    is_final: Callable[[], bool]
    _wrote: bool = field(default=False, init=False, repr=False)
    _claimed: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Calls of one owner keep their order."""
        if not self._wrote:
            self._wrote = True
            for series, holder in self.holders:
                yield CallContract(series, "write", (self.quantity,))
                yield CallContract(series, "transfer", (holder, self.quantity))
        elif not self._claimed and self.is_final():
            self._claimed = True
            for series, _ in self.holders:
                yield from cash_in(series)


@dataclass
class Claimant(Strategy):
    """Waits for the final price, and claims what its units pay."""

    contract: str
    is_final: Callable[[], bool]
    functions: tuple[str, ...] = CASH_IN
    """The calls of the contract by which it claims."""
    _claimed: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Once."""
        if not self._claimed and self.is_final():
            self._claimed = True
            yield from cash_in(self.contract, self.functions)


@dataclass
class FalseProposer(Claimant):
    """A holder who is the first to propose the price, and proposes one that is wrong by some percent."""

    oracle: str = "oracle"
    symbol: str = "ACME"
    epoch: int = 3
    percent: int = -10
    _proposed: bool = field(default=False, init=False, repr=False)
    _until: int = field(default=0, init=False, repr=False)
    """The epoch from which its proposal stands, once it is made."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Propose as soon as the epoch is over; take the bond back if nobody disputed it."""
        for report in view.reports:
            if isinstance(report, CallDone) and report.function == "propose" and report.succeeded:
                self._until = int(report.numbers["until"])
        if self._until and view.time > self._until * TRADING_DAY_NS:
            self._until = 0
            if not self.is_final():
                yield CallContract(self.oracle, "finish", (self.epoch,))
        last = view[self.symbol].last
        if not self._proposed and last is not None and view.time > (self.epoch + 1) * TRADING_DAY_NS:
            self._proposed = True
            yield CallContract(self.oracle, "propose", (self.epoch, last * (100 + self.percent) // 100))
        yield from super().decide(view)


@dataclass
class PriceWatcher(Strategy):
    """Disputes a price that is not the one on the final chain, and brings the validators' decision.

    If nobody proposes, it does, and lets its proposal stand after the window.
    """

    oracle: str
    epoch: int
    reading: Callable[[int], int | None]
    seen: Seen
    patience: int = 2
    """The epochs that it leaves to others before it proposes itself."""
    _acted: set[str] = field(default_factory=set, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Compare with the final chain."""
        price = self.reading(self.epoch)
        if price is None:
            return
        proposed = next((event.numbers for event in self.seen if event.function == "propose"), None)
        if proposed is None:
            if view.time > (self.epoch + 1 + self.patience) * TRADING_DAY_NS:
                yield from self._once("propose", self.epoch, price)
        elif proposed["price"] != price:
            yield from self._once("dispute", self.epoch)
            if _was_too_early(view):
                self._acted.discard("decide")
            yield from self._once("decide", self.epoch, price)
        elif view.time > int(proposed["until"]) * TRADING_DAY_NS:
            yield from self._once("finish", self.epoch)

    def _once(self, function: str, *arguments: int) -> Iterable[Intent]:
        if function not in self._acted:
            self._acted.add(function)
            yield CallContract(self.oracle, function, arguments)


def cash_in(contract: str, functions: Sequence[str] = CASH_IN) -> Iterable[Intent]:
    """The first caller fixes the payoff; the same call of the others is refused and costs them nothing here."""
    for function in functions:
        yield CallContract(contract, function)


def _was_too_early(view: View) -> bool:
    """Whether a leader put the decision before the dispute."""
    done = (report for report in view.reports if isinstance(report, CallDone))
    return any(report.function == "decide" and not report.succeeded for report in done)
