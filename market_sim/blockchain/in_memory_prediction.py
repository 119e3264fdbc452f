"""The in-memory version of `PredictionMarket.sol`: its model over the wallets of the in-memory vault."""

from __future__ import annotations

from copy import deepcopy

from market_sim.blockchain.contracts import ClockPlace, TokenPlace
from market_sim.blockchain.in_memory_amm import Chain, Modelled
from market_sim.blockchain.in_memory_options import MemoryOracle
from market_sim.blockchain.prediction_model import PredictionModel, QuestionTerms
from market_sim.core.models.event import Numbers


class MemoryPredictionMarket(Modelled[PredictionModel]):
    """A question on the price of an oracle. A call changes a copy, which counts only once its tokens have moved."""

    def __init__(
        self, chain: Chain, place: str, token: TokenPlace, oracle: MemoryOracle, clock: ClockPlace, strike: int,
        payout: int, expiry: int, patience: int,
    ) -> None:  # fmt: skip
        self._chain = chain
        self._place = place
        self._token = token.token
        self._oracle = oracle
        self.model = PredictionModel(QuestionTerms(strike, payout, expiry, patience))

    def split(self, caller: str, quantity: int) -> Numbers:
        """The caller pays for the pairs."""
        after = deepcopy(self.model)
        numbers = after.split(caller, quantity)
        self._chain.move(caller, self._place, self._token, int(numbers["collateral"]))
        self.model = after
        return numbers

    def merge(self, caller: str, quantity: int) -> Numbers:
        """The caller gets the money back."""
        numbers = self.model.merge(caller, quantity)
        self._chain.move(self._place, caller, self._token, int(numbers["collateral"]))
        return numbers

    def giveYes(self, caller: str, to: str, quantity: int) -> Numbers:
        """No money moves."""
        return self.model.giveYes(caller, to, quantity)

    def giveNo(self, caller: str, to: str, quantity: int) -> Numbers:
        """No money moves."""
        return self.model.giveNo(caller, to, quantity)

    def resolve(self, caller: str) -> Numbers:
        """The oracle's price answers."""
        self.model.check_open()
        return self.model.resolve(self._oracle.model.final_price(self.model.terms.expiry))

    def giveUp(self, caller: str) -> Numbers:
        """Nobody proposed a price."""
        state = self._oracle.model.answer(self.model.terms.expiry).state
        return self.model.giveUp(self._chain.epoch, state)

    def redeem(self, caller: str) -> Numbers:
        """The caller gets what both of its sides are worth."""
        numbers = self.model.redeem(caller)
        self._chain.move(self._place, caller, self._token, int(numbers["amount"]))
        return numbers
