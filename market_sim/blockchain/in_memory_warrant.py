"""The in-memory version of `Warrant.sol`: its model over the wallets of the in-memory vault."""

from __future__ import annotations

from copy import deepcopy

from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.in_memory_amm import Chain, Modelled
from market_sim.blockchain.in_memory_options import MemoryOracle
from market_sim.blockchain.warrant_model import WarrantModel, WarrantTerms
from market_sim.core.models.event import Numbers


class MemoryWarrant(Modelled[WarrantModel]):
    """The warrants of a company. A call changes a copy, which counts only once its tokens have moved."""

    def __init__(
        self, chain: Chain, place: str, money: TokenPlace, asset: TokenPlace, oracle: MemoryOracle, clock: ClockPlace,
        issuer: str, *terms: int,
    ) -> None:  # fmt: skip
        self._chain = chain
        self._place = place
        self._money, self._asset = money.token, asset.token
        self._oracle = oracle
        self.model = WarrantModel(issuer, WarrantTerms(*terms))

    def issue(self, caller: str, quantity: int) -> Numbers:
        """The company locks the shares."""
        after = deepcopy(self.model)
        numbers = after.issue(caller, self._chain.epoch, quantity)
        self._chain.move(caller, self._place, self._asset, int(numbers["shares"]))
        self.model = after
        return numbers

    def give(self, caller: str, to: str, quantity: int) -> Numbers:
        """Nothing else moves."""
        return self.model.give(caller, to, quantity)

    def open(self, caller: str) -> Numbers:
        """The oracle's price decides."""
        self.model.check_closed()
        price = self._oracle.model.final_price(self.model.terms.expiry)
        return self.model.open(self._chain.epoch, price)

    def exercise(self, caller: str, quantity: int) -> Numbers:
        """The caller pays the company and gets the shares."""
        after = deepcopy(self.model)
        numbers = after.exercise(caller, self._chain.epoch, quantity)
        self._chain.move(caller, after.issuer, self._money, int(numbers["cash"]))
        self._chain.move(self._place, caller, self._asset, int(numbers["shares"]))
        self.model = after
        return numbers

    def reclaim(self, caller: str) -> Numbers:
        """The company gets the shares back."""
        numbers = self.model.reclaim(caller, self._chain.epoch)
        self._chain.move(self._place, caller, self._asset, int(numbers["shares"]))
        return numbers
