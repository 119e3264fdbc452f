"""The users of a question that is asked twice: as a pair of contracts on the exchange, and as a market on the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from market_sim.core.models.intents import Buy, CallContract, Intent, Merge, Resolve, Sell, Split
from market_sim.core.trading_day import TRADING_DAY_NS
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.option_sides import Claimant, FalseProposer

REDEEM: Final = ("resolve", "redeem")
"""The calls that answer a question on the chain and pay its holders."""


@dataclass
class PairSplitter(Claimant):
    """Splits money into pairs in both places, keeps the yes, and passes the no on: by a sale, and by a gift.

    Pairs that it has too many of it merges back into money.

    It gives up a question for which nobody proposes a price, some epochs after that is allowed: blocks settle late.
    """

    functions: tuple[str, ...] = REDEEM
    yes: str = "YES"
    no: str = "NO"
    price: int = 40
    pairs: int = 50
    spare: int = 0
    """The pairs that it splits beside these, and merges."""
    to: str = "bob"
    until: int = 0
    """The settled epoch from which a question without a proposed price can be given up."""
    _split: bool = field(default=False, init=False, repr=False)
    _gave_up: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Split once; then wait for the answer."""
        if not self._split:
            self._split = True
            yield Split(self.yes, self.pairs + self.spare)
            yield Sell(self.no, self.pairs, self.price)
            yield CallContract(self.contract, "split", (self.pairs + self.spare,))
            yield CallContract(self.contract, "giveNo", (self.to, self.pairs))
            if self.spare:
                yield Merge(self.yes, self.spare)
                yield CallContract(self.contract, "merge", (self.spare,))
        elif not self._gave_up and not self.is_final() and view.time > (self.until + 4) * TRADING_DAY_NS:
            self._gave_up = True
            yield CallContract(self.contract, "giveUp")
        yield from super().decide(view)


@dataclass
class NoHolder(FalseProposer):
    """Buys the no on the exchange; then it proposes a price that would make it pay, or none if it tells no lie."""

    functions: tuple[str, ...] = REDEEM
    no: str = "NO"
    price: int = 40
    pairs: int = 50
    _bid: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Bid once."""
        if not self._bid:
            self._bid, self._proposed = True, not self.percent
            yield Buy(self.no, self.pairs, self.price)
        yield from super().decide(view)


@dataclass
class Judge(Strategy):
    """The oracle of the exchange, which repeats the answer that the chain gave."""

    yes: str
    answer: Callable[[], str]
    _told: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Once."""
        answer = self.answer()
        if answer and not self._told:
            self._told = True
            yield Resolve(self.yes, answer)
