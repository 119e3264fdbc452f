"""The in-memory version of `CallAuction.sol`: its model over the wallets of the in-memory vault."""

from __future__ import annotations

from copy import deepcopy

from market_sim.blockchain.auction_model import AuctionModel, AuctionTerms
from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.in_memory_amm import Chain, Modelled
from market_sim.core.models.event import Numbers


class MemoryCallAuction(Modelled[AuctionModel]):
    """A call auction of an asset for money. An order changes a copy, which counts only once its tokens have moved."""

    def __init__(
        self, chain: Chain, place: str, base: TokenPlace, quote: TokenPlace, clock: ClockPlace, *terms: int
    ) -> None:
        self._chain = chain
        self._place = place
        self._base, self._quote = base.token, quote.token
        self.model = AuctionModel(AuctionTerms(*terms))

    def buy(self, caller: str, price: int, quantity: int) -> Numbers:
        """The caller locks money."""
        after = deepcopy(self.model)
        return self._take(after, after.buy(caller, self._chain.epoch, price, quantity), self._quote)

    def sell(self, caller: str, price: int, quantity: int) -> Numbers:
        """The caller locks the asset."""
        after = deepcopy(self.model)
        return self._take(after, after.sell(caller, self._chain.epoch, price, quantity), self._base)

    def cancel(self, caller: str, order: int) -> Numbers:
        """The caller gets back what its order has locked."""
        numbers = self.model.cancel(caller, self._chain.epoch, order)
        token = self._quote if self.model.orders[order - 1].is_buy else self._base
        self._chain.move(self._place, caller, token, int(numbers["released"]))
        return numbers

    def hold(self, caller: str) -> Numbers:
        """No token moves."""
        return self.model.hold(self._chain.epoch)

    def collect(self, caller: str) -> Numbers:
        """The caller gets what it has here, of both."""
        numbers = self.model.collect(caller)
        for token, amount in ((self._base, numbers["base"]), (self._quote, numbers["quote"])):
            self._chain.move(self._place, caller, token, int(amount))
        return numbers

    def _take(self, after: AuctionModel, numbers: Numbers, token: int) -> Numbers:
        self._chain.move(str(numbers["owner"]), self._place, token, int(numbers["locked"]))
        self.model = after
        return numbers
