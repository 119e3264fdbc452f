"""The users of warrants on the chain: the company that issues them, and a holder that exercises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.option_sides import Claimant, FalseProposer


def _never() -> bool:
    return False


@dataclass
class WarrantIssuer(FalseProposer):
    """Issues warrants and gives them to their holders; then it proposes a price at which they would lapse.

    It takes back the shares that nobody took in time.
    """

    functions: tuple[str, ...] = ("open",)
    holders: Sequence[tuple[str, int]] = ()
    """The accounts that get warrants, and how many each."""
    is_over: Callable[[], bool] = _never
    """Whether nothing can be exercised any more."""
    _issued: bool = field(default=False, init=False, repr=False)
    _reclaimed: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Issue once, reclaim once; without a lie it proposes nothing."""
        if not self._issued:
            self._issued, self._proposed = True, not self.percent
            yield CallContract(self.contract, "issue", (sum(quantity for _, quantity in self.holders),))
            for holder, quantity in self.holders:
                yield CallContract(self.contract, "give", (holder, quantity))
        if not self._reclaimed and self.is_over():
            self._reclaimed = True
            yield CallContract(self.contract, "reclaim")
        yield from super().decide(view)


@dataclass
class WarrantHolder(Claimant):
    """Exercises all its warrants as soon as the price is final."""

    functions: tuple[str, ...] = ("open",)
    quantity: int = 0

    def decide(self, view: View) -> Iterable[Intent]:
        """Open them, if nobody did, and pay the strike."""
        calls = [*super().decide(view)]
        yield from calls
        if calls:
            yield CallContract(self.contract, "exercise", (self.quantity,))
